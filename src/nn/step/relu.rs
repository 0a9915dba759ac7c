//! ReLUs, which may truncate.
//!
//! Under floor rounding, ReLU(⌊x / 2^f⌋) = ⌊ReLU(x) / 2^f⌋. The ReLU comes first: it needs no bits beyond those that are
//! compared, and its result is not negative.

use alloc::vec::Vec;

use super::contract::{Errors, Line, Step, truncated};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::{Online, shift_down};
use crate::nn::{ArchitectureError, Overflow, PublicModelError, Rounding};
use crate::protocol::{Error, Family};
use crate::ring::Ring;
use crate::share::Share;

/// max(x, 0) / 2^shift, of values that fit `bits` bits as signed numbers and, under stochastic rounding, are at most
/// 2^(bits − 1) − 2^shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relu {
    /// The bit length.
    pub bits: u32,
    /// Bits to truncate by.
    pub shift: u32,
}

impl Step for Relu {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        check.bits(self.bits, check.comparable())?;
        check.shift(self.shift, self.bits)?;
        Ok(check.lifted())
    }

    fn ring(&self) -> u32 {
        self.bits
    }

    fn dropped(&self) -> [u32; 2] {
        [self.bits, self.shift]
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        at.fits(&x, self.bits)?;
        if self.shift > 0 && !at.rounds_down() {
            at.leave_room(&x, self.bits, self.shift)?;
        }
        x.iter_mut().for_each(|x| *x = (*x).max(0));
        at.truncate(&mut x, self.shift);
        Ok(x)
    }

    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        truncated(e, self.shift)
    }

    fn line(&self) -> Line {
        Line { shift: self.shift, ..Line::new("ReLU", self.bits) }
    }

    fn write(&self, to: &mut Writer) {
        to.bits(&[self.bits, self.shift]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { bits: from.layer_bits()?, shift: from.layer_shift()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        let Self { bits, shift } = *self;
        let exact = shift == 0 || at.party.comparison() == Family::Bitwise;
        if at.rounding == Rounding::Stochastic || exact {
            return at.party.relu_low(&x, bits, [shift, 0], at.needed);
        }
        if shift == bits - 1 {
            // Nothing is left of values below 2^shift.
            return Ok(Share::zeros(x.len()));
        }
        let positive = at.party.relu::<R, R>(&x, bits)?;
        shift_down(at.party, positive, bits - 1, shift, at.rounding)
    }
}
