//! Convolutions, a linear layer at every place of a window.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Errors, Line, Step, elements};
use crate::linalg::Window;
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::{Online, Shape};
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// The same at every place of a window: x: `[height, width, channels]`, W: `[outputs, size[0], size[1],
/// channels / groups]`, b: `[outputs]`, z: `[places[0], places[1], outputs]`. Channels and outputs are divided into
/// `groups` groups of equal size, and an output of a group depends on the channels of that group only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Image and window.
    pub window: Window,
    /// Channels of z.
    pub outputs: usize,
    /// Groups of channels.
    pub groups: usize,
    /// Bits of z that count; z must fit as a signed number.
    pub bits: u32,
}

impl Step for Convolution {
    fn width(&self) -> Option<usize> {
        elements(&self.window)
    }

    fn weighted(&self) -> Option<Shape> {
        let Self { window, outputs, groups, bits } = *self;
        let inputs = window.size[0] * window.size[1] * (window.image[2] / groups);
        Some(Shape { outputs, inputs, window: Some(window), groups, bits })
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let Self { ref window, outputs, groups, bits } = *self;
        let [rows, columns] = check.window(window)?;
        check.some(outputs)?;
        let (layer, channels) = (check.layer, window.image[2]);
        if groups == 0 || !channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            return Err(ArchitectureError::Groups { layer, groups, channels, outputs });
        }
        check.bits(bits, check.x.right)?;
        check.count(&[window.size[0], window.size[1], channels, outputs])?;
        Ok(Value { elements: check.count(&[rows, columns, outputs])?, right: bits })
    }

    fn ring(&self) -> u32 {
        self.bits
    }

    fn need(&self, result: u32) -> u32 {
        self.bits.max(result).max(2)
    }

    fn set_bits(&mut self, bits: u32) {
        self.bits = bits;
    }

    fn exact(&self, x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        at.product(Some(&self.window), x)
    }

    fn error(&self, e: &[f64], at: &Errors<'_>) -> Vec<f64> {
        (at.product)(self.groups, self.window.image[2], e)
    }

    fn line(&self) -> Line {
        let groups = if self.groups > 1 { format!(", {} groups", self.groups) } else { String::new() };
        Line::new(format!("convolution {}{groups}", self.window), self.bits)
    }

    fn write(&self, to: &mut Writer) {
        to.window(&self.window);
        to.sizes(&[self.outputs, self.groups]);
        to.bits(&[self.bits]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self {
            window: from.window()?,
            outputs: from.size()?,
            groups: from.size()?,
            bits: from.layer_bits()?,
        })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        at.product(&x)
    }
}
