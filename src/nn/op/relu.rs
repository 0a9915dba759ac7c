//! max(x, 0).

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};

/// max(x, 0)
#[derive(Clone, PartialEq, Eq)]
pub struct Relu;

impl Operation for Relu {
    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| x.max(0.))
    }

    fn summary(&self) -> String {
        "ReLU".into()
    }

    fn rises(&self) -> bool {
        true
    }

    fn truncates(&self) -> bool {
        true
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        (x, _): Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let fraction = choice.dropped(layer + 1, x);
        let shift = x.fraction - fraction;
        Ok((Format { fraction, bits: x.bits - shift + u32::from(shift > 0) }, None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let shift = builder.shift(x.format, want)?;
        Ok(builder.relu(x, shift, want))
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Relu {
    const TYPE: &'static str = "relu";
    const OP: Self = Self;
}
