//! Hardswish, x · min(max(x + 3, 0), 6) / 6, two lines and a parabola between them.

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::Curve;

/// x · min(max(x + 3, 0), 6) / 6
#[derive(Clone, PartialEq, Eq)]
pub struct Hardswish;

impl Operation for Hardswish {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 3/2.
        Some(Curve::new(-1, reals::hardswish))
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| reals::hardswish(x.into()) as f32)
    }

    fn summary(&self) -> String {
        "hardswish".into()
    }

    fn is_elementwise(&self) -> bool {
        true
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Hardswish {
    const TYPE: &'static str = "hardswish";
    const OP: Self = Self;
}
