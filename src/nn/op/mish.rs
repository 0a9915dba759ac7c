//! Mish, x · tanh(ln(1 + e^x)).

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::Curve;

/// x · tanh(ln(1 + e^x))
#[derive(Clone, PartialEq, Eq)]
pub struct Mish;

impl Operation for Mish {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 1.09.
        Some(Curve::new(-1, reals::mish))
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| reals::mish(x.into()) as f32)
    }

    fn summary(&self) -> String {
        "Mish".into()
    }

    fn is_elementwise(&self) -> bool {
        true
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Mish {
    const TYPE: &'static str = "mish";
    const OP: Self = Self;
}
