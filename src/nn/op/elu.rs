//! ELU: x where it is positive, else α·(e^x − 1).

use alloc::format;
use alloc::string::String;

use super::contract::Operation;
use crate::function::reals;
use crate::nn::ModelError;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, SaveError, Saved};
use crate::nn::model::Value;
use crate::nn::quantised::Curve;

/// x where it is positive, else α·(e^x − 1)
#[derive(Clone, PartialEq)]
pub struct Elu {
    /// α. It is public.
    pub alpha: f32,
}

impl Operation for Elu {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.finite("alpha", &[self.alpha])?;
        Ok(x.shape)
    }

    fn curve(&self) -> Option<Curve> {
        let alpha = f64::from(self.alpha);
        let slope = libm::fabs(alpha).max(1.);
        Some(Curve::new(-libm::ceil(libm::log2(slope)) as i32, move |x| reals::elu(x, alpha)))
    }

    fn summary(&self) -> String {
        format!("ELU {}", self.alpha)
    }

    fn rises(&self) -> bool {
        self.alpha >= 0.
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "one")]
    alpha: f32,
}

/// PyTorch's own.
#[cfg(feature = "safetensors")]
fn one() -> f32 {
    1.
}

#[cfg(feature = "safetensors")]
impl File for Elu {
    const TYPES: &'static [&'static str] = &["elu"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { alpha } = layer.options()?;
        Ok(Self { alpha })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("elu");
        layer.option("alpha", self.alpha);
        Ok(())
    }
}
