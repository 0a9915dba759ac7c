//! Linear layers, z = x·Wᵀ + b.

use alloc::format;
use alloc::vec::Vec;

use super::contract::{Errors, Line, Step};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::{Online, Shape};
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// z = x·Wᵀ + b with secret or public W: `[outputs, inputs]` and b: `[outputs]`, modulo 2^bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linear {
    /// Elements of a row of x.
    pub inputs: usize,
    /// Elements of a row of z.
    pub outputs: usize,
    /// Bits of z that count; z must fit as a signed number.
    pub bits: u32,
}

impl Step for Linear {
    fn width(&self) -> Option<usize> {
        Some(self.inputs)
    }

    fn weighted(&self) -> Option<Shape> {
        let Self { inputs, outputs, bits } = *self;
        Some(Shape { outputs, inputs, window: None, groups: 1, bits })
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let Self { inputs, outputs, bits } = *self;
        check.inputs(inputs)?;
        check.some(inputs.min(outputs))?;
        check.bits(bits, check.x.right)?;
        check.count(&[inputs, outputs])?;
        Ok(Value { elements: outputs, right: bits })
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
        at.product(None, x)
    }

    fn error(&self, e: &[f64], at: &Errors<'_>) -> Vec<f64> {
        (at.product)(1, self.inputs, e)
    }

    fn line(&self) -> Line {
        Line::new(format!("linear of {}", self.inputs), self.bits)
    }

    fn write(&self, to: &mut Writer) {
        to.sizes(&[self.inputs, self.outputs]);
        to.bits(&[self.bits]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { inputs: from.size()?, outputs: from.size()?, bits: from.layer_bits()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        at.product(&x)
    }
}
