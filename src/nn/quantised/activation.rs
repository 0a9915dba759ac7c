//! Sigmoid, tanh and GELU by tables.
//!
//! A table has at most 12 index bits. Values are truncated to f_i fractional bits, clipped to where the function is
//! flat, and looked up:
//!
//! | function | clipped to | error of clipping | slope L |
//! | --- | --- | --- | --- |
//! | sigmoid | −8 to 8 | 3.4 · 10^−4 | 1/4 |
//! | tanh | −4 to 4 | 6.7 · 10^−4 | 1 |
//! | GELU(x) − ReLU(x) | −4 to 4 | 1.3 · 10^−4 | 1/2 |
//!
//! GELU is not bounded, but GELU(x) = ReLU(x) − |x|·Φ(−|x|), and the second term vanishes on both sides, so it is a ReLU
//! plus a table. Values that are known to lie within the range are not clipped, and then GELU is a single table.
//!
//! **Error.** The result has f_o fractional bits, and f_i = f_o + log2 L if 12 index bits suffice. Under stochastic
//! rounding the index has an error below one unit and without bias. Under floor rounding the table holds the values at the
//! middle of each unit. So the error of the result is at most
//!
//! L·2^−f_i + 2^(−f_o−1) under stochastic rounding, or L·2^(−f_i−1) + 2^(−f_o−1) under floor rounding,
//!
//! plus the error of clipping.

use core::f64::consts::FRAC_1_SQRT_2;

use super::builder::{Builder, Held};
use super::error::QuantiseError;
use super::format::Format;
use crate::function::{self, MAX_INDEX_BITS, Table};
use crate::nn::{Op, Rounding};
use crate::ring::power_of_two;

/// Where a function is tabulated.
#[derive(Clone, Copy)]
struct Shape {
    /// From −2^reach to 2^reach.
    reach: u32,
    /// −log2 L
    flat: i32,
    f: fn(f64) -> f64,
}

const SIGMOID: Shape = Shape { reach: 3, flat: 2, f: |x| 1. / (1. + libm::exp(-x)) };
const TANH: Shape = Shape { reach: 2, flat: 0, f: libm::tanh };
const GELU: Shape = Shape { reach: 2, flat: 0, f: |x| 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2) };
const BEND: Shape =
    Shape { reach: 2, flat: 1, f: |x| -0.5 * libm::fabs(x) * libm::erfc(libm::fabs(x) * FRAC_1_SQRT_2) };

impl Builder<'_> {
    /// The activation of the layer that is being built.
    pub(super) fn activation(&mut self, x: Held, want: Format) -> Result<Held, QuantiseError> {
        let shape = match self.op() {
            Op::Sigmoid => SIGMOID,
            Op::Tanh => TANH,
            _ if x.format.bits <= x.format.fraction + GELU.reach + 1 => GELU,
            _ => return self.gelu(x, want),
        };
        self.table(x, shape, want)
    }

    /// A ReLU, plus its difference from GELU.
    fn gelu(&mut self, x: Held, want: Format) -> Result<Held, QuantiseError> {
        let least = (x.format.fraction + 1).saturating_sub(x.format.bits);
        self.fraction(want, least, x.format.fraction)?;
        let relu = self.relu(x, x.format.fraction - want.fraction, want);
        let bend = self.table(x, BEND, want)?;
        Ok(self.sum(bend, relu, want))
    }

    fn table(&mut self, x: Held, shape: Shape, want: Format) -> Result<Held, QuantiseError> {
        let Format { fraction, bits } = x.format;
        let most = fraction.min(MAX_INDEX_BITS - 1 - shape.reach) as i32;
        let index = (want.fraction as i32 - shape.flat).clamp(0, most) as u32;
        // At least one bit of small values must be left.
        let index = index.max((fraction + 1).saturating_sub(bits));
        let shift = fraction - index;
        let x = if shift > 0 { self.truncate(x, shift) } else { x };
        let reach = shape.reach + 1 + index;
        // A bit of index more is cheaper than a comparison.
        let fits = x.format.bits <= (reach + 1).min(MAX_INDEX_BITS);
        let bits = if fits { x.format.bits } else { reach };
        let x = if fits { x } else { self.clip(x, [-(1 << (reach - 1)), (1 << (reach - 1)) - 1])? };
        let middle = match self.rounding {
            Rounding::Floor if shift > 0 => power_of_two(-(index as i32) - 1),
            _ => 0.,
        };
        let [index, output] = [(bits, index), (want.bits, want.fraction)]
            .map(|(bits, fraction)| function::TableFormat { bits, fraction });
        Ok(self.lookup(x, Table::real(index, output, |x| (shape.f)(x + middle)), want))
    }
}
