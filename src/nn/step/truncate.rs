//! Truncations.

use alloc::vec::Vec;

use super::contract::{Errors, Line, Step, truncated};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError, Rounding};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// x / 2^shift, of values that fit `bits` bits as signed numbers and are correct modulo 2^(bits + 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncate {
    /// The bit length.
    pub bits: u32,
    /// Bits to truncate by.
    pub shift: u32,
}

impl Step for Truncate {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        // It masks one bit more than it truncates.
        check.bits(self.bits, check.comparable().saturating_sub(1))?;
        check.shift(self.shift, self.bits)?;
        Ok(check.lifted())
    }

    fn ring(&self) -> u32 {
        self.bits + 1
    }

    fn dropped(&self) -> [u32; 2] {
        [self.bits, self.shift]
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        at.fits(&x, self.bits)?;
        at.truncate(&mut x, self.shift);
        Ok(x)
    }

    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        truncated(e, self.shift)
    }

    fn line(&self) -> Line {
        Line { shift: self.shift, ..Line::new("truncation", self.bits) }
    }

    fn write(&self, to: &mut Writer) {
        to.bits(&[self.bits, self.shift]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { bits: from.layer_bits()?, shift: from.layer_shift()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        match at.rounding {
            Rounding::Stochastic => at.party.truncate(&x, self.bits, self.shift),
            Rounding::Floor => at.party.truncate_floor(&x, self.bits, self.shift),
        }
    }
}
