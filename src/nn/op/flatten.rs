//! Images as vectors.

use alloc::string::String;

use super::contract::Operation;
use super::role::{Role, Rule};
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved, flattened};
use crate::nn::model::{ModelError, Value};

/// `[height, width, channels]` to `[1, 1, height·width·channels]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Flatten;

impl Operation for Flatten {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        Ok([1, 1, x.shape.iter().product()])
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
