//! Softplus, ln(1 + e^x).

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::Curve;

/// ln(1 + e^x)
#[derive(Clone, PartialEq, Eq)]
pub struct Softplus;

impl Operation for Softplus {
    fn curve(&self) -> Option<Curve> {
        Some(Curve::new(0, reals::softplus))
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| reals::softplus(x.into()) as f32)
    }

    fn summary(&self) -> String {
        "softplus".into()
    }

    fn rises(&self) -> bool {
        true
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Softplus {
    const TYPE: &'static str = "softplus";
    const OP: Self = Self;
}
