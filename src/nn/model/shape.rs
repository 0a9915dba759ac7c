//! Which shapes fit each other.

use alloc::vec::Vec;

use super::error::ModelError;
use super::value::{Value, elements};
use super::{INPUT, Model};
use crate::nn::op::{Node, Op};

impl Model {
    /// Adds a layer that takes the result of the last one.
    ///
    /// # Errors
    /// If it does not fit, or its name is taken; the model is unchanged then.
    pub fn push(&mut self, name: &str, op: impl Into<Op>) -> Result<(), ModelError> {
        let op = op.into();
        if name == INPUT || self.value(name).is_some() {
            return Err(ModelError::Taken { layer: name.into() });
        }
        let shape = result(self, name, &op)?;
        self.nodes.push(Node { name: name.into(), op, shape });
        Ok(())
    }
}

/// The shape of what `op` makes of the last layer's result.
///
/// # Errors
/// If it cannot be applied to that.
fn result(model: &Model, layer: &str, op: &Op) -> Result<[usize; 3], ModelError> {
    elements(INPUT, model.input)?;
    let others = op.get().others().iter().map(|name| known(model, layer, name));
    let others = others.collect::<Result<Vec<_>, _>>()?;
    let result = op.get().shape(Value { layer, shape: model.output(), others: &others })?;
    elements(layer, result).map(|_| result)
}

/// The shape of the value of a name.
fn known(model: &Model, layer: &str, name: &str) -> Result<[usize; 3], ModelError> {
    let unknown = || ModelError::Unknown { layer: layer.into(), name: name.into() };
    model.value(name).map(|value| model.shape(value)).ok_or_else(unknown)
}
