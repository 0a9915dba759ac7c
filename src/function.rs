//! Public functions: on few bits as tables for [`lookup`](crate::protocol::Party::lookup), which takes one round whatever
//! the function is; on more bits by lines for [`piecewise`](crate::protocol::Party::piecewise), which takes a small part of
//! the dealer's bytes ([`Piecewise`]).
//!
//! # Tables
//!
//! A [`Table`] is any function of integers. Functions of the reals are tabulated in fixed point
//! ([`Table::real`]): index x stands for x · 2^−f_in, and the value there is rounded to f_out
//! fractional bits, to the nearest, halves to even. What is beyond the output's
//! [`TableFormat`] is its end on that side, and what is not a number zero.
//!
//! **Error.** At the points of the grid the error is at most half a unit of the output's last place, 2^(−f_out − 1), plus
//! that of the `f64` function itself, a few units of its 53rd digit. A real number that is rounded to the grid is off by at
//! most 2^(−f_in − 1), so that the result is off by at most
//!
//! L · 2^(−f_in − 1) + 2^(−f_out − 1),
//!
//! where L is the Lipschitz constant of the function, its steepest slope, on the numbers in question:
//!
//! | function | L | at the ends |
//! | --- | --- | --- |
//! | [`sigmoid`] | 1/4 | |
//! | [`tanh`] | 1 | |
//! | [`gelu`] | 1.129 | |
//! | [`exp`] up to x_1 | e^x_1 | saturates |
//! | [`reciprocal`] from x_0 on, and up to −x_0 | 1/x_0² | 1/0 is the largest output |
//! | [`sqrt`] from x_0 on | 1/(2·√x_0) | 0 below zero |
//! | [`inverse_sqrt`] from x_0 on | 1/(2·x_0^1.5) | the largest output at zero and below |
//! | [`quantise`] | 1 | saturates |
//!
//! Where the output saturates at y_1, the error is the amount by which the function exceeds y_1.
//!
//! The index is the low m bits of a share, so a value beyond the 2^m points of the grid wraps. Bring values into range, and
//! to f_in fractional bits, beforehand.

mod fixed_point;
mod piecewise;
mod table;

pub use self::fixed_point::{
    TableFormat, exp, gelu, inverse_sqrt, quantise, reciprocal, sigmoid, sqrt, tanh,
};
pub(crate) use self::piecewise::functions as reals;
pub use self::piecewise::{MAX_LOW_BITS, MAX_NODE_BITS, Piecewise, PiecewiseError};
pub use self::table::{MAX_INDEX_BITS, Table, TableError};
