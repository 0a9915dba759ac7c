//! Division of shares by a power of two, by each party alone.
//!
//! Let x = x_0 + … + x_{n−1} mod 2^k. Each party rounds its share to the nearest multiple of 2^f, halves up at parties of even number
//! and down at the others, and divides it. The sum modulo 2^(k − f) is less than n / 2 off x / 2^f, since no error is
//! more than a half, and not all are a half. Of two parties:
//!
//! - The sum is ⌊x / 2^f⌋ or ⌈x / 2^f⌉.
//! - Where 2^f divides x, the low parts are a and 2^f − a, or both 0. They are rounded in opposite directions: the result is exact.
//! - Where the low part of a share is uniform, as in shares that come out of a protocol, the mean error is zero: party 0's is half
//!   a unit of x above, party 1's as much below.
//!
//! Nothing goes wrong where the sum of the shares wraps: 2^k is 0 modulo 2^(k − f), too, after the division. In exchange f bits of
//! the ring are gone. It is only where a result is wanted modulo 2^k that local truncation fails (Mohassel and Zhang, *SecureML*, IEEE S&P
//! 2017, section 4.1, for the probability).

use crate::ring::Word;
use crate::secret::Scratch;
use crate::simd::wide;

/// A party's share of x modulo 2^bits, for at most 64 bits, as one of x / 2^shift modulo 2^(bits − shift). High bits are clear.
pub(crate) fn rounded<W: Word, V: Word>(party: usize, x: &[W], bits: u32, shift: u32) -> Scratch<V> {
    let half = (W::one() << (shift as usize - 1)).wrapping_sub(&W::truncate64(party as u64 % 2));
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
    fn of_three_and_four_parties_all_shares_are_right_to_less_than_half_a_unit_each() {
        let (bits, shift) = (5, 3);
        let places = 1u32 << (3 * bits);
        for (parties, x) in [3u8, 4].into_iter().flat_map(|parties| (0..32).map(move |x: u8| (parties, x))) {
            for place in 0..places {
                let mut shares: Vec<u8> =
                    (0..parties - 1).map(|i| (place >> (bits * u32::from(i))) as u8 & 31).collect();
                shares.push(shares.iter().fold(x, |rest, share| rest.wrapping_sub(*share)));
                let each = shares
                    .iter()
                    .enumerate()
                    .map(|(party, share)| rounded::<u8, u8>(party, &[*share], bits, shift)[0]);
                // In eighths, from −16 to 15 off x.
                let sum = each.fold(0u8, u8::wrapping_add) << shift;
                let off = (i32::from(sum) - i32::from(x) + 16).rem_euclid(32) - 16;
                assert!(
                    off.unsigned_abs() < u32::from(parties) << (shift - 1),
                    "{x} of {shares:?}: {off} eighths off"
                );
            }
        }
    }

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
