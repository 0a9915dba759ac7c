//! Earlier values in place of the last.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::slice;

use super::contract::Operation;
use super::role::Role;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};

/// The result of the layer of this name, or the input for the name `input`, in place of x.
#[derive(Clone, PartialEq, Eq)]
pub struct From {
    /// The layer.
    pub layer: String,
}

impl Operation for From {
    fn others(&self) -> &[String] {
        slice::from_ref(&self.layer)
    }

    fn others_mut(&mut self) -> &mut [String] {
        slice::from_mut(&mut self.layer)
    }

    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        Ok(x.others[0])
    }

    fn evaluate(&self, _: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        batch.others[0].to_vec()
    }

    fn summary(&self) -> String {
        format!("from {}", self.layer)
    }

    fn role(&self) -> Role {
        Role::Instead
    }

    fn format(
        &self,
        _: &dyn Choosing,
        _: usize,
        _: Chosen,
        others: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        Ok(others[0])
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        _: Held,
        others: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        builder.same(others[0], want)
    }
}

#[cfg(feature = "safetensors")]
impl File for From {
    const TYPES: &'static [&'static str] = &["from"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        layer.other().map(|layer| Self { layer })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("from");
        layer.option("layer", self.layer.as_str());
        Ok(())
    }

    fn order(&self, _: [usize; 3], _: Order, others: &[Order]) -> Option<Order> {
        Some(others[0])
    }
}
