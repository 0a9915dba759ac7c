//! SiLU, also called swish: x / (1 + e^−x).

use alloc::string::String;

use super::contract::Operation;
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::quantised::Curve;

/// x / (1 + e^−x)
#[derive(Clone, PartialEq, Eq)]
pub struct Silu;

impl Operation for Silu {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 1.1.
        Some(Curve::new(-1, reals::silu))
    }

    fn summary(&self) -> String {
        "SiLU".into()
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Silu {
    const TYPE: &'static str = "silu";
    const OP: Self = Self;
}
