//! Truncation of a product to the fractional bits of values, where no ReLU does it.
//!
//! The gradient passes as it is.

use super::contract::{Backward, Forward, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;

#[derive(Debug)]
pub(in crate::nn::train) struct Truncate {
    /// Bits of the numbers.
    pub(in crate::nn::train) bits: u32,
    pub(in crate::nn::train) shift: u32,
    /// Modulo which power of two they count, or none if the result is to be in the ring.
    pub(in crate::nn::train) held: Option<u32>,
}

impl Step for Truncate {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        _: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        match self.held {
            Some(held) => a.cut(x, held, self.bits, self.shift),
            None => a.truncate(&x, self.bits, self.shift),
        }
    }

    fn backward<A: Arithmetic>(
        &self,
        _: &mut A,
        g: Numbers,
        _: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        Ok(g)
    }
}
