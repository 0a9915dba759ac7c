//! Dropout.

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::Operation;
use super::role::{Role, Rule};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};

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

    fn rule(&self) -> Rule {
        Rule::LeftOut
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        x: Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        Ok(choice.same(layer, x))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
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
