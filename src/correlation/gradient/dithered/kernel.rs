//! The loops over masks: a block stays in the first level cache.

use alloc::vec::Vec;

use crate::secret::Scratch;
use crate::simd::wide;

/// Numbers that are masked at a time.
pub(super) const BLOCK: usize = 1 << 12;

/// The low 32 bits.
pub(super) fn low(x: &[u64]) -> Scratch<u32> {
    x.iter().map(|x| *x as u32).collect::<Vec<u32>>().into()
}

wide! {
    /// Of m in the place of y the high part, and x − m + half in its stead.
    pub(super) fn masked(x: &[u64], bits: [u32; 2], half: u64, y: &mut [u64], high: &mut [u32]) {
        let [bits, dropped] = bits;
        let mask = u64::MAX >> (64 - bits);
        for ((x, y), high) in x.iter().zip(y).zip(high) {
            *high = ((*y & mask) >> dropped) as u32;
            *y = x.wrapping_sub(*y).wrapping_add(half);
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

wide! {
    /// Adds the high part of m.
    pub(super) fn add_high(m: &[u64], bits: [u32; 2], a: &mut [u32]) {
        let [bits, dropped] = bits;
        let mask = u64::MAX >> (64 - bits);
        a.iter_mut().zip(m).for_each(|(a, m)| *a = a.wrapping_add(((*m & mask) >> dropped) as u32));
    }
}
