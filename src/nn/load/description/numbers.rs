//! How numbers are held: pixels as reals, reals in fixed point.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use crate::nn::{Format, Formats, Input};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pixel {
    scale: Option<f32>,
    shift: Option<f32>,
    threshold: Option<u8>,
    drop_bits: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormatsDocument {
    input: FormatDocument,
    layers: Vec<FormatDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatDocument {
    fraction: u32,
    bits: u32,
}

impl Pixel {
    /// The map that is meant.
    pub(super) fn input(self) -> Result<Input, String> {
        match (self.scale, self.shift, self.threshold, self.drop_bits) {
            (Some(scale), Some(shift), None, None) if scale.is_finite() && shift.is_finite() => {
                Ok(Input::Scaled { scale, shift })
            }
            (None, None, Some(at), None) => Ok(Input::Threshold { at }),
            (None, None, None, Some(drop)) if drop < 8 => Ok(Input::HighBits { drop }),
            _ => Err(
                "input: expected finite scale and shift, a threshold of 0 to 255, or drop_bits of 0 to 7, \
                      found something else"
                    .into(),
            ),
        }
    }
}

impl FormatsDocument {
    /// The formats, each of them possible.
    pub(super) fn formats(self) -> Result<Formats, String> {
        let layers = self.layers.into_iter().map(FormatDocument::format);
        Ok(Formats { input: self.input.format()?, layers: layers.collect::<Result<_, _>>()? })
    }
}

impl FormatDocument {
    fn format(self) -> Result<Format, String> {
        let Self { fraction, bits } = self;
        if !(1..=64).contains(&bits) || fraction > 64 {
            return Err(format!(
                "formats: expected 1 to 64 bits and 0 to 64 fractional ones, found {bits} and {fraction}"
            ));
        }
        Ok(Format { fraction, bits })
    }
}
