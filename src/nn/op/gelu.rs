//! GELU, x·Φ(x).

use alloc::string::String;
use alloc::vec::Vec;
use core::f64::consts::FRAC_1_SQRT_2;

use super::contract::{Operation, each};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::Curve;

/// x·Φ(x) with the normal distribution's Φ.
#[derive(Clone, PartialEq, Eq)]
pub struct Gelu;

/// Its slope is at most 1.13.
const CURVE: Curve = Curve { flat: -1, is_bounded: false, f: |x| 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2) };

impl Operation for Gelu {
    fn curve(&self) -> Option<Curve> {
        Some(CURVE)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| x * 0.5 * (1. + libm::erff(x * core::f32::consts::FRAC_1_SQRT_2)))
    }

    fn summary(&self) -> String {
        "GELU".into()
    }

    fn is_elementwise(&self) -> bool {
        true
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Gelu {
    const TYPE: &'static str = "gelu";
    const OP: Self = Self;
}
