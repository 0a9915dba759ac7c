//! Sums of two values, as of residual connections.
//!
//! The value with fewer fractional bits is multiplied by a power of two, and the other is added.

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

/// x plus the result of the layer of this name, or the input for the name `input`.
#[derive(Clone, PartialEq, Eq)]
pub struct Add {
    /// The layer.
    pub layer: String,
}

impl Operation for Add {
    fn others(&self) -> &[String] {
        slice::from_ref(&self.layer)
    }

    fn others_mut(&mut self) -> &mut [String] {
        slice::from_mut(&mut self.layer)
    }

    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.expect("the value to add", x.others[0])
    }

    fn evaluate(&self, mut x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        x.iter_mut().zip(batch.others[0]).for_each(|(x, other)| *x += other);
        x
    }

    fn summary(&self) -> String {
        format!("add {}", self.layer)
    }

    fn role(&self) -> Role {
        Role::Sum
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        (x, _): Chosen,
        others: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let (other, _) = others[0];
        Ok((choice.held(layer + 1, x.fraction.max(other.fraction)), None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        others: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let other = others[0];
        let (coarse, fine) = if x.format.fraction <= other.format.fraction { (x, other) } else { (other, x) };
        let fraction = fine.format.fraction;
        builder.fraction(want, 0, fraction)?;
        let bits = want.bits + fraction - want.fraction;
        let scaled = builder.refine(coarse, fraction)?;
        let sum = builder.sum(scaled, fine, Format { fraction, bits });
        builder.finish(sum, want)
    }
}

#[cfg(feature = "safetensors")]
impl File for Add {
    const TYPES: &'static [&'static str] = &["add"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        layer.other().map(|layer| Self { layer })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("add");
        layer.option("layer", self.layer.as_str());
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, others: &[Order]) -> Option<Order> {
        (others[0] == x).then_some(x)
    }
}
