//! ReLU, max(x, 0), with the truncation of a product before it.
//!
//! dx = d·g with d = \[x ≥ 0\], a shared bit that the comparison of the forward step leaves.

use super::contract::{Backward, Forward, Memory, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;

#[derive(Debug)]
pub(in crate::nn::train) struct Relu {
    /// Bits of the numbers.
    pub(in crate::nn::train) bits: u32,
    /// Fractional bits that are dropped.
    pub(in crate::nn::train) shift: u32,
}

impl Step for Relu {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        at: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        let (out, derivative) = a.narrow_relu(&x, self.bits, self.shift)?;
        at.keep(Memory::Bits(derivative));
        Ok(out)
    }

    fn backward<A: Arithmetic>(
        &self,
        a: &mut A,
        g: Numbers,
        at: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        at.pass(a, &g)
    }
}
