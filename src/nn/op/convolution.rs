//! Convolutions.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::affine::Affine;
use super::contract::Operation;
use super::role::Role;
use super::weight::Weight;
use crate::linalg::Window;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Panels, Value, add_bias, geometry, unfold};

/// Elements of the rows that are multiplied together: a good part of a second level cache.
const UNFOLDED: usize = 1 << 16;

/// A linear layer at every place of a window: W: `[outputs, size[0], size[1], channels / groups]`, b: `[outputs]`.
#[derive(Clone, PartialEq)]
pub struct Convolution {
    /// Image and window.
    pub window: Window,
    /// Groups of channels.
    pub groups: usize,
    /// W.
    pub weight: Weight,
    /// b.
    pub bias: Vec<f32>,
}

impl Operation for Convolution {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        let Self { window, groups, weight, bias } = self;
        let [rows, columns] = x.places(window)?;
        let (channels, outputs, groups) = (x.shape[2], bias.len(), *groups);
        if groups == 0 || !channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            return Err(ModelError::Groups { layer: x.layer.into(), channels, outputs, groups });
        }
        // No overflow: a window's size times the channels is counted by `places`.
        x.weights(weight, bias, window.size[0] * window.size[1] * (channels / groups))?;
        Ok([rows, columns, outputs])
    }

    /// Group by group: a group's places are rows of a product.
    fn evaluate(&self, images: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        let Self { window, groups, weight, bias } = self;
        let Ok([rows, columns]) = window.places() else { return Vec::new() };
        let (channels, outputs) = (window.image[2] / groups, bias.len() / groups);
        let (size, places) = (window.image.iter().product(), rows * columns);
        let inputs = window.size[0] * window.size[1] * channels;
        let strip = (UNFOLDED / inputs).clamp(1, places);
        let mut unfolded = alloc::vec![0.; strip * inputs];
        let mut z = alloc::vec![0.; batch.count * places * bias.len()];
        for group in 0..*groups {
            let panels = Panels::new(weight, inputs, group * outputs..(group + 1) * outputs);
            for (image, z) in images.chunks_exact(size).zip(z.chunks_exact_mut(places * bias.len())) {
                for from in (0..places).step_by(strip) {
                    let strip = from..(from + strip).min(places);
                    let unfolded = &mut unfolded[..strip.len() * inputs];
                    unfold(window, image, group * channels..(group + 1) * channels, strip, columns, unfolded);
                    let z = &mut z[from * bias.len() + group * outputs..];
                    panels.multiply_add(unfolded, z, bias.len());
                }
            }
        }
        add_bias(&mut z, bias);
        z
    }

    fn summary(&self) -> String {
        match self.groups {
            1 => format!("convolution {}", geometry(&self.window)),
            groups => format!("convolution {}, {groups} groups", geometry(&self.window)),
        }
    }

    fn numbers(&self) -> String {
        self.weight.numbers(self.bias.len())
    }

    fn role(&self) -> Role {
        Role::Product
    }

    fn affine(&self, x: [usize; 3]) -> Option<Affine<'_>> {
        Some(Affine {
            weight: Cow::Borrowed(&self.weight),
            bias: self.bias.as_slice().into(),
            row: self.window.size[0] * self.window.size[1] * (x[2] / self.groups),
            window: Some((self.window, self.groups)),
        })
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Needed for packed weights, whose shape does not determine it.
    size: Option<[usize; 2]>,
    #[serde(default = "crate::nn::load::ones")]
    stride: [usize; 2],
    #[serde(default)]
    padding: [usize; 2],
    #[serde(default = "crate::nn::load::ones")]
    dilation: [usize; 2],
    #[serde(default = "one")]
    groups: usize,
    #[serde(default = "crate::nn::load::yes")]
    bias: bool,
}

#[cfg(feature = "safetensors")]
fn one() -> usize {
    1
}

#[cfg(feature = "safetensors")]
impl File for Convolution {
    const TYPES: &'static [&'static str] = &["conv2d"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { size, stride, padding, dilation, groups, bias } = layer.options()?;
        let image = layer.image()?;
        let channels = image[2];
        if groups == 0 || !channels.is_multiple_of(groups) {
            return Err(
                layer.wrong(format!("expected groups that divide {channels} channels, found {groups}"))
            );
        }
        let window = |size| Window { image, size, stride, padding, dilation };
        layer.checked(window(size.unwrap_or([1; 2])))?;
        let (weight, outputs, size) = layer.filters(channels / groups, size, groups)?;
        let window = layer.checked(window(size))?;
        Ok(Self { window, groups, weight, bias: layer.bias(bias, outputs)? })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("conv2d");
        layer.option("groups", self.groups);
        layer.window(&self.window);
        let (seen, [height, width]) = (layer.image[2] / self.groups, self.window.size);
        layer.weight(&self.weight, &[self.bias.len(), seen, height, width], seen)?;
        layer.bias(&self.bias);
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        x.is_none().then_some(None)
    }
}
