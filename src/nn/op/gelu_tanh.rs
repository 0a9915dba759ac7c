//! GELU by tanh.

use alloc::string::String;

use super::contract::Operation;
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::quantised::Curve;

/// x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
#[derive(Clone, PartialEq, Eq)]
pub struct GeluTanh;

impl Operation for GeluTanh {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 1.13.
        Some(Curve::new(-1, reals::gelu_tanh))
    }

    fn summary(&self) -> String {
        "GELU by tanh".into()
    }
}

#[cfg(feature = "safetensors")]
impl Plain for GeluTanh {
    const TYPE: &'static str = "gelu_tanh";
    const OP: Self = Self;
}
