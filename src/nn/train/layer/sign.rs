//! Signs: 1 where x ≥ 0, else −1.
//!
//! The gradient passes where −1 ≤ x < 1, else it is 0 (the clipped straight-through estimator; Hubara et al., *Binarized neural
//! networks*, NeurIPS 2016, equation 4): d = \[x + 1 < 0\] ⊕ \[x − 1 < 0\], since the first is never set without the second.

use super::clip::halves;
use super::contract::{Backward, Forward, Memory, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;
use crate::share::add_public;

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
        let (len, fraction) = (x.len(), at.formats.activation);
        let mut out = a.signs(&x, self.bits, self.spare)?;
        out.scale(1 << fraction);
        if at.tape.is_some() {
            let one = 1u64 << (fraction + self.spare);
            let mut both = x.clone();
            both.append(&x);
            for (part, end) in both.expose_mut().chunks_exact_mut(len.max(1)).zip([one, one.wrapping_neg()]) {
                add_public(a.id(), end, part);
            }
            let (mut inside, below) = halves(&a.negative(&both, self.bits + 1, self.spare)?, len);
            // Of x + 1 and x − 1 both are negative, or neither is, or the second alone, which is inside.
            inside.xor_assign(&below);
            at.keep(Memory::Bits(inside));
        }
        Ok(out)
    }

    fn backward<A: Arithmetic>(
        &self,
        a: &mut A,
        g: Numbers,
        at: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        let inside = at.bits();
        if g.is_empty() { Ok(g) } else { at.select(a, &inside, &g) }
    }
}
