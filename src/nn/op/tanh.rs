//! tanh(x).

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::{Choosing, Chosen, Curve, Format, Held, Lowering, QuantiseError};

/// tanh(x)
#[derive(Clone, PartialEq, Eq)]
pub struct Tanh;

/// Its slope is at most 1.
const CURVE: Curve = Curve { flat: 0, f: libm::tanh };

impl Operation for Tanh {
    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, libm::tanhf)
    }

    fn summary(&self) -> String {
        "tanh".into()
    }

    fn rises(&self) -> bool {
        true
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        _: Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let fraction = choice.tabled(layer + 1);
        Ok((Format { fraction, bits: fraction + 2 }, None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        builder.curve(x, CURVE, want)
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Tanh {
    const TYPE: &'static str = "tanh";
    const OP: Self = Self;
}
