//! Bit vectors in memory, on the wire and in corrections.
//!
//! In memory a vector of bits takes whole words; on the wire and in a correction it takes whole bytes, with zeros behind
//! the last bit. Vectors that belong together lie one behind the other.

use super::{Dealing, Error, Source};
use crate::share::BitShare;

/// Words of a vector that are handled at a time: the shares of many vectors stay in the cache, and the
/// generator's calls are long.
pub(crate) const BLOCK: usize = 512;

/// Words of a bit vector.
pub(crate) fn words(len: usize) -> usize {
    len.div_ceil(64)
}

/// Bytes of a bit vector.
pub(crate) fn bytes(len: usize) -> usize {
    len.div_ceil(8)
}

/// The words of `raw`, the last of which may be short.
pub(crate) fn read(raw: &[u8], out: &mut [u64]) {
    let (whole, last) = raw.as_chunks::<8>();
    for (out, raw) in out.iter_mut().zip(whole) {
        *out = u64::from_le_bytes(*raw);
    }
    if !last.is_empty() {
        let mut padded = [0; 8];
        padded[..last.len()].copy_from_slice(last);
        out[whole.len()] = u64::from_le_bytes(padded);
    }
}

/// Clears what is behind the last of `len` bits.
pub(crate) fn clear_padding(len: usize, vector: &mut [u8]) {
    if !len.is_multiple_of(8)
        && let Some(last) = vector.last_mut()
    {
        *last &= (1 << (len % 8)) - 1;
    }
}

/// What is opened of these vectors under the section's masks.
pub(crate) fn masked(
    source: &Source,
    section: u64,
    len: usize,
    vectors: &[&BitShare],
) -> alloc::vec::Vec<u8> {
    let mut out = alloc::vec![0; vectors.len() * bytes(len)];
    for (v, (vector, out)) in vectors.iter().zip(out.chunks_exact_mut(bytes(len).max(1))).enumerate() {
        assert_eq!(vector.len(), len, "bits of a vector and of what was dealt");
        source.random(section, v * words(len) * 8, out);
        let (whole, last) = out.as_chunks_mut::<8>();
        for (out, word) in whole.iter_mut().zip(vector.expose()) {
            *out = (u64::from_le_bytes(*out) ^ word).to_le_bytes();
        }
        if let Some(word) = vector.expose().get(whole.len()) {
            last.iter_mut().zip(word.to_le_bytes()).for_each(|(out, byte)| *out ^= byte);
        }
        clear_padding(len, out);
    }
    out
}

/// Words `at..` of vector `v` of those opened.
pub(crate) fn opened(all: &[u8], len: usize, v: usize, at: usize, out: &mut [u64]) {
    let vector = &all[v * bytes(len)..][..bytes(len)];
    read(&vector[8 * at..(8 * (at + out.len())).min(vector.len())], out);
}

impl Source {
    /// This party's shares of a vector that the dealer chose, words `at..` of it: vector `v` of the
    /// section, or of those of the correction that start at byte `region`.
    pub(crate) fn vector(
        &self,
        section: u64,
        region: usize,
        len: usize,
        v: usize,
        at: usize,
        out: &mut [u64],
    ) -> Result<(), Error> {
        let Some(correction) = self.correction() else {
            self.random(section, v * words(len) + at, out);
            return Ok(());
        };
        let start = region + v * bytes(len);
        let end = (start + 8 * (at + out.len())).min(start + bytes(len));
        let short = Error::Correction { expected: end, found: correction.len() };
        read(correction.get(start + 8 * at..end).ok_or(short)?, out);
        let last = at + out.len() == words(len) && !len.is_multiple_of(64);
        match out.last() {
            Some(word) if last && word >> (len % 64) != 0 => Err(Error::Padding),
            _ => Ok(()),
        }
    }
}

impl Dealing<'_> {
    /// Turns words `at..` of a vector into party 0's correction and writes it: vector `v` of the
    /// section, and of those in `out`.
    pub(crate) fn write_vector(
        &self,
        section: u64,
        len: usize,
        v: usize,
        at: usize,
        values: &mut [u64],
        out: &mut [u8],
    ) {
        self.correct_xor(section, v * words(len) + at, values);
        let vector = &mut out[v * bytes(len)..][..bytes(len)];
        let end = (8 * (at + values.len())).min(vector.len());
        let (whole, last) = vector[8 * at..end].as_chunks_mut::<8>();
        for (out, word) in whole.iter_mut().zip(values.iter()) {
            *out = word.to_le_bytes();
        }
        if !last.is_empty() {
            last.copy_from_slice(&values[whole.len()].to_le_bytes()[..last.len()]);
        }
        if end == vector.len() {
            clear_padding(len, vector);
        }
    }
}
