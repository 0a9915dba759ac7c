//! Softmaxes of rows, by the protocol of `sequential/softmax.rs`.

use alloc::vec;
use alloc::vec::Vec;

use super::contract::{Errors, Line, Step};
use crate::function::MAX_INDEX_BITS;
use crate::nn::architecture::{Check, MAX_FRACTION, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::{Online, Softmax as Protocol};
use crate::nn::{ArchitectureError, Overflow, PublicModelError, softmax_reference};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// exp(x_c) / Σ exp(x_j) over rows of `classes` values, with `fraction` fractional bits before and after; all
/// differences within a row fit `bits` bits as signed numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// Values of a row.
    pub classes: usize,
    /// The bit length.
    pub bits: u32,
    /// Fractional bits of x and of the result.
    pub fraction: u32,
}

impl Step for Softmax {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let Self { classes: found, bits, fraction } = *self;
        let (layer, elements) = (check.layer, check.x.elements);
        if !(1..=1 << MAX_INDEX_BITS).contains(&found) || !elements.is_multiple_of(found) {
            return Err(ArchitectureError::Classes { layer, elements, found });
        }
        check.bits(bits, check.comparable())?;
        let most = MAX_FRACTION.min(check.ring - 2);
        if fraction > most {
            return Err(ArchitectureError::Fraction { layer, most, found: fraction });
        }
        Ok(check.lifted())
    }

    fn ring(&self) -> u32 {
        self.bits
    }

    fn exact(&self, x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        for row in x.chunks(self.classes) {
            let (low, high) = (row.iter().min(), row.iter().max());
            let most = high.zip(low).map(|(&high, &low)| i128::from(high) - i128::from(low));
            at.all_fit(most.into_iter(), self.bits)?;
        }
        Ok(softmax_reference(&x, self.classes, self.bits, self.fraction))
    }

    /// The greatest of a row, and its own error.
    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        let unit = (1u64 << self.fraction) as f64;
        // As its docs say: 2^−9 and that of the last truncation.
        let own = 1. + unit / 512.;
        let most = e.iter().copied().fold(0., f64::max);
        // Rounded down it is off by as much as at random, on the other side at worst.
        vec![(most + 2. * own).min(unit + own); e.len()]
    }

    fn line(&self) -> Line {
        Line::new("softmax", self.bits)
    }

    fn write(&self, to: &mut Writer) {
        to.sizes(&[self.classes]);
        to.bits(&[self.bits, self.fraction]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self {
            classes: from.size()?,
            bits: from.layer_bits()?,
            fraction: from.bits("fractional bits of a softmax", 0, 62)?,
        })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        Protocol::new(self.classes, self.bits, self.fraction).apply(at.party, &x, at.rounding)
    }
}
