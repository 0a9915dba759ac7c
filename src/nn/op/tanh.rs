//! tanh(x).

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::Curve;

/// tanh(x)
#[derive(Clone, PartialEq, Eq)]
pub struct Tanh;

impl Operation for Tanh {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 1.
        Some(Curve::new(0, libm::tanh).bounded())
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, libm::tanhf)
    }

    fn summary(&self) -> String {
        "tanh".into()
    }

    fn rises(&self) -> bool {
        true
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Tanh {
    const TYPE: &'static str = "tanh";
    const OP: Self = Self;
}
