//! The loops over masks: a block stays in the first level cache.

use alloc::vec::Vec;

use crate::ring::Word;
use crate::secret::Scratch;
use crate::simd::wide;

/// Numbers that are masked at a time: a block stays in the first level cache.
pub(super) const BLOCK: usize = 1 << 11;

/// The low 32 bits.
pub(super) fn low(x: &[u64]) -> Scratch<u32> {
    x.iter().map(|x| *x as u32).collect::<Vec<u32>>().into()
}

wide! {
    /// y = x − (2^dropped·a + ρ) + half, of the low bits of ρ.
    pub(super) fn masked<L: Word>(x: &[u64], a: &[u32], rho: &[L], dropped: u32, half: u64, y: &mut [u64]) {
        let mask = u64::MAX >> (64 - dropped);
        for (((x, a), rho), y) in x.iter().zip(a).zip(rho).zip(y) {
            *y = x.wrapping_sub(u64::from(*a) << dropped | rho.low64() & mask).wrapping_add(half);
        }
    }
}

wide! {
    /// What is left of y.
    pub(super) fn cut(y: &[u64], bits: [u32; 2], e: &mut [u32]) {
        let [bits, dropped] = bits;
        let mask = u64::MAX >> (64 - bits);
        e.iter_mut().zip(y).for_each(|(e, y)| *e = ((*y & mask) >> dropped) as u32);
    }
}
