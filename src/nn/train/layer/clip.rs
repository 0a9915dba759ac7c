//! Values between two ends: low + ReLU(x − low) − ReLU(x − high), a clipped ReLU among them.
//!
//! dx = d·g with d = \[x ≥ low\] ⊕ \[x ≥ high\], since the second is never set without the first.

use super::contract::{Backward, Forward, Memory, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;
use crate::share::{BitShare, add_public};

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
        let len = x.len();
        let mut both = x.clone();
        both.append(&x);
        for (part, end) in both.expose_mut().chunks_exact_mut(len.max(1)).zip(self.ends) {
            add_public(a.id(), (-end as u64) << self.shift, part);
        }
        // A difference takes a bit more than the numbers.
        let (out, bits) = a.narrow_relu(&both, self.bits + 1, self.shift)?;
        let (below, above) = (out.slice(0..len), out.slice(len..2 * len));
        let mut out = below;
        out.sub_assign(&above);
        add_public(a.id(), self.ends[0] as u64, out.expose_mut());
        let (mut inside, beyond) = halves(&bits, len);
        inside.xor_assign(&beyond);
        at.keep(Memory::Bits(inside));
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

/// The first `len` bits, and as many behind them.
pub(super) fn halves(bits: &BitShare, len: usize) -> (BitShare, BitShare) {
    (part(bits, 0, len), part(bits, len, len))
}

/// Some of the bits.
pub(super) fn part(bits: &BitShare, from: usize, len: usize) -> BitShare {
    let words = bits.expose();
    let word = |at: usize| {
        let (place, shift) = ((from + at * 64) / 64, (from + at * 64) % 64);
        let low = words.get(place).copied().unwrap_or(0) >> shift;
        match shift {
            0 => low,
            _ => low | words.get(place + 1).copied().unwrap_or(0) << (64 - shift),
        }
    };
    BitShare::from_words((0..len.div_ceil(64)).map(word).collect(), len)
}
