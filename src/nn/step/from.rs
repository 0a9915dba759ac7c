//! Earlier values.

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

/// An earlier value in place of x.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// The number of the value.
    pub value: usize,
}

impl Step for From {
    fn earlier(&self) -> &[usize] {
        slice::from_ref(&self.value)
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        check.value(self.value)
    }

    fn exact(&self, _x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        Ok(at.others[0].to_vec())
    }

    fn error(&self, _e: &[f64], at: &Errors<'_>) -> Vec<f64> {
        at.others[0].to_vec()
    }

    fn line(&self) -> Line {
        Line::new(format!("value {}", self.value), None)
    }

    fn write(&self, to: &mut Writer) {
        to.sizes(&[self.value]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { value: from.size()? })
    }

    fn forward<R: Ring>(&self, _x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        Ok(at.others[0].clone())
    }
}
