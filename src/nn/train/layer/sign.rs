//! Signs: 1 where x ≥ 0, else −1.
//!
//! The gradient passes where −1 ≤ x < 1, else it is 0 (the clipped straight-through estimator; Hubara et al., *Binarized neural
//! networks*, NeurIPS 2016, equation 4): d = \[x + 1 < 0\] ⊕ \[x − 1 < 0\], since the first is never set without the second.

use super::contract::{Backward, Forward, Memory, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::nn::train::ends;
use crate::protocol::Error;

#[derive(Debug)]
pub(in crate::nn::train) struct Sign {
    /// Bits of the numbers.
    pub(in crate::nn::train) bits: u32,
    /// Fractional bits of the numbers, beyond those of the result.
    pub(in crate::nn::train) spare: u32,
}

impl Step for Sign {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        at: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        let fraction = at.formats.activation;
        let mut out = a.signs(&x, self.bits, self.spare)?;
        out.scale(1 << fraction);
        if at.tape.is_some() {
            let one = 1u64 << (fraction + self.spare);
            let above = ends::above(a.id(), &x, [one.wrapping_neg(), one]);
            // Of x + 1 and x − 1 both are negative, or neither is, or the second alone, which is inside.
            let below = a.negative(&above, self.bits + 1, self.spare)?;
            at.keep(Memory::Bits(ends::between(&below)));
        }
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
