//! Batch normalisation with its statistics.
//!
//! Most normalisations are folded into the weights of neighbours (`model/fold.rs`). One that is left becomes a 1 × 1
//! convolution in which every channel is a group.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::affine::{Affine, scaled};
use super::contract::Operation;
use super::role::{Role, Rule};
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};

/// x·scale + shift, channel by channel: batch normalisation with its statistics.
///
/// In training x is normalised by the statistics of the batch first, and scale and shift are trained; what comes out has running statistics
/// folded in again.
#[derive(Clone, PartialEq)]
pub struct Normalise {
    /// `[channels]`
    pub scale: Vec<f32>,
    /// `[channels]`
    pub shift: Vec<f32>,
}

impl Operation for Normalise {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        for (what, vector) in [("scale", &self.scale), ("shift", &self.shift)] {
            x.length(what, x.shape[2], vector.len())?;
            x.finite(what, vector)?;
        }
        Ok(x.shape)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        scaled(x, &self.scale, &self.shift)
    }

    fn summary(&self) -> String {
        "normalise".into()
    }

    fn numbers(&self) -> String {
        format!("{}", self.scale.len() + self.shift.len())
    }

    fn role(&self) -> Role {
        Role::Product
    }

    fn rule(&self) -> Rule {
        Rule::Folded
    }

    fn affine(&self, x: [usize; 3]) -> Option<Affine<'_>> {
        Some(Affine::diagonal(x, &self.scale, &self.shift))
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "small")]
    eps: f64,
    #[serde(default = "crate::nn::load::yes")]
    affine: bool,
}

/// PyTorch's.
#[cfg(feature = "safetensors")]
fn small() -> f64 {
    1e-5
}

#[cfg(feature = "safetensors")]
impl File for Normalise {
    const TYPES: &'static [&'static str] = &["batch_norm"];

    /// x ↦ (x − mean) / √(var + eps) · weight + bias as x·scale + shift.
    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { eps, affine } = layer.options()?;
        if !eps.is_finite() || eps < 0.0 {
            return Err(layer.wrong(format!("expected eps of at least 0, found {eps}")));
        }
        let weight = layer.channel_vector("weight", (!affine).then_some(1.0))?;
        let bias = layer.channel_vector("bias", (!affine).then_some(0.0))?;
        let mean = layer.channel_vector("running_mean", None)?;
        let variance = layer.channel_vector("running_var", None)?;
        layer.skip("num_batches_tracked");
        if let Some(place) = variance.iter().position(|&v| f64::from(v) + eps <= 0.0) {
            return Err(layer.value("running_var", place, "positive variances", variance[place].into()));
        }
        let one = |i: usize| {
            let scale = f64::from(weight[i]) / libm::sqrt(f64::from(variance[i]) + eps);
            (scale as f32, (f64::from(bias[i]) - f64::from(mean[i]) * scale) as f32)
        };
        let (scale, shift): (Vec<f32>, Vec<f32>) = (0..weight.len()).map(one).unzip();
        Ok(Self { scale: layer.channels_last(&scale), shift: layer.channels_last(&shift) })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("batch_norm");
        layer.option("eps", 0.0);
        layer.vector("weight", &self.scale);
        layer.vector("bias", &self.shift);
        layer.vector("running_mean", &alloc::vec![0.0; self.scale.len()]);
        layer.vector("running_var", &alloc::vec![1.0; self.scale.len()]);
        Ok(())
    }
}
