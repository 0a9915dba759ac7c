//! Signs.

use alloc::vec;
use alloc::vec::Vec;

use super::contract::{Errors, Line, Step};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::{Error, Family};
use crate::ring::Ring;
use crate::share::Share;

/// +1 where x ≥ 0, else −1, of values that fit `bits` bits as signed numbers. By Legendre symbols of its
/// [own](crate::nn::Architecture::with_comparisons), this holds on their range only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// The bit length.
    pub bits: u32,
}

impl Step for Sign {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        check.bits(self.bits, check.comparable())?;
        Ok(check.lifted())
    }

    fn ring(&self) -> u32 {
        self.bits
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        at.fits(&x, self.bits)?;
        match at.comparison {
            Some(Family::Legendre(variant)) => {
                let mut signs = vec![0; x.len()];
                variant.evaluate_all(&x, &mut signs);
                x.iter_mut().zip(signs).for_each(|(x, sign)| *x = sign.into());
            }
            _ => x.iter_mut().for_each(|x| *x = 1 - 2 * i64::from(*x < 0)),
        }
        Ok(x)
    }

    /// A sign that differs is off by 2.
    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        e.iter().map(|&e| if e > 0. { 2. } else { 0. }).collect()
    }

    fn line(&self) -> Line {
        Line::new("sign", self.bits)
    }

    fn write(&self, to: &mut Writer) {
        to.bits(&[self.bits]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { bits: from.layer_bits()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        (at.sign)(at.party, &x, self.bits)
    }
}
