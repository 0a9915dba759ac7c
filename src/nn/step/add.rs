//! Sums of two values.

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

/// x plus an earlier value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Add {
    /// The number of the value.
    pub value: usize,
}

impl Step for Add {
    fn earlier(&self) -> &[usize] {
        slice::from_ref(&self.value)
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let other = check.value(self.value)?;
        check.inputs(other.elements)?;
        Ok(Value { right: check.x.right.min(other.right), ..check.x })
    }

    fn need(&self, result: u32) -> u32 {
        result
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        x.iter_mut().zip(at.others[0]).for_each(|(x, other)| *x += *other);
        Ok(x)
    }

    /// Of the two, the one of fewer channels is repeated.
    fn error(&self, e: &[f64], at: &Errors<'_>) -> Vec<f64> {
        (0..at.channels).map(|i| e[i % e.len()] + at.others[0][i % at.others[0].len()]).collect()
    }

    fn line(&self) -> Line {
        Line::new(format!("plus value {}", self.value), None)
    }

    fn write(&self, to: &mut Writer) {
        to.sizes(&[self.value]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { value: from.size()? })
    }

    fn forward<R: Ring>(&self, mut x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        x.add_assign(at.others[0]);
        Ok(x)
    }
}
