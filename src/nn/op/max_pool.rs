//! Maxima over windows.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Operation, Role};
use crate::linalg::Window;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, Model, ModelError, Value, fold_windows, geometry};
use crate::nn::quantised::{Builder, Choice, Chosen, Format, Held, QuantiseError};
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

    /// A maximum commutes with every non-decreasing function, and goes first: the function is applied to fewer values then.
    /// A normalisation does not count. It is non-decreasing only if its scales, which are secret, are not negative.
    fn simplify(&self, model: &mut Model, layer: usize) -> bool {
        let Some(before) = layer.checked_sub(1) else { return false };
        let rises = model.nodes()[before].op.get().rises() && !model.is_referred_to(before);
        if rises {
            model.swap(before);
        }
        rises
    }

    fn format(
        &self,
        choice: &Choice<'_>,
        layer: usize,
        (x, bound): Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        Ok(choice.maximum(layer + 1, x, bound))
    }

    fn lower(
        &self,
        builder: &mut Builder<'_>,
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
