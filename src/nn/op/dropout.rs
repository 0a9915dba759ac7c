//! Dropout.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Operation, Role};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::{Batch, Model};
use crate::nn::quantised::{Builder, Choice, Chosen, Format, Held, QuantiseError};

/// x itself: dropout acts during training only.
#[derive(Clone, PartialEq, Eq)]
pub struct Dropout;

impl Operation for Dropout {
    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        x
    }

    fn summary(&self) -> String {
        "dropout".into()
    }

    fn role(&self) -> Role {
        Role::Same
    }

    fn simplify(&self, model: &mut Model, layer: usize) -> bool {
        model.remove(layer, "left out: it does nothing in use".into());
        true
    }

    fn format(
        &self,
        choice: &Choice<'_>,
        layer: usize,
        x: Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        Ok(choice.same(layer, x))
    }

    fn lower(
        &self,
        builder: &mut Builder<'_>,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        builder.same(x, want)
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Dropout {
    const TYPE: &'static str = "dropout";
    const OP: Self = Self;
}
