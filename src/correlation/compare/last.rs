//! The last step of a comparison: a table of shared bits, looked up at public bits.
//!
//! For every address c of a few public bits the dealer shares a bit t_c, as zero or one in the ring
//! that the result is wanted in. The parties take their share of t_c, and with a public bit p and
//! public values v_0, v_1 have one of v_{t ⊕ p} = v_p + (1 − 2p)·(v_1 − v_0)·t.
//!
//! The shares of entry c are a vector of all values, and the vectors one behind the other; those of
//! the pseudorandom shares start at multiples of 64 values, those of the correction at whole bytes.

use num_traits::{WrappingSub, Zero};

use super::kernel::{self, BLOCK};
use super::words;
use crate::correlation::{Dealing, Source, StoreError};
use crate::ring::{self, Ring, Word, packed_len};
use crate::share::{Scratch, Share};

/// Where a table's shares are.
pub(in crate::correlation) struct Last<'a> {
    pub(in crate::correlation) source: &'a Source,
    pub(in crate::correlation) section: u64,
    /// The correction's first byte of the table.
    pub(in crate::correlation) region: usize,
    /// Number of values.
    pub(in crate::correlation) len: usize,
}

impl Last<'_> {
    /// Shares of `values[t ⊕ p]`, where `flips` holds the bits p and `address` those of c, the least
    /// significant first: `[bits, words]`.
    pub(in crate::correlation) fn look_up<O: Ring>(
        &self,
        address: &[u64],
        flips: &[u64],
        values: [O::Word; 2],
    ) -> Result<Share<O>, StoreError> {
        let len = self.len;
        let (words, stride) = (words(len), len.next_multiple_of(64));
        let bytes = packed_len(len, O::BITS);
        let address_bits = address.len() / words.max(1);
        let entries = 1 << address_bits;
        let factor = values[1].wrapping_sub(&values[0]);
        let [base, flipped] = if self.source.party() == 0 { values } else { [O::Word::zero(); 2] };
        let mut out = Share::<O>::zeros(len);
        // Tables of a block: entry c of all values, then entry c + 1.
        let block = (BLOCK / entries).max(64);
        let mut tables = Scratch::<O::Word>::zeros(block * entries);
        for (b, out) in out.expose_mut().chunks_mut(block).enumerate() {
            let (at, size, word) = (b * block, out.len(), b * block / 64);
            let tables = &mut tables[..size * entries];
            for (c, entry) in tables.chunks_exact_mut(size).enumerate() {
                match &self.source.correction {
                    None => self.source.random(self.section, c * stride + at, entry),
                    Some(_) => {
                        self.source.chosen(self.section, self.region + c * bytes, O::BITS, at, entry)?;
                    }
                }
            }
            // Halve the table by one bit of the address after the other.
            for bit in (0..address_bits).rev() {
                let left = 1 << bit;
                let (zero, one) = tables[..2 * left * size].split_at_mut(left * size);
                let bits = &address[bit * words + word..][..size.div_ceil(64)];
                for (zero, one) in zero.chunks_exact_mut(size).zip(one.chunks_exact(size)) {
                    kernel::select(bits, zero, one);
                }
            }
            out.copy_from_slice(&tables[..size]);
            kernel::flip(&flips[word..][..size.div_ceil(64)], out, factor, base, flipped);
        }
        Ok(out)
    }
}

/// The correction of a table of `entries` vectors of `len` values of `bits` bits: `entry(c, t)`
/// writes the bits t_c of all values.
pub(in crate::correlation) fn deal<O: Word>(
    dealing: &Dealing<'_>,
    section: u64,
    [entries, len]: [usize; 2],
    bits: u32,
    mut entry: impl FnMut(usize, &mut [u64]),
    out: &mut [u8],
) {
    let mut t = Scratch::<u64>::zeros(words(len));
    let mut values = [O::zero(); BLOCK];
    let stride = len.next_multiple_of(64);
    let bytes = packed_len(len, bits);
    for c in 0..entries {
        entry(c, &mut t);
        let out = &mut out[c * bytes..][..bytes];
        let mut done = 0;
        for (b, t) in t.chunks(BLOCK / 64).enumerate() {
            let values = &mut values[..(len - b * BLOCK).min(BLOCK)];
            kernel::spread(t, values);
            dealing.correct(section, c * stride + b * BLOCK, values);
            let size = packed_len(values.len(), bits);
            ring::pack(values, bits, &mut out[done..done + size]);
            done += size;
        }
    }
}
