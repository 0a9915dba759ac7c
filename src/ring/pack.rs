//! k-bit elements to bytes and back.
//!
//! Element i occupies bits i·k to i·k + k − 1 of the little-endian bit string; the last byte is
//! padded with zeros. A k-bit element takes k bits on the wire, not a word.

use core::fmt;

use super::Word;

/// What is wrong with packed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackError {
    /// The byte string has another length than its elements need.
    Length {
        /// Bytes that the elements need.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// A padding bit behind the last element is set.
    Padding,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { expected, found } => {
                write!(f, "expected {expected} bytes of packed elements, found {found}")
            }
            Self::Padding => f.write_str("expected zero padding bits behind the last element"),
        }
    }
}

impl core::error::Error for PackError {}

/// Bytes of `len` elements of `bits` bits.
pub fn packed_len(len: usize, bits: u32) -> usize {
    (len as u128 * bits as u128).div_ceil(8) as usize
}

/// Packs the low `bits` bits of every word.
///
/// # Panics
/// If `out` has another length than [`packed_len`], or `bits` is not in 1..=`W::BITS`.
pub fn pack<W: Word>(words: &[W], bits: u32, out: &mut [u8]) {
    assert_eq!(out.len(), packed_len(words.len(), bits));
    out.fill(0);
    for (i, word) in words.iter().enumerate() {
        for b in 0..bits as usize {
            let bit = (word.widen() >> b) as u8 & 1;
            let at = i * bits as usize + b;
            out[at / 8] |= bit << (at % 8);
        }
    }
}

/// Unpacks `out.len()` elements of `bits` bits; the words are canonical.
///
/// # Errors
/// If `bytes` has another length than [`packed_len`], or a padding bit is set.
pub fn unpack<W: Word>(bytes: &[u8], bits: u32, out: &mut [W]) -> Result<(), PackError> {
    out.fill(W::zero());
    unpack_add(bytes, bits, out)
}

/// Adds `sum.len()` elements of `bits` bits to `sum`, wrapping.
///
/// # Errors
/// As [`unpack`]; `sum` is then unchanged.
pub fn unpack_add<W: Word>(bytes: &[u8], bits: u32, sum: &mut [W]) -> Result<(), PackError> {
    let expected = packed_len(sum.len(), bits);
    if bytes.len() != expected {
        return Err(PackError::Length { expected, found: bytes.len() });
    }
    let used = sum.len() as u128 * bits as u128 % 8;
    if used != 0 && bytes[expected - 1] >> used != 0 {
        return Err(PackError::Padding);
    }
    for (i, word) in sum.iter_mut().enumerate() {
        let mut value = 0u128;
        for b in 0..bits as usize {
            let at = i * bits as usize + b;
            value |= ((bytes[at / 8] >> (at % 8) & 1) as u128) << b;
        }
        *word = word.wrapping_add(&W::truncate(value));
    }
    Ok(())
}
