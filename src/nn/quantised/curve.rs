//! Functions of single values by tables.
//!
//! A table has at most 12 index bits. Values are truncated to f_i fractional bits, clipped to where the function is
//! flat, and looked up. Values that are known to lie within the range are not clipped.
//!
//! **Error.** The result has f_o fractional bits, and f_i = f_o + log2 L for a slope of at most L if 12 index bits suffice.
//! Under stochastic rounding the index has an error below one unit and without bias. Under floor rounding the table holds
//! the values at the middle of each unit. So the error of the result is at most
//!
//! L·2^−f_i + 2^(−f_o−1) under stochastic rounding, or L·2^(−f_i−1) + 2^(−f_o−1) under floor rounding,
//!
//! plus the error of clipping.

use super::error::QuantiseError;
use super::format::Format;
use super::lowering::{Held, Lowering};
use crate::function::{self, MAX_INDEX_BITS, Table};
use crate::nn::Rounding;
use crate::ring::power_of_two;

/// A function, and where it is tabulated.
#[derive(Clone, Copy)]
pub(in crate::nn) struct Curve {
    /// From −2^reach to 2^reach.
    pub(in crate::nn) reach: u32,
    /// −log2 L
    pub(in crate::nn) flat: i32,
    pub(in crate::nn) f: fn(f64) -> f64,
}

impl dyn Lowering + '_ {
    /// The function of every element.
    pub(in crate::nn) fn table(
        &mut self,
        x: Held,
        curve: Curve,
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let Format { fraction, bits } = x.format;
        let most = fraction.min(MAX_INDEX_BITS - 1 - curve.reach) as i32;
        let index = (want.fraction as i32 - curve.flat).clamp(0, most) as u32;
        // At least one bit of small values must be left.
        let index = index.max((fraction + 1).saturating_sub(bits));
        let shift = fraction - index;
        let x = if shift > 0 { self.truncate(x, shift) } else { x };
        let reach = curve.reach + 1 + index;
        // A bit of index more is cheaper than a comparison.
        let fits = x.format.bits <= (reach + 1).min(MAX_INDEX_BITS);
        let bits = if fits { x.format.bits } else { reach };
        let x = if fits { x } else { self.clip(x, [-(1 << (reach - 1)), (1 << (reach - 1)) - 1])? };
        let middle = match self.rounding() {
            Rounding::Floor if shift > 0 => power_of_two(-(index as i32) - 1),
            _ => 0.,
        };
        let [index, output] = [(bits, index), (want.bits, want.fraction)]
            .map(|(bits, fraction)| function::TableFormat { bits, fraction });
        Ok(self.lookup(x, Table::real(index, output, |x| (curve.f)(x + middle)), want))
    }
}
