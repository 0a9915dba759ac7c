//! Division of shares by a power of two, by each party alone.
//!
//! Let x = x_0 + x_1 mod 2^k. Each of two parties rounds its share to the nearest multiple of 2^f, halves up at party 0 and down at
//! party 1, and divides it. The sum modulo 2^(k − f) is ⌊x / 2^f⌋ or ⌈x / 2^f⌉:
//!
//! - The two errors are at most a half each, and both a half only with opposite signs, so that the sum is less than 1 off x / 2^f.
//! - Where 2^f divides x, the low parts are a and 2^f − a, or both 0. They are rounded in opposite directions: the result is exact.
//! - Where the low part of a share is uniform, as in shares that come out of a protocol, the mean error is zero: party 0's is half
//!   a unit of x above, party 1's as much below.
//!
//! Nothing goes wrong where x_0 + x_1 wraps: 2^k is 0 modulo 2^(k − f), too, after the division. In exchange f bits of
//! the ring are gone. It is only where a result is wanted modulo 2^k that local truncation fails (Mohassel and Zhang, *SecureML*, IEEE S&P
//! 2017, section 4.1, for the probability).

use crate::ring::Word;
use crate::secret::Scratch;
use crate::simd::wide;

/// A party's share of x modulo 2^bits, for at most 64 bits, as one of x / 2^shift modulo 2^(bits − shift), of two parties. High bits are
/// clear.
pub(crate) fn rounded<W: Word, V: Word>(party: usize, x: &[W], bits: u32, shift: u32) -> Scratch<V> {
    let half = (W::one() << (shift as usize - 1)).wrapping_sub(&W::truncate64(party as u64));
    let mut out = Scratch::zeros(x.len());
    round(x, half, W::mask(bits), shift, &mut out);
    out
}

wide! {
    fn round<W: Word, V: Word>(x: &[W], half: W, mask: W, shift: u32, out: &mut [V]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = V::truncate64(((x.wrapping_add(&half) & mask) >> shift as usize).low64());
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::rounded;

    #[test]
    fn all_pairs_of_shares_are_right_to_a_unit_and_their_mean_is_exact() {
        for (bits, shift) in (2..=8).flat_map(|bits| (1..bits).map(move |shift| (bits, shift))) {
            let (modulus, left) = (1i32 << bits, 1i32 << (bits - shift));
            // The share of party 1 takes all values; so does that of party 0.
            for x in 0..modulus {
                // Bits above those that count may be anything.
                let first: Vec<u16> = (0..modulus as u16).map(|share| share | 0x300).collect();
                let second: Vec<u16> = (0..modulus).map(|share| (x - share) as u16).collect();
                let first = rounded::<u16, u8>(0, &first, bits, shift);
                let second = rounded::<u16, u8>(1, &second, bits, shift);
                let mut above = 0;
                for (a, b) in first.iter().zip(second.iter()) {
                    let off = (i32::from(*a) + i32::from(*b) - (x >> shift)).rem_euclid(left);
                    assert!(
                        off == 0 || off == 1 % left && x % (1 << shift) != 0,
                        "{x} of {bits} bits by {shift}"
                    );
                    above += off;
                }
                // Exactly as often as the part that is dropped says; of one bit that is left, 1 is −1.
                assert_eq!(above << shift, (x % (1 << shift)) * modulus, "{x} of {bits} bits by {shift}");
            }
        }
    }
}
