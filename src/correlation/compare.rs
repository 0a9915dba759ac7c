//! Comparisons with zero: several families, which compute the same function at different prices.
//!
//! | family | parties | rounds |
//! | --- | --- | --- |
//! | [`tables`] of chunks, also for ReLU, equality and truncation | any number | 2 to 4 |
//! | [`dcf`], distributed comparison functions | 2 | 1 |
//! | [`legendre`] symbols, up to 10 bits | any number | 2 |
//!
//! A fourth family compares bit by bit, with the correlations of [`bits`](super::bits). See
//! [`Family`](crate::protocol::Family) for which to choose.

pub mod dcf;
pub mod legendre;
mod small_table;
pub mod tables;

use num_traits::{Bounded, One, Zero};

pub use self::tables::{Chunks, CompareRequest, Comparison, Estimate, Plan, Task, Wish};
use crate::ring::Ring;

/// `[if x ≥ 0, if x < 0]` for the sign: sgn(0) = +1.
pub fn sign_values<O: Ring>() -> [O::Word; 2] {
    [O::Word::one(), O::Word::max_value()]
}

/// `[if x ≥ 0, if x < 0]` for the bit x < 0.
pub fn bit_values<O: Ring>() -> [O::Word; 2] {
    [O::Word::zero(), O::Word::one()]
}
