//! Small tables of shared values, looked up at public bits: the last step of a comparison.
//!
//! A table has 2^m entries, each a vector of all values; the parties take what their public bits say. The
//! pseudorandom shares of a vector start at a multiple of 64 values, those of the correction at a
//! whole byte. The bit t that is looked up becomes one of two public values by
//! v_{t ⊕ p} = v_p + (1 − 2p)·(v_1 − v_0)·t, with a public p.

use crate::offline::loops::{self, BLOCK};
use crate::offline::planes::words;
use crate::offline::{Dealing, Error, Source};
use crate::ring::{self, Word};
use crate::secret::Scratch;

/// Vectors of `len` values that the dealer chose.
#[derive(Clone, Copy)]
pub(super) struct Vectors<'a> {
    pub(super) source: &'a Source,
    /// The correction's byte of the first vector.
    pub(super) region: usize,
    pub(super) bits: u32,
    pub(super) len: usize,
}

impl Vectors<'_> {
    /// Loads values `at..` of vector `place` of a section, which is vector `vector` of the correction.
    pub(super) fn load<W: Word>(
        &self,
        section: u64,
        place: usize,
        vector: usize,
        at: usize,
        out: &mut [W],
    ) -> Result<(), Error> {
        if self.source.correction().is_none() {
            self.source.random(section, place * self.len.next_multiple_of(64) + at, out);
            return Ok(());
        }
        let region = self.region + vector * ring::packed_len(self.len, self.bits);
        self.source.chosen(section, region, self.bits, at, out)
    }

    /// The entries at the addresses of values `at..`, whose bits are `address`, `[bits, words]`. `load`
    /// loads these values of an entry; `scratch` has room for all entries.
    pub(super) fn look_up<W: Word>(
        &self,
        address: &[u64],
        at: usize,
        scratch: &mut [W],
        out: &mut [W],
        load: impl Fn(usize, &mut [W]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (size, words) = (out.len(), words(self.len));
        let address_bits = address.len() / words.max(1);
        // Entry e of all values, then entry e + 1.
        for (e, entry) in scratch[..size << address_bits].chunks_exact_mut(size).enumerate() {
            load(e, entry)?;
        }
        // Halve the table by one bit of the address after the other; bit 0 is the first opened.
        for bit in (0..address_bits).rev() {
            let (zero, one) = scratch[..size << (bit + 1)].split_at_mut(size << bit);
            let bits = &address[bit * words + at / 64..][..size.div_ceil(64)];
            for (zero, one) in zero.chunks_exact_mut(size).zip(one.chunks_exact(size)) {
                loops::select(bits, zero, one);
            }
        }
        out.copy_from_slice(&scratch[..size]);
        Ok(())
    }

    /// From t to one of two values by t ⊕ p, where `p` holds the flips from these values on.
    pub(super) fn flip<W: Word>(&self, p: &[u64], t: &mut [W], values: [W; 2]) {
        let factor = values[1].wrapping_sub(&values[0]);
        let [base, flipped] = if self.source.party() == 0 { values } else { [W::zero(); 2] };
        loops::flip(p, t, factor, base, flipped);
    }
}

/// The values of a block whose table has `entries` entries: the tables of a block fit the cache.
pub(super) fn block(entries: usize, len: usize) -> usize {
    (2 * BLOCK / entries).clamp(64, BLOCK).min(len.next_multiple_of(64))
}

/// The correction of vector `place` of a section, whose `len` values of `bits` bits come block by block:
/// `fill(at, values)`.
pub(super) fn correct<W: Word>(
    dealing: &Dealing<'_>,
    [section, place]: [u64; 2],
    len: usize,
    bits: u32,
    out: &mut [u8],
    fill: impl Fn(usize, &mut [W]),
) {
    let start = place as usize * len.next_multiple_of(64);
    let mut values = Scratch::<W>::zeros(BLOCK.min(len));
    let mut done = 0;
    for at in (0..len).step_by(BLOCK) {
        let values = &mut values[..(len - at).min(BLOCK)];
        fill(at, values);
        dealing.correct(section, start + at, values);
        let size = ring::packed_len(values.len(), bits);
        ring::pack(values, bits, &mut out[done..done + size]);
        done += size;
    }
}

/// The correction of a table of bits in a section of its own: `entry(e, t)` writes the bits of entry e.
pub(super) fn deal_bits<W: Word>(
    dealing: &Dealing<'_>,
    section: u64,
    len: usize,
    bits: u32,
    out: &mut [u8],
    entry: impl Fn(usize, &mut [u64]),
) {
    let mut t = Scratch::<u64>::zeros(words(len));
    let bytes = ring::packed_len(len, bits).max(1);
    for (e, out) in out.chunks_exact_mut(bytes).enumerate() {
        entry(e, &mut t);
        let spread = |at: usize, values: &mut [W]| loops::spread(&t[at / 64..], values);
        correct(dealing, [section, e as u64], len, bits, out, spread);
    }
}
