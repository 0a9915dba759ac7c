//! Softmax.

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::Operation;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::step;

/// exp(x_c) / Σ exp(x_j) over the channels of every place.
#[derive(Clone, PartialEq, Eq)]
pub struct Softmax;

impl Operation for Softmax {
    /// exp(x_c − max x) / Σ exp(x_j − max x), which cannot overflow.
    fn evaluate(&self, mut x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        for x in x.chunks_exact_mut(batch.shape[2]) {
            let most = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            x.iter_mut().for_each(|x| *x = libm::expf(*x - most));
            let sum: f32 = x.iter().sum();
            x.iter_mut().for_each(|x| *x /= sum);
        }
        x
    }

    fn summary(&self) -> String {
        "softmax".into()
    }

    fn counts(&self) -> bool {
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
        let x = builder.refine(x, want.fraction)?;
        let shift = builder.shift(x.format, want)?;
        let x = if shift > 0 { builder.truncate(x, shift) } else { x };
        let layer = step::Softmax { classes: x.shape[2], bits: x.format.bits + 1, fraction: want.fraction };
        Ok(builder.emit(x, layer, x.shape, want))
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Softmax {
    const TYPE: &'static str = "softmax";
    const OP: Self = Self;
}
