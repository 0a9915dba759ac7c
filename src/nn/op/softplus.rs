//! Softplus, ln(1 + e^x).

use alloc::string::String;

use super::contract::Operation;
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::quantised::Curve;

/// ln(1 + e^x)
#[derive(Clone, PartialEq, Eq)]
pub struct Softplus;

impl Operation for Softplus {
    fn curve(&self) -> Option<Curve> {
        Some(Curve::new(0, reals::softplus))
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
