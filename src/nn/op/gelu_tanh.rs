//! GELU by tanh.

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::Curve;

/// x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
#[derive(Clone, PartialEq, Eq)]
pub struct GeluTanh;

impl Operation for GeluTanh {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 1.13.
        Some(Curve::new(-1, reals::gelu_tanh))
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| reals::gelu_tanh(x.into()) as f32)
    }

    fn summary(&self) -> String {
        "GELU by tanh".into()
    }

    fn is_elementwise(&self) -> bool {
        true
    }
}

#[cfg(feature = "safetensors")]
impl Plain for GeluTanh {
    const TYPE: &'static str = "gelu_tanh";
    const OP: Self = Self;
}
