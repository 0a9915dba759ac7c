//! Loops over vectors of bits, 64 to a word, and vectors of words: pure, with no secret-dependent access.

use crate::ring::Word;
use crate::simd::wide;

/// Values that are handled at a time, so that tables stay in the cache. A multiple of 64.
pub(crate) const BLOCK: usize = 2048;

/// Sets bit i of `bits` to `bytes[i]`, which are zeros and ones.
#[inline(always)]
pub(crate) fn gather(bytes: &[u8; 64]) -> u64 {
    // A product puts the eight low bits of eight bytes side by side into the top byte.
    const MAGIC: u64 = 0x0102_0408_1020_4080;
    let mut bits = 0;
    for (i, eight) in bytes.chunks_exact(8).enumerate() {
        let mut raw = [0; 8];
        raw.copy_from_slice(eight);
        bits |= (u64::from_le_bytes(raw).wrapping_mul(MAGIC) >> 56) << (8 * i);
    }
    bits
}

wide! {
    /// Bit `bit` of every y, 64 to a word.
    pub(crate) fn bit<W: Word>(y: &[W], bit: u32, out: &mut [u64]) {
        for (out, y) in out.iter_mut().zip(y.chunks(64)) {
            let mut bytes = [0; 64];
            for (byte, y) in bytes.iter_mut().zip(y) {
                *byte = (*y >> bit as usize).low64() as u8 & 1;
            }
            *out = gather(&bytes);
        }
    }
}

wide! {
    /// Keeps `zero[i]`, or takes `one[i]` where bit i is set.
    pub(crate) fn select<W: Word>(bits: &[u64], zero: &mut [W], one: &[W]) {
        for ((word, zero), one) in bits.iter().zip(zero.chunks_mut(64)).zip(one.chunks(64)) {
            for (i, (zero, one)) in zero.iter_mut().zip(one).enumerate() {
                let mask = W::zero().wrapping_sub(&W::truncate64(*word >> i & 1));
                *zero = *zero ^ ((*zero ^ *one) & mask);
            }
        }
    }
}

wide! {
    /// From shares t of a bit and a public flip p to shares of `zero + (one − zero)·(t ⊕ p)`:
    /// `factor` is one − zero, and `[base, base + factor]` what this party adds for p = 0 and 1.
    pub(crate) fn flip<W: Word>(bits: &[u64], t: &mut [W], factor: W, base: W, flipped: W) {
        for (word, t) in bits.iter().zip(t.chunks_mut(64)) {
            for (i, t) in t.iter_mut().enumerate() {
                let mask = W::zero().wrapping_sub(&W::truncate64(*word >> i & 1));
                let scaled = t.wrapping_mul(&factor);
                // Two's complement: negation is complement and add one.
                let signed = (scaled ^ mask).wrapping_sub(&mask);
                *t = signed.wrapping_add(&(base ^ ((base ^ flipped) & mask)));
            }
        }
    }
}

wide! {
    /// Bits as words zero and one.
    pub(crate) fn spread<W: Word>(bits: &[u64], out: &mut [W]) {
        for (word, out) in bits.iter().zip(out.chunks_mut(64)) {
            for (i, out) in out.iter_mut().enumerate() {
                *out = W::truncate64(*word >> i & 1);
            }
        }
    }
}
