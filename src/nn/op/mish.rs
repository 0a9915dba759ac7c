//! Mish, x · tanh(ln(1 + e^x)).

use alloc::string::String;

use super::contract::Operation;
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::quantised::Curve;

/// x · tanh(ln(1 + e^x))
#[derive(Clone, PartialEq, Eq)]
pub struct Mish;

impl Operation for Mish {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 1.09.
        Some(Curve::new(-1, reals::mish))
    }

    fn summary(&self) -> String {
        "Mish".into()
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Mish {
    const TYPE: &'static str = "mish";
    const OP: Self = Self;
}
