//! x, or a slope times x where x is negative.
//!
//! a·x + (1 − a)·max(x, 0), with a ≈ c/2^q for an integer c: the sum of c·x and (2^q − c)·max(x, 0), truncated by q bits
//! more. It costs a ReLU and a truncation.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use crate::nn::ModelError;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, SaveError, Saved};
use crate::nn::model::{Batch, Value};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError, exact_fraction};
use crate::nn::step;
use crate::ring::nearest;

/// The bits q of a slope that no fewer hold exactly, at least.
const LEAST: u32 = 11;
/// The most bits q of the slope.
const MOST: u32 = 16;

/// x where x ≥ 0, else slope·x.
#[derive(Clone, PartialEq)]
pub struct LeakyRelu {
    /// The slope.
    pub slope: f32,
}

impl LeakyRelu {
    /// c and q for values of so many bits: as few as hold the slope exactly, or else as many as the values have.
    fn factor(&self, bits: u32) -> (i64, u32) {
        let most = bits.clamp(LEAST, MOST).min(62 - bits.min(60));
        let q = exact_fraction(&[self.slope], most);
        (nearest(self.slope.into(), q, 32).0 as i64, q)
    }
}

impl Operation for LeakyRelu {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.finite("slope", &[self.slope])?;
        Ok(x.shape)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| if x >= 0. { x } else { self.slope * x })
    }

    fn summary(&self) -> String {
        format!("leaky ReLU {}", self.slope)
    }

    fn rises(&self) -> bool {
        self.slope >= 0.
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        (x, _): Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let (value, (_, q)) = (layer + 1, self.factor(x.bits));
        let fraction = x.fraction.max(choice.fine(value).min(x.fraction + q));
        let x = Format { fraction, bits: x.bits + fraction - x.fraction };
        Ok((choice.held(value, choice.dropped(value, x)), None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let Format { fraction, bits } = x.format;
        let (c, q) = self.factor(bits);
        // A slope beyond ±1 makes more of x.
        let more = (64 - c.unsigned_abs().leading_zeros()).saturating_sub(q);
        let wide = Format { fraction: fraction + q, bits: bits + q + more + 1 };
        let relu = builder.relu(x, 0, x.format);
        let relu = builder.emit(relu, step::Scale { factor: (1 << q) - c }, x.shape, wide);
        let line = builder.emit(x, step::Scale { factor: c }, x.shape, wide);
        let sum = builder.sum(line, relu, wide);
        builder.finish(sum, want)
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// PyTorch's, if not given.
    #[serde(default = "hundredth")]
    slope: f32,
}

#[cfg(feature = "safetensors")]
fn hundredth() -> f32 {
    0.01
}

#[cfg(feature = "safetensors")]
impl File for LeakyRelu {
    const TYPES: &'static [&'static str] = &["leaky_relu"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { slope } = layer.options()?;
        Ok(Self { slope })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("leaky_relu");
        layer.option("slope", self.slope);
        Ok(())
    }
}
