//! Images as vectors.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Operation, Role};
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved, flattened};
use crate::nn::model::{Batch, Model, ModelError, Value};
use crate::nn::op::Op;
use crate::nn::quantised::{Builder, Choice, Chosen, Format, Held, QuantiseError};

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

    /// It is removed if the shape does not matter to the layers after it.
    fn simplify(&self, model: &mut Model, layer: usize) -> bool {
        let shape = model.shape(layer);
        let mut end = layer + 1;
        if shape[..2] != [1, 1] {
            while model.nodes().get(end).is_some_and(|node| node.op.get().is_elementwise()) {
                end += 1;
            }
            let fits = model.nodes().get(end).is_none_or(|node| matches!(node.op, Op::Linear(_)));
            if !fits || (layer..end).any(|layer| model.is_referred_to(layer)) {
                return false;
            }
            model.reshape(layer..end, shape);
        }
        model.remove(layer, "left out: the order of the elements is the same".into());
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
