//! Maxima over windows.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::contract::Operation;
use super::role::{Role, Rule};
use crate::linalg::Window;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value, fold_windows, geometry};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::step;

/// The greatest value of every window, channel by channel; padding is ignored.
#[derive(Clone, PartialEq, Eq)]
pub struct MaxPool {
    /// Image and window.
    pub window: Window,
}

impl Operation for MaxPool {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.pool(&self.window)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        fold_windows(&x, &self.window, f32::NEG_INFINITY, f32::max)
    }

    fn summary(&self) -> String {
        format!("max pool {}", geometry(&self.window))
    }

    fn role(&self) -> Role {
        Role::Maximum
    }

    fn compares(&self) -> Option<&Window> {
        Some(&self.window)
    }

    fn rule(&self) -> Rule {
        Rule::First
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        (x, bound): Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        Ok(choice.maximum(layer + 1, x, bound))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        builder.fraction(want, 0, x.format.fraction)?;
        let differences = want.bits + x.format.fraction - want.fraction;
        let layer = step::MaxPool { window: self.window, bits: differences.max(2) };
        let pooled = builder.emit(x, layer, builder.shape(), Format { bits: differences, ..x.format });
        builder.finish(Held { most: x.most, ..pooled }, want)
    }
}

#[cfg(feature = "safetensors")]
impl File for MaxPool {
    const TYPES: &'static [&'static str] = &["max_pool2d"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        layer.pool().map(|window| Self { window })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("max_pool2d");
        layer.window(&self.window);
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        x.is_none().then_some(None)
    }
}
