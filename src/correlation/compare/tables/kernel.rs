//! The loops of a comparison: pure, slices in, slices out, no secret-dependent access.
//!
//! A chunk's table is the *thermometer code* of the mask's chunk ρ: bit j of the word is [ρ ≥ j].
//! Bit 0 is always one. For a public chunk c, bit c is [ρ ≥ c] and bit c + 1 is [ρ > c]; their
//! exclusive or is [ρ = c]. So one shift gives both. The code is as long as the one-hot vector, of
//! which the *greater* bit is the parity above c; it is linear in the same way, so shares of it
//! work alike, and no population count is needed.

use crate::offline::loops::gather;
use crate::ring::Word;
use crate::simd::wide;

wide! {
    /// The `width` bits of every y from bit `shift` on, as bytes.
    pub(super) fn chunk<W: Word>(y: &[W], shift: u32, width: u32, out: &mut [u8]) {
        let mask = ((1u32 << width) - 1) as u8;
        for (out, y) in out.iter_mut().zip(y) {
            *out = (*y >> shift as usize).low64() as u8 & mask;
        }
    }
}

wide! {
    /// From tables and public chunks to shares of *greater* and *equal*.
    pub(super) fn look_up<T: Word>(index: &[u8], table: &[T], greater: &mut [u64], equal: &mut [u64]) {
        let blocks = index.chunks(64).zip(table.chunks(64));
        for ((index, table), (greater, equal)) in blocks.zip(greater.iter_mut().zip(equal)) {
            let [mut above, mut from] = [[0; 64]; 2];
            for ((above, from), (index, table)) in above.iter_mut().zip(&mut from).zip(index.iter().zip(table)) {
                let word = *table >> *index as usize;
                *from = word.low64() as u8 & 1;
                *above = (word >> 1).low64() as u8 & 1;
            }
            *greater = gather(&above);
            *equal = gather(&from) ^ *greater;
        }
    }
}

wide! {
    /// As [`look_up`] for a chunk of 7 bits without *equal*: bit j of the two words is [ρ > j].
    pub(super) fn look_up_last<T: Word>(index: &[u8], low: &[T], high: &[T], greater: &mut [u64]) {
        let tables = low.chunks(64).zip(high.chunks(64));
        for ((index, (low, high)), greater) in index.chunks(64).zip(tables).zip(greater) {
            let mut above = [0; 64];
            for ((above, index), (low, high)) in above.iter_mut().zip(index).zip(low.iter().zip(high)) {
                // The index is public, yet a mask is quicker than a branch.
                let upper = T::zero().wrapping_sub(&T::truncate64(*index as u64 >> 6));
                let word = *low ^ ((*low ^ *high) & upper);
                *above = (word >> (*index as usize & 63)).low64() as u8 & 1;
            }
            *greater = gather(&above);
        }
    }
}

wide! {
    /// The thermometer codes of secret chunks: bit j is [ρ ≥ j].
    pub(super) fn thermometer<T: Word>(index: &[u8], table: &mut [T]) {
        for (table, index) in table.iter_mut().zip(index) {
            *table = (((T::one() << *index as usize) - T::one()) << 1) | T::one();
        }
    }
}

wide! {
    /// The two words of a last chunk of 7 bits: bit j is [ρ > j].
    pub(super) fn thermometer_last<T: Word>(index: &[u8], low: &mut [T], high: &mut [T]) {
        for (index, (low, high)) in index.iter().zip(low.iter_mut().zip(high)) {
            let code = (T::one() << (*index as usize & 63)) - T::one();
            let upper = T::zero().wrapping_sub(&T::truncate64(*index as u64 >> 6));
            *low = code | upper;
            *high = code & upper;
        }
    }
}

wide! {
    /// ⌊y / 2^shift⌋ of the low `bits` bits, as words of another ring.
    pub(super) fn high<W: Word, O: Word>(y: &[W], bits: u32, shift: u32, out: &mut [O]) {
        let mask = W::mask(bits);
        for (out, y) in out.iter_mut().zip(y) {
            *out = O::truncate64((*y & mask).low64() >> shift);
        }
    }
}

