//! Linear layers.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::affine::Affine;
use super::contract::Operation;
use super::role::Role;
use super::weight::Weight;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Panels, Value, add_bias};

/// Outputs whose weights are packed together.
const STRIP: usize = 256;

/// x·Wᵀ + b for W: `[outputs, inputs]`, b: `[outputs]`, over all elements of x.
#[derive(Clone, PartialEq)]
pub struct Linear {
    /// W.
    pub weight: Weight,
    /// b.
    pub bias: Vec<f32>,
}

impl Operation for Linear {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.weights(&self.weight, &self.bias, x.shape.iter().product())?;
        Ok([1, 1, self.bias.len()])
    }

    fn evaluate(&self, x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        let (inputs, outputs) = (batch.shape.iter().product(), self.bias.len());
        let mut z = alloc::vec![0.; batch.count * outputs];
        if z.is_empty() {
            return z;
        }
        for from in (0..outputs).step_by(STRIP) {
            let panels = Panels::new(&self.weight, inputs, from..(from + STRIP).min(outputs));
            panels.multiply_add(&x, &mut z[from..], outputs);
        }
        add_bias(&mut z, &self.bias);
        z
    }

    fn summary(&self) -> String {
        "linear".into()
    }

    fn numbers(&self) -> String {
        self.weight.numbers(self.bias.len())
    }

    fn role(&self) -> Role {
        Role::Product
    }

    fn affine(&self, x: [usize; 3]) -> Option<Affine<'_>> {
        let (weight, row) = (Cow::Borrowed(&self.weight), x.iter().product());
        Some(Affine { weight, bias: self.bias.as_slice().into(), row, window: None })
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "crate::nn::load::yes")]
    bias: bool,
}

#[cfg(feature = "safetensors")]
impl File for Linear {
    const TYPES: &'static [&'static str] = &["linear"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { bias } = layer.options()?;
        let inputs = layer.vector()?;
        let (weight, outputs) = layer.matrix(inputs)?;
        Ok(Self { weight, bias: layer.bias(bias, outputs)? })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("linear");
        let shape = [self.bias.len(), layer.image.iter().product()];
        layer.weight(&self.weight, &shape, layer.channels())?;
        layer.bias(&self.bias);
        Ok(())
    }

    fn order(&self, _: [usize; 3], _: Order, _: &[Order]) -> Option<Order> {
        Some(None)
    }
}
