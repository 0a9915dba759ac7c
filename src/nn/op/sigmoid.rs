//! 1 / (1 + exp(−x)).

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::{Choosing, Chosen, Curve, Format, Held, Lowering, QuantiseError};

/// 1 / (1 + exp(−x))
#[derive(Clone, PartialEq, Eq)]
pub struct Sigmoid;

/// Its slope is at most 1/4.
const CURVE: Curve = Curve { flat: 2, f: |x| 1. / (1. + libm::exp(-x)) };

impl Operation for Sigmoid {
    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| 1. / (1. + libm::expf(-x)))
    }

    fn summary(&self) -> String {
        "sigmoid".into()
    }

    fn rises(&self) -> bool {
        true
    }

    fn is_probability(&self) -> bool {
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
impl Plain for Sigmoid {
    const TYPE: &'static str = "sigmoid";
    const OP: Self = Self;
}