wide! {
    /// ⌊r / 2^bits⌋, as words of another ring: zero if r has no more bits.
    pub(super) fn above<W: Word, O: Word>(r: &[W], bits: u32, out: &mut [O]) {
        for (out, r) in out.iter_mut().zip(r) {
            *out = O::truncate64(r.low64().checked_shr(bits).unwrap_or(0));
        }
    }
}

wide! {
    /// From a share of a mask and one of the part above its `bits` bits to one of v: 2^bits·above − r.
    pub(super) fn own_lift<O: Word>(above: &[O], bits: u32, v: &mut [O]) {
        for (v, above) in v.iter_mut().zip(above) {
            *v = (*above << bits as usize).wrapping_sub(v);
        }
    }
}

wide! {
    /// From ⌊r / 2^shift⌋ in `v`, of `bits` bits, to what is added to ⌊y / 2^shift⌋: −⌊r / 2^shift⌋, and the top bit of r, 2^bits
    /// times which is added where y has none.
    pub(super) fn lifts<O: Word>(v: &mut [O], top: &mut [O], bits: u32) {
        for (v, top) in v.iter_mut().zip(top) {
            *top = *v >> (bits as usize - 1);
            *v = O::zero().wrapping_sub(v);
        }
    }
}

wide! {
    /// Adds 2^bits times the wraps where the bit of `top` is zero.
    pub(super) fn wrap<O: Word>(top: &[u64], wraps: &[O], bits: u32, out: &mut [O]) {
        for (word, (wraps, out)) in top.iter().zip(wraps.chunks(64).zip(out.chunks_mut(64))) {
            for (i, (wrap, out)) in wraps.iter().zip(out).enumerate() {
                let mask = O::truncate64(*word >> i & 1).wrapping_sub(&O::one());
                *out = out.wrapping_add(&((*wrap << bits as usize) & mask));
            }
        }
    }
}

wide! {
    /// Products of words with bits, which are words too ([`spread`](crate::offline::loops::spread)): what is zero stays, what is one is the
    /// word. The bits come from memory, where the compiler does not know them for bits: else it makes a
    /// branch of each.
    pub(super) fn times<O: Word>(words: &[O], bits: &mut [O]) {
        for (word, bit) in words.iter().zip(bits) {
            *bit = *word & O::zero().wrapping_sub(bit);
        }
    }
}

wide! {
    /// Shares of (t ⊕ p)·(high + v), from shares t, tv and v and the public p and high; `public` is one
    /// at the party that adds public numbers. The result replaces t.
    pub(super) fn relu<O: Word>(p: &[u64], high: &[O], t: &mut [O], tv: &[O], v: &[O], public: O) {
        let blocks = high.chunks(64).zip(tv.chunks(64).zip(v.chunks(64)));
        for (p, (t, (high, (tv, v)))) in p.iter().zip(t.chunks_mut(64).zip(blocks)) {
            for (i, (t, (high, (tv, v)))) in t.iter_mut().zip(high.iter().zip(tv.iter().zip(v))).enumerate() {
                let mask = O::zero().wrapping_sub(&O::truncate64(*p >> i & 1));
                let product = t.wrapping_mul(high).wrapping_add(tv);
                let all = v.wrapping_add(&public.wrapping_mul(high));
                *t = (product ^ mask).wrapping_sub(&mask).wrapping_add(&(all & mask));
            }
        }
    }
}

wide! {
    /// Adds high + v to every word; `public` is one at the party that adds public numbers.
    pub(super) fn lift<O: Word>(high: &[O], v: &[O], public: O, out: &mut [O]) {
        for (out, (high, v)) in out.iter_mut().zip(high.iter().zip(v)) {
            *out = out.wrapping_add(v).wrapping_add(&public.wrapping_mul(high));
        }
    }
}
