//! Values between two ends.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{
    Choosing, Chosen, Format, Held, Lowering, QuantiseError, TABLE_FRACTION, ends, exact_fraction,
    integer_bits, outside,
};
use crate::ring::power_of_two;

/// min(max(x, low), high)
#[derive(Clone, PartialEq)]
pub struct Clip {
    /// The least result.
    pub low: f32,
    /// The greatest result.
    pub high: f32,
}

/// Bits of the range between the ends that an end is rounded to, at least.
const RANGE: i32 = 9;

impl Clip {
    /// The fractional bits that the ends need, if the value has so many: as few as hold them exactly, or else enough for the
    /// range between them.
    fn fraction(&self, value: u32) -> u32 {
        let range = f64::from(self.high) - f64::from(self.low);
        let enough = (RANGE + 1 - integer_bits(range)).clamp(0, TABLE_FRACTION) as u32;
        exact_fraction(&[self.low, self.high], enough).max(value)
    }
}

impl Operation for Clip {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.finite("bounds", &[self.low, self.high])?;
        if self.low > self.high {
            return Err(ModelError::Bounds { layer: x.layer.into(), low: self.low, high: self.high });
        }
        Ok(x.shape)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| x.max(self.low).min(self.high))
    }

    fn summary(&self) -> String {
        format!("clip {} to {}", self.low, self.high)
    }

    fn rises(&self) -> bool {
        true
    }

    /// Its ends may lie outside the value's range.
    fn widens(&self) -> bool {
        true
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        (x, _): Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let Self { low, high } = *self;
        let up = self.fraction(x.fraction) - x.fraction;
        let x = Format { fraction: x.fraction + up, bits: x.bits + up };
        let fraction = choice.dropped(layer + 1, x);
        let unit = power_of_two(-(fraction as i32));
        let bits = |end: f64| (integer_bits(end) + fraction as i32).max(2) as u32;
        let bits = match outside(x, ends(x, low, high)) {
            // An end is rounded here, and again where its last bits are dropped.
            Some(_) => bits(f64::from(low.max(-high)) + 2. * unit),
            None => bits(f64::from(low.abs().max(high.abs())) + unit).min(x.bits),
        };
        Ok((Format { fraction, bits }, None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let x = builder.refine(x, self.fraction(x.format.fraction))?;
        let ends = ends(x.format, self.low, self.high);
        let clip = builder.clip(x, ends)?;
        let result = builder.finish(clip, want)?;
        builder.holds(want, outside(x.format, ends), x.format.fraction - want.fraction)?;
        Ok(result)
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    low: f32,
    high: f32,
}

#[cfg(feature = "safetensors")]
impl File for Clip {
    const TYPES: &'static [&'static str] = &["clip", "relu6"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        if layer.kind() == "relu6" {
            return layer.no_options().map(|()| Self { low: 0., high: 6. });
        }
        let Options { low, high } = layer.options()?;
        Ok(Self { low, high })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("clip");
        layer.option("low", self.low);
        layer.option("high", self.high);
        Ok(())
    }
}
