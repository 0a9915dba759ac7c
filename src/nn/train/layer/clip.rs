//! Values between two ends: low + ReLU(x − low) − ReLU(x − high), a clipped ReLU among them.
//!
//! dx = d·g with d = \[x ≥ low\] ⊕ \[x ≥ high\], since the second is never set without the first.

use super::contract::{Backward, Forward, Memory, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::nn::train::ends;
use crate::protocol::Error;

#[derive(Debug)]
pub(in crate::nn::train) struct Clip {
    /// Bits of the numbers.
    pub(in crate::nn::train) bits: u32,
    /// Fractional bits that are dropped.
    pub(in crate::nn::train) shift: u32,
    /// The ends, at the format of the result.
    pub(in crate::nn::train) ends: [i64; 2],
}

impl Step for Clip {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        at: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        let above = ends::above(a.id(), &x, self.ends.map(|end| (end as u64) << self.shift));
        // A difference takes a bit more than the numbers.
        let (above, bits) = a.narrow_relu(&above, self.bits + 1, self.shift)?;
        at.keep(Memory::Bits(ends::between(&bits)));
        Ok(ends::clipped(a.id(), &above, self.ends[0] as u64))
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
