//! Products with public numbers.

use alloc::format;
use alloc::vec::Vec;

use super::contract::{Errors, Line, Step};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::{Ring, Word};
use crate::share::Share;

/// x times a public number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The number.
    pub factor: i64,
}

impl Step for Scale {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        Ok(check.x)
    }

    fn need(&self, result: u32) -> u32 {
        result
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        at.all_fit(x.iter().map(|&x| i128::from(x) * i128::from(self.factor)), at.bits)?;
        x.iter_mut().for_each(|x| *x *= self.factor);
        Ok(x)
    }

    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        e.iter().map(|e| e * self.factor.unsigned_abs() as f64).collect()
    }

    fn line(&self) -> Line {
        Line::new(format!("times {}", self.factor), None)
    }

    fn write(&self, to: &mut Writer) {
        to.numbers(&[self.factor]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { factor: from.integer()? })
    }

    fn forward<R: Ring>(&self, mut x: Share<R>, _at: Online<'_, R>) -> Result<Share<R>, Error> {
        x.scale(R::Word::from_signed(self.factor.into()));
        Ok(x)
    }
}
