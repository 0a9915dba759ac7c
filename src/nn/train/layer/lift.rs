//! Narrow values, lifted to the ring: in front of a product, or of the loss.
//!
//! The gradient passes as it is.

use super::contract::{Backward, Forward, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;

#[derive(Debug)]
pub(in crate::nn::train) struct Lift {
    /// Bits of the numbers.
    pub(in crate::nn::train) bits: u32,
}

impl Step for Lift {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        _: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        a.lift(&x, self.bits)
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
