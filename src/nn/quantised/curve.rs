//! Functions of single values, by lines.
//!
//! The result has f_o fractional bits. Values are truncated to one bit more than that tells apart, f_i = f_o + 1 + log2 L
//! fractional bits for a slope of at most L, if they have more, and given to a [`Piecewise`], whose own error is at most a unit
//! of the result where that is possible with so many nodes.
//!
//! **Error.** Under stochastic rounding the truncated value has an error below one unit and without bias. Under floor rounding
//! the function is shifted by half a unit. So the error of the result is at most
//!
//! (1 + 1/2 + 1)·2^−f_o under stochastic rounding, or (1 + 1/4)·2^−f_o under floor rounding.

use alloc::boxed::Box;

use super::error::QuantiseError;
use super::format::Format;
use super::lowering::{Held, Lowering};
use crate::function::{Piecewise, TableFormat};
use crate::nn::{Rounding, step};
use crate::ring::power_of_two;

/// The most bits of a function's argument.
const MOST_BITS: u32 = 31;
/// The most fractional bits of its values.
const MOST_FRACTION: u32 = 24;

/// A function of the reals.
pub(in crate::nn) struct Curve {
    /// −log2 of the greatest slope.
    pub(super) flat: i32,
    /// Whether its values lie between −1 and 1.
    pub(super) is_bounded: bool,
    f: Box<dyn Fn(f64) -> f64>,
}

impl Curve {
    /// A function whose slope is at most 2^−`flat`.
    pub(in crate::nn) fn new(flat: i32, f: impl Fn(f64) -> f64 + 'static) -> Self {
        Self { flat, is_bounded: false, f: Box::new(f) }
    }

    /// Its value.
    pub(in crate::nn) fn at(&self, x: f64) -> f64 {
        (self.f)(x)
    }

    /// The same, whose values lie between −1 and 1.
    pub(in crate::nn) fn bounded(self) -> Self {
        Self { is_bounded: true, ..self }
    }
}

impl dyn Lowering + '_ {
    /// The function of every element.
    pub(super) fn curve(&mut self, x: Held, curve: Curve, want: Format) -> Result<Held, QuantiseError> {
        self.fraction(want, 0, MOST_FRACTION)?;
        let enough = (want.fraction as i32 + 1 - curve.flat).max(0) as u32;
        let whole = x.format.fraction;
        let x = self.coarsen(x, enough);
        let end = 1i128 << (MOST_BITS - 1);
        let x = if x.format.bits > MOST_BITS { self.clip(x, [-end, end - 1])? } else { x };
        let Format { fraction, bits } = x.format;
        let middle = match self.rounding() {
            Rounding::Floor if fraction < whole => power_of_two(-(fraction as i32) - 1),
            _ => 0.,
        };
        let input = TableFormat { bits: bits.min(MOST_BITS), fraction: fraction.min(32) };
        let output = TableFormat { bits: want.bits.min(MOST_BITS + 1), fraction: want.fraction };
        let function = Piecewise::real(input, output, |x| (curve.f)(x + middle));
        Ok(self.emit(x, step::Piecewise { function }, x.shape, want))
    }
}
