//! Functions of the reals by lines.

use core::f64::consts::{FRAC_1_SQRT_2, PI};

use super::Piecewise;
use crate::function::TableFormat;

/// # Functions of the reals
///
/// Formats, panics and errors are those of [`Piecewise::real`].
impl Piecewise {
    /// The logistic function 1 / (1 + e^−x).
    pub fn sigmoid(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, sigmoid)
    }

    /// The hyperbolic tangent.
    pub fn tanh(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, libm::tanh)
    }

    /// GELU in its exact form, x · Φ(x), where Φ is the distribution function of the standard normal distribution.
    pub fn gelu(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, gelu)
    }

    /// GELU by tanh: x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))).
    pub fn gelu_tanh(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, gelu_tanh)
    }

    /// SiLU, x / (1 + e^−x).
    pub fn silu(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, silu)
    }

    /// Softplus, ln(1 + e^x).
    pub fn softplus(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, softplus)
    }

    /// Mish, x · tanh(ln(1 + e^x)).
    pub fn mish(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, mish)
    }

    /// Hardswish, x · min(max(x + 3, 0), 6) / 6.
    pub fn hardswish(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, hardswish)
    }

    /// ELU: x where it is positive, else α·(e^x − 1).
    pub fn elu(input: TableFormat, output: TableFormat, alpha: f64) -> Self {
        Self::real(input, output, |x| elu(x, alpha))
    }

    /// e^x, at most the largest output.
    pub fn exp(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, libm::exp)
    }

    /// 1/x where x ≥ `from`. Below, as there.
    ///
    /// # Panics
    /// If `from` is not above 0, too.
    pub fn reciprocal(input: TableFormat, output: TableFormat, from: f64) -> Self {
        assert!(from > 0., "a reciprocal from {from} on");
        Self::real(input, output, |x| 1. / x.max(from))
    }

    /// √x. Below zero, as at zero.
    pub fn sqrt(input: TableFormat, output: TableFormat) -> Self {
        Self::real(input, output, |x| libm::sqrt(x.max(0.)))
    }

    /// 1/√x where x ≥ `from`. Below, as there.
    ///
    /// # Panics
    /// If `from` is not above 0, too.
    pub fn inverse_sqrt(input: TableFormat, output: TableFormat, from: f64) -> Self {
        assert!(from > 0., "an inverse square root from {from} on");
        Self::real(input, output, |x| 1. / libm::sqrt(x.max(from)))
    }
}

pub(crate) fn sigmoid(x: f64) -> f64 {
    1. / (1. + libm::exp(-x))
}

pub(crate) fn gelu(x: f64) -> f64 {
    0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2)
}

pub(crate) fn gelu_tanh(x: f64) -> f64 {
    0.5 * x * (1. + libm::tanh(libm::sqrt(2. / PI) * (x + 0.044_715 * x * x * x)))
}

pub(crate) fn silu(x: f64) -> f64 {
    x * sigmoid(x)
}

/// ln(1 + e^x), without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.) + libm::log1p(libm::exp(-libm::fabs(x)))
}

pub(crate) fn mish(x: f64) -> f64 {
    x * libm::tanh(softplus(x))
}

pub(crate) fn hardswish(x: f64) -> f64 {
    x * (x + 3.).clamp(0., 6.) / 6.
}

pub(crate) fn elu(x: f64, alpha: f64) -> f64 {
    if x > 0. { x } else { alpha * libm::expm1(x) }
}
