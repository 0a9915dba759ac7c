//! Products of two values.

use alloc::format;
use alloc::vec::Vec;
use core::slice;

use super::contract::{Errors, Line, Step};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// x, `[places, channels]`, times an earlier value, element by element. Where that has `channels` elements alone, they are the
/// factors at every place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multiply {
    /// The number of the value.
    pub value: usize,
    /// Places of x.
    pub places: usize,
    /// Channels of x.
    pub channels: usize,
}

impl Multiply {
    /// The factor of every element of x, for any number of rows.
    fn factors<T: Copy>(&self, x: usize, other: &[T]) -> Vec<T> {
        if other.len() == x {
            return other.to_vec();
        }
        // Growing would leave the old place unwiped.
        let mut out = Vec::with_capacity(x);
        for row in other.chunks_exact(self.channels) {
            (0..self.places).for_each(|_| out.extend_from_slice(row));
        }
        out
    }
}

impl Step for Multiply {
    fn earlier(&self) -> &[usize] {
        slice::from_ref(&self.value)
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let other = check.value(self.value)?;
        check.some(self.channels)?;
        check.inputs(check.count(&[self.places, self.channels])?)?;
        if other.elements != self.channels {
            check.inputs(other.elements)?;
        }
        Ok(Value { right: check.x.right.min(other.right), ..check.x })
    }

    fn need(&self, result: u32) -> u32 {
        result
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        let factors = self.factors(x.len(), at.others[0]);
        for (x, factor) in x.iter_mut().zip(factors) {
            *x = at.fit(i128::from(*x) * i128::from(factor), at.bits)?;
        }
        Ok(x)
    }

    /// |x·y − (x + d)·(y + e)| ≤ |y|·|d| + |x|·|e| + |d|·|e|
    fn error(&self, e: &[f64], at: &Errors<'_>) -> Vec<f64> {
        let (other, [most, most_other]) = (at.others[0], [at.most[0], at.most[1]]);
        let of = |i: usize| (e[i % e.len()], other[i % other.len()]);
        (0..at.channels).map(of).map(|(d, e)| most_other * d + most * e + d * e).collect()
    }

    fn line(&self) -> Line {
        Line::new(format!("times value {}", self.value), None)
    }

    fn write(&self, to: &mut Writer) {
        to.sizes(&[self.value, self.places, self.channels]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { value: from.size()?, places: from.size()?, channels: from.size()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        let factors = Share::from_words(self.factors(x.len(), at.others[0].expose()));
        at.party.multiply(&x, &factors)
    }
}
