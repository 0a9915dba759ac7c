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

/// (x − mean) / √(variance + eps) · weight + bias, channel by channel: batch normalisation by its running statistics, as PyTorch has it.
///
/// In training x is normalised by the statistics of the batch, which the running ones follow, and weight and bias are trained.
#[derive(Clone, PartialEq)]
pub struct Normalise {
    /// γ, `[channels]`
    pub weight: Vec<f32>,
    /// β, `[channels]`
    pub bias: Vec<f32>,
    /// The running mean, `[channels]`
    pub mean: Vec<f32>,
    /// The running variance, `[channels]`
    pub variance: Vec<f32>,
    /// What is added to the variance.
    pub eps: f64,
}

impl Normalise {
    /// x·scale + shift: of the mean 0 and the variance 1.
    pub fn new(scale: Vec<f32>, shift: Vec<f32>) -> Self {
        let (mean, variance) = (alloc::vec![0.; scale.len()], alloc::vec![1.; scale.len()]);
        Self { weight: scale, bias: shift, mean, variance, eps: 0. }
    }

    /// Scale and shift, with the statistics folded in.
    pub fn folded(&self) -> [Vec<f32>; 2] {
        let one = |i: usize| {
            let scale = f64::from(self.weight[i]) / libm::sqrt(f64::from(self.variance[i]) + self.eps);
            (scale as f32, (f64::from(self.bias[i]) - f64::from(self.mean[i]) * scale) as f32)
        };
        let (scale, shift) = (0..self.weight.len()).map(one).unzip();
        [scale, shift]
    }
}

impl Operation for Normalise {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        let Self { weight, bias, mean, variance, .. } = self;
        for (what, vector) in [("scale", weight), ("shift", bias), ("mean", mean), ("variance", variance)] {
            x.length(what, x.shape[2], vector.len())?;
            x.finite(what, vector)?;
        }
        // Of a variance that is none, the scale is not finite.
        let [scale, shift] = self.folded();
        x.finite("scale", &scale)?;
        x.finite("shift", &shift)?;
        Ok(x.shape)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        let [scale, shift] = self.folded();
        scaled(x, &scale, &shift)
    }

    fn summary(&self) -> String {
        "normalise".into()
    }

    fn numbers(&self) -> String {
        format!("{}", 2 * self.weight.len())
    }

    fn role(&self) -> Role {
        Role::Product
    }

    fn rule(&self) -> Rule {
        Rule::Folded
    }

    fn affine(&self, x: [usize; 3]) -> Option<Affine<'_>> {
        let [scale, shift] = self.folded();
        Some(Affine::diagonal(x, &scale, shift.into()))
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
        let [weight, bias, mean, variance] =
            [weight, bias, mean, variance].map(|vector| layer.channels_last(&vector));
        Ok(Self { weight, bias, mean, variance, eps })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("batch_norm");
        layer.option("eps", self.eps);
        layer.vector("weight", &self.weight);
        layer.vector("bias", &self.bias);
        layer.vector("running_mean", &self.mean);
        layer.vector("running_var", &self.variance);
        Ok(())
    }
}
