//! Weights and biases for every element of an image, as position embeddings have (<https://arxiv.org/abs/2010.11929>).
//!
//! It is a 1 × 1 convolution of the image as one place, in which every element is a group.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::affine::{Affine, scaled};
use super::contract::Operation;
use super::role::Role;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};

/// x·scale + shift, element by element.
#[derive(Clone, PartialEq)]
pub struct ScaleElements {
    /// `[height, width, channels]`
    pub scale: Vec<f32>,
    /// `[height, width, channels]`
    pub shift: Vec<f32>,
}

impl Operation for ScaleElements {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        for (what, vector) in [("scale", &self.scale), ("shift", &self.shift)] {
            x.length(what, x.shape.iter().product(), vector.len())?;
            x.finite(what, vector)?;
        }
        Ok(x.shape)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        scaled(x, &self.scale, &self.shift)
    }

    fn summary(&self) -> String {
        "scale and shift elements".into()
    }

    fn numbers(&self) -> String {
        format!("{}", self.scale.len() + self.shift.len())
    }

    fn role(&self) -> Role {
        Role::Product
    }

    fn affine(&self, x: [usize; 3]) -> Option<Affine<'_>> {
        Some(Affine::diagonal([1, 1, x.iter().product()], &self.scale, self.shift.as_slice().into()))
    }
}

#[cfg(feature = "safetensors")]
impl File for ScaleElements {
    const TYPES: &'static [&'static str] = &["scale_elements"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        layer.no_options()?;
        let [scale, shift] = [layer.element_vector("weight")?, layer.element_vector("bias")?];
        Ok(Self { scale, shift })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("scale_elements");
        layer.elements("weight", &self.scale);
        layer.elements("bias", &self.shift);
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        x.is_none().then_some(None)
    }
}
