//! 1 / (1 + exp(−x)).

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::Curve;

/// 1 / (1 + exp(−x))
#[derive(Clone, PartialEq, Eq)]
pub struct Sigmoid;

impl Operation for Sigmoid {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 1/4.
        Some(Curve::new(2, reals::sigmoid).bounded())
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| 1. / (1. + libm::expf(-x)))
    }

    fn summary(&self) -> String {
        "sigmoid".into()
    }

    fn rises(&self) -> bool {
        true
    }

    fn counts(&self) -> bool {
        true
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Sigmoid {
    const TYPE: &'static str = "sigmoid";
    const OP: Self = Self;
}
