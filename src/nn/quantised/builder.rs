//! Construction of the integer program, one layer after the other.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::QuantiseError;
use super::format::Format;
use super::graph::Graph;
use super::program::{Program, Step};
use crate::function::Table;
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

/// Builds a program layer by layer.
pub(in crate::nn) struct Builder<'a> {
    pub(in crate::nn) graph: Graph<'a>,
    pub(super) program: Program,
    pub(in crate::nn) rounding: Rounding,
    /// The fractional bits that are kept of each value of the model ([`Graph::kept`]).
    pub(in crate::nn) kept: Vec<Option<u32>>,
    /// The layer of the model that is being built.
    pub(in crate::nn) layer: usize,
}

impl Builder<'_> {
    pub(in crate::nn) fn name(&self) -> &str {
        &self.graph.model.nodes()[self.layer].name
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

    /// The same value with `shift` fractional bits fewer.
    pub(in crate::nn) fn truncate(&mut self, x: Held, shift: u32) -> Held {
        // Rounded up, the greatest value takes a bit more.
        let bits = x.format.bits - shift + u32::from(shift > 0);
        let format = Format { fraction: x.format.fraction - shift, bits };
        self.emit(x, step::Truncate { bits: x.format.bits, shift }, x.shape, format)
    }

    pub(in crate::nn) fn lookup(&mut self, x: Held, table: Table, format: Format) -> Held {
        self.emit(x, step::Lookup { table }, x.shape, format)
    }

    pub(in crate::nn) fn relu(&mut self, x: Held, shift: u32, format: Format) -> Held {
        self.emit(x, step::Relu { bits: x.format.bits.max(2), shift }, x.shape, format)
    }

    pub(in crate::nn) fn sum(&mut self, x: Held, other: Held, format: Format) -> Held {
        self.emit(x, step::Add { value: other.value }, x.shape, format)
    }

    /// The shape of the layer's result.
    pub(in crate::nn) fn shape(&self) -> [usize; 3] {
        self.graph.model.nodes()[self.layer].shape
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

    /// Checks the fractional bits of a result.
    pub(in crate::nn) fn fraction(&self, want: Format, least: u32, most: u32) -> Result<(), QuantiseError> {
        let found = want.fraction;
        match (least..=most).contains(&found) {
            true => Ok(()),
            false => Err(QuantiseError::Fraction { layer: self.name().into(), least, most, found }),
        }
    }

    /// Makes a value the current one, which the next layer takes.
    pub(in crate::nn) fn current(&mut self, x: Held) {
        if x.value != self.program.layers.len() {
            self.push(step::From { value: x.value }, x.shape, x.format);
        }
    }

    pub(in crate::nn) fn emit(
        &mut self,
        x: Held,
        layer: impl Into<Layer>,
        shape: [usize; 3],
        format: Format,
    ) -> Held {
        self.current(x);
        self.push(layer, shape, format);
        let most = i64::MAX >> (64 - format.bits.min(63));
        Held { value: self.program.layers.len(), format, gain: x.gain, most: most + 1, shape }
    }

    fn push(&mut self, layer: impl Into<Layer>, shape: [usize; 3], format: Format) {
        self.program.layers.push(layer.into());
        self.program.steps.push(Step { layer: self.layer, shape, format });
    }
}

/// Checks that a format is one that integers can have.
pub(in crate::nn) fn check_format(layer: &str, format: Format) -> Result<(), QuantiseError> {
    let (layer, Format { fraction, bits }) = (String::from(layer), format);
    if !(2..=63).contains(&bits) {
        return Err(QuantiseError::Bits { layer, least: 2, most: 63, found: bits });
    }
    if fraction > 62 {
        return Err(QuantiseError::Fraction { layer, least: 0, most: 62, found: fraction });
    }
    Ok(())
}
