//! Images as vectors.

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::Operation;
use super::role::{Role, Rule};
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved, flattened};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};

/// `[height, width, channels]` to `[1, 1, height·width·channels]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Flatten;

impl Operation for Flatten {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        Ok([1, 1, x.shape.iter().product()])
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        x
    }

    fn summary(&self) -> String {
        "flatten".into()
    }

    fn role(&self) -> Role {
        Role::Same
    }

    fn rule(&self) -> Rule {
        Rule::OrderOnly
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
impl File for Flatten {
    const TYPES: &'static [&'static str] = &["flatten"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        layer.no_options().map(|()| Self)
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("flatten");
        Ok(())
    }

    fn order(&self, image: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        Some(flattened(image).or(x))
    }
}
