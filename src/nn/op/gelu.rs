//! GELU, x·Φ(x).

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::Curve;

/// x·Φ(x) with the normal distribution's Φ.
#[derive(Clone, PartialEq, Eq)]
pub struct Gelu;

impl Operation for Gelu {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 1.13.
        Some(Curve::new(-1, reals::gelu))
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| x * 0.5 * (1. + libm::erff(x * core::f32::consts::FRAC_1_SQRT_2)))
    }

    fn summary(&self) -> String {
        "GELU".into()
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Gelu {
    const TYPE: &'static str = "gelu";
    const OP: Self = Self;
}
