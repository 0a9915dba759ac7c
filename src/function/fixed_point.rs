//! Functions of the reals in fixed point.

use core::f64::consts::FRAC_1_SQRT_2;

use super::Table;
use crate::ring::{nearest, power_of_two};

/// The fixed-point format of a table's index or of its entries: the integer x in −2^(bits − 1)..2^(bits − 1) stands for x · 2^−fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableFormat {
    /// Bits, sign included: 1 to 12 of an index, 1 to 64 of an output.
    pub bits: u32,
    /// Fractional bits, 0 to 63; they may be as many as all bits, or more.
    pub fraction: u32,
}

impl Table {
    /// A function of the reals, rounded to the output's format: to nearest, ties to even. A value beyond the output's
    /// range becomes the end of the range on that side, and NaN becomes zero.
    ///
    /// ```
    /// use ringshare::function::{TableFormat, Table};
    /// let index = TableFormat { bits: 4, fraction: 1 };
    /// let cube = Table::real(index, TableFormat { bits: 8, fraction: 2 }, |x| x * x * x);
    /// assert_eq!(cube.entries()[3], 14); // 1.5³ = 3.375, to quarters 3.5
    /// assert_eq!(cube.entries()[8], -128); // (−4)³ = −64, at least −32
    /// ```
    ///
    /// # Panics
    /// If the index has not 1 to 12 bits, the output has not 1 to 64, or either has 64 fractional bits or more.
    pub fn real(index: TableFormat, output: TableFormat, f: impl Fn(f64) -> f64) -> Self {
        assert!((1..=64).contains(&output.bits), "{} bits of an output, not 1 to 64", output.bits);
        let fraction = index.fraction.max(output.fraction);
        assert!(fraction < 64, "{fraction} fractional bits, not 0 to 63");
        let unit = power_of_two(-(index.fraction as i32));
        Self::new(index.bits, |x| nearest(f(x as f64 * unit), output.fraction, output.bits).0 as i64)
    }
}

/// The logistic function 1 / (1 + e^−x).
///
/// # Panics
/// As [`Table::real`].
pub fn sigmoid(index: TableFormat, output: TableFormat) -> Table {
    Table::real(index, output, |x| 1.0 / (1.0 + libm::exp(-x)))
}

/// The hyperbolic tangent.
///
/// # Panics
/// As [`Table::real`].
pub fn tanh(index: TableFormat, output: TableFormat) -> Table {
    Table::real(index, output, libm::tanh)
}

/// GELU in its exact form, x · Φ(x), where Φ is the distribution function of the standard normal distribution.
///
/// # Panics
/// As [`Table::real`].
pub fn gelu(index: TableFormat, output: TableFormat) -> Table {
    Table::real(index, output, |x| 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2))
}

/// e^x, for all x of the index, which are below 2^(m − 1 − f_in). Saturates at the largest output.
///
/// # Panics
/// As [`Table::real`].
pub fn exp(index: TableFormat, output: TableFormat) -> Table {
    Table::real(index, output, libm::exp)
}

/// 1/x, for negative x too. At zero, the largest output.
///
/// # Panics
/// As [`Table::real`].
pub fn reciprocal(index: TableFormat, output: TableFormat) -> Table {
    Table::real(index, output, |x| 1.0 / x)
}

/// √x. Below zero, as at zero.
///
/// # Panics
/// As [`Table::real`].
pub fn sqrt(index: TableFormat, output: TableFormat) -> Table {
    Table::real(index, output, |x| libm::sqrt(x.max(0.0)))
}

/// 1/√x. At zero and below, the largest output.
///
/// # Panics
/// As [`Table::real`].
pub fn inverse_sqrt(index: TableFormat, output: TableFormat) -> Table {
    Table::real(index, output, |x| 1.0 / libm::sqrt(x.max(0.0)))
}

/// x itself in another format, rounded to its fractional bits and saturated at its ends. This brings activations to fewer
/// bits.
///
/// # Panics
/// As [`Table::real`].
pub fn quantise(index: TableFormat, output: TableFormat) -> Table {
    Table::real(index, output, |x| x)
}
