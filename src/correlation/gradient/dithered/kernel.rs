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
    /// Subtracts 2^dropped·a + ρ, of the low bits of ρ, and adds half.
    pub(super) fn mask<L: Word>(y: &mut [u64], a: &[u32], rho: &[L], dropped: u32, half: u64) {
        let mask = u64::MAX >> (64 - dropped);
        for ((y, a), rho) in y.iter_mut().zip(a).zip(rho) {
            *y = y.wrapping_sub(u64::from(*a) << dropped | rho.low64() & mask).wrapping_add(half);
        }
    }
}

/// What is left of y.
pub(super) fn cut(y: &[u64], [bits, dropped]: [u32; 2]) -> Vec<u32> {
    let mask = u64::MAX >> (64 - bits);
    y.iter().map(|y| ((*y & mask) >> dropped) as u32).collect()
}
