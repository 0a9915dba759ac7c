//! Hardswish, x · min(max(x + 3, 0), 6) / 6, two lines and a parabola between them.

use alloc::string::String;

use super::contract::Operation;
use crate::function::reals;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::quantised::Curve;

/// x · min(max(x + 3, 0), 6) / 6
#[derive(Clone, PartialEq, Eq)]
pub struct Hardswish;

impl Operation for Hardswish {
    fn curve(&self) -> Option<Curve> {
        // The slope is at most 3/2.
        Some(Curve::new(-1, reals::hardswish))
    }

    fn summary(&self) -> String {
        "hardswish".into()
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Hardswish {
    const TYPE: &'static str = "hardswish";
    const OP: Self = Self;
}
