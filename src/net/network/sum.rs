//! How shares combine, and how they are packed for that.

use crate::field::Field;
use crate::ring::{self, Word};

/// How shares combine.
#[derive(Clone, Copy)]
pub(super) enum Sum {
    /// Modulo 2^bits.
    Ring { bits: u32 },
    /// Two numbers to a word, each modulo its own power of two: the low `low` of all `bits` bits, and
    /// the others.
    Pair { bits: u32, low: u32 },
    /// Bitwise exclusive or of whole words.
    Xor,
    /// In a prime field whose elements are whole words.
    Field(Field),
}

impl Sum {
    pub(super) fn bytes<W: Word>(self, len: usize) -> usize {
        match self {
            Self::Ring { bits } | Self::Pair { bits, .. } => ring::packed_len(len, bits),
            Self::Xor | Self::Field(_) => len * W::BYTES,
        }
    }

    /// What tells one way to combine elements from another.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Ring { bits } => bits.into(),
            Self::Pair { bits, low } => u64::from(low) << 32 | u64::from(bits),
            Self::Xor => 0,
            Self::Field(field) => field.prime(),
        }
    }

    pub(super) fn write<W: Word>(self, words: &[W], out: &mut [u8]) {
        match self {
            Self::Ring { bits } | Self::Pair { bits, .. } => ring::pack(words, bits, out),
            Self::Xor | Self::Field(_) => ring::pack(words, W::BITS, out),
        }
    }

    pub(super) fn add<W: Word>(self, payload: &[u8], words: &mut [W]) -> Result<(), ring::PackError> {
        match self {
            Self::Ring { bits } => ring::unpack_add(payload, bits, words),
            Self::Pair { bits, low } => {
                let low = W::mask(low);
                ring::unpack_by(payload, bits, words, |x, y| {
                    x.wrapping_add(&y) & low | (x & !low).wrapping_add(&(y & !low))
                })
            }
            Self::Xor => {
                for (word, raw) in words.iter_mut().zip(payload.chunks_exact(W::BYTES)) {
                    *word = *word ^ W::read_le(raw);
                }
                Ok(())
            }
            Self::Field(field) => {
                let elements = || payload.chunks_exact(W::BYTES).map(|raw| W::read_le(raw).low64());
                if let Some(found) = elements().find(|&element| element >= field.prime()) {
                    return Err(ring::PackError::Element { prime: field.prime(), found });
                }
                for (word, element) in words.iter_mut().zip(elements()) {
                    *word = W::truncate64(field.add(word.low64(), element));
                }
                Ok(())
            }
        }
    }
}
