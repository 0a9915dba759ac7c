//! What layers say to the program that they become a part of.
//!
//! The trait stands apart from the builder that implements it, which knows the whole model.

use alloc::string::String;

use super::error::QuantiseError;
use super::format::Format;
use crate::nn::{Layer, Rounding, step};

/// A value of the model, and how the program holds it.
#[derive(Clone, Copy)]
pub(in crate::nn) struct Held {
    /// Its number in the program.
    pub(in crate::nn) value: usize,
    pub(in crate::nn) format: Format,
    /// The real value is the integer · 2^−fraction · gain.
    pub(in crate::nn) gain: f64,
    /// The greatest magnitude of the integer.
    pub(in crate::nn) most: i64,
    pub(in crate::nn) shape: [usize; 3],
}

/// An integer program that is being built, at one layer of the model.
pub(in crate::nn) trait Lowering {
    /// The layer's name.
    fn name(&self) -> &str;

    /// How truncations round.
    fn rounding(&self) -> Rounding;

    /// The shape of the layer's result.
    fn shape(&self) -> [usize; 3];

    /// The fractional bits that the layer adds if a sum of `values` values stands for their mean.
    fn grown(&self, values: usize) -> u32;

    /// Appends a layer of the program that takes x.
    fn append(&mut self, x: Held, layer: Layer, shape: [usize; 3], format: Format) -> Held;
}

impl dyn Lowering + '_ {
    /// Appends a layer of the program that takes x.
    pub(in crate::nn) fn emit(
        &mut self,
        x: Held,
        layer: impl Into<Layer>,
        shape: [usize; 3],
        format: Format,
    ) -> Held {
        self.append(x, layer.into(), shape, format)
    }

    /// The same value with `up` more fractional bits.
    pub(in crate::nn) fn scale(&mut self, x: Held, up: u32) -> Result<Held, QuantiseError> {
        let format = Format { fraction: x.format.fraction + up, bits: x.format.bits + up };
        check_format(self.name(), format)?;
        Ok(self.emit(x, step::Scale { factor: 1 << up }, x.shape, format))
    }

    /// The same value with at least so many fractional bits.
    pub(in crate::nn) fn refine(&mut self, x: Held, fraction: u32) -> Result<Held, QuantiseError> {
        match fraction.saturating_sub(x.format.fraction) {
            0 => Ok(x),
            up => self.scale(x, up),
        }
    }

    /// The same value without the fractional bits that it has above `enough`. At least one bit of small values is left.
    pub(in crate::nn) fn coarsen(&mut self, x: Held, enough: u32) -> Held {
        match x.format.fraction.saturating_sub(enough).min(x.format.bits - 1) {
            0 => x,
            shift => self.truncate(x, shift),
        }
    }

    /// Two factors without the fractional bits that do not count: of each `enough` are, given the format of the other.
    pub(in crate::nn) fn factors(
        &mut self,
        x: Held,
        other: Held,
        enough: impl Fn(Format) -> u32,
    ) -> [Held; 2] {
        let short = self.coarsen(x, enough(other.format));
        let factor = if other.value == x.value { short } else { self.coarsen(other, enough(x.format)) };
        [short, factor]
    }

    /// The same value with `shift` fractional bits fewer.
    pub(in crate::nn) fn truncate(&mut self, x: Held, shift: u32) -> Held {
        // Rounded up, the greatest value takes a bit more.
        let bits = x.format.bits - shift + u32::from(shift > 0);
        let format = Format { fraction: x.format.fraction - shift, bits };
        self.emit(x, step::Truncate { bits: x.format.bits, shift }, x.shape, format)
    }

    pub(in crate::nn) fn relu(&mut self, x: Held, shift: u32, format: Format) -> Held {
        self.emit(x, step::Relu { bits: x.format.bits.max(2), shift }, x.shape, format)
    }

    pub(in crate::nn) fn sum(&mut self, x: Held, other: Held, format: Format) -> Held {
        self.emit(x, step::Add { value: other.value }, x.shape, format)
    }

    /// The same elements in the shape and with the fractional bits of the layer's result.
    pub(in crate::nn) fn same(&mut self, x: Held, want: Format) -> Result<Held, QuantiseError> {
        let x = Held { shape: self.shape(), ..x };
        if want.fraction == x.format.fraction { Ok(x) } else { self.finish(x, want) }
    }

    /// The same value with the fractional bits of the wanted format.
    pub(in crate::nn) fn finish(&mut self, x: Held, want: Format) -> Result<Held, QuantiseError> {
        let shift = self.shift(x.format, want)?;
        let x = if shift > 0 { self.truncate(x, shift) } else { x };
        Ok(Held { format: want, ..x })
    }

    /// The fractional bits to drop.
    pub(in crate::nn) fn shift(&self, x: Format, want: Format) -> Result<u32, QuantiseError> {
        self.fraction(want, (x.fraction + 1).saturating_sub(x.bits), x.fraction)?;
        Ok(x.fraction - want.fraction)
    }

    /// Checks the fractional bits of the layer's result.
    pub(in crate::nn) fn fraction(&self, want: Format, least: u32, most: u32) -> Result<(), QuantiseError> {
        fraction(self.name(), want, least, most)
    }

    /// Checks the bits of the layer's result.
    pub(in crate::nn) fn bits(&self, want: Format, least: u32, most: u32) -> Result<(), QuantiseError> {
        let (layer, found) = (self.name().into(), want.bits);
        match (least..=most).contains(&found) {
            true => Ok(()),
            false => Err(QuantiseError::Bits { layer, least, most, found }),
        }
    }
}

/// Checks the fractional bits of a layer's result.
pub(super) fn fraction(layer: &str, want: Format, least: u32, most: u32) -> Result<(), QuantiseError> {
    let found = want.fraction;
    match (least..=most).contains(&found) {
        true => Ok(()),
        false => Err(QuantiseError::Fraction { layer: layer.into(), least, most, found }),
    }
}

/// Checks that a format is one that integers can have.
pub(super) fn check_format(layer: &str, format: Format) -> Result<(), QuantiseError> {
    let (layer, Format { fraction, bits }) = (String::from(layer), format);
    if !(2..=63).contains(&bits) {
        return Err(QuantiseError::Bits { layer, least: 2, most: 63, found: bits });
    }
    if fraction > 62 {
        return Err(QuantiseError::Fraction { layer, least: 0, most: 62, found: fraction });
    }
    Ok(())
}
