//! How elements are held and sent.

use core::fmt;

use super::encoding::{DecodeError, Reader, Writer};
use super::error::{Error, range};
use crate::ring::{Ring, Word};

/// How elements are held and sent: the low `bits` bits count, in a word of `word` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elements {
    /// Bits of the machine word.
    pub word: u32,
    /// Ring width.
    pub bits: u32,
}

impl Elements {
    /// The elements of the ring `R`.
    pub fn of<R: Ring>() -> Self {
        Self::low::<R>(R::BITS)
    }

    /// The low `bits` bits of elements of `R`.
    pub fn low<R: Ring>(bits: u32) -> Self {
        Self::held::<R::Word>(bits)
    }

    /// The low `bits` bits of these words.
    pub(crate) fn held<W: Word>(bits: u32) -> Self {
        Self { word: W::BITS, bits }
    }

    /// Checks that there is such a word, and that the bits fit it.
    ///
    /// # Errors
    /// [`Error::Range`] if they do not.
    pub fn check(self) -> Result<(), Error> {
        let word = self.word.clamp(8, 128).next_power_of_two();
        range("bits of a word", word.into(), word.into(), self.word.into())?;
        range("bits of an element", 1, word.into(), self.bits.into())
    }

    /// Bytes of `len` elements in memory.
    pub fn bytes(self, len: usize) -> u64 {
        (len as u64).saturating_mul(u64::from(self.word / 8))
    }
}

impl Writer {
    /// How elements are held.
    pub fn elements(&mut self, elements: Elements) {
        self.number(elements.word.into());
        self.number(elements.bits.into());
    }

    /// The length of a vector, and how its elements are held.
    pub fn vector(&mut self, len: usize, elements: Elements) {
        self.number(len as u64);
        self.elements(elements);
    }
}

impl Reader<'_> {
    /// How elements are held.
    ///
    /// # Errors
    /// If the bytes end.
    pub fn elements(&mut self) -> Result<Elements, DecodeError> {
        Ok(Elements { word: self.small()?, bits: self.small()? })
    }

    /// The length of a vector, and how its elements are held.
    ///
    /// # Errors
    /// If the bytes end, or the length does not fit `usize`.
    pub fn vector(&mut self) -> Result<(usize, Elements), DecodeError> {
        Ok((self.size()?, self.elements()?))
    }
}

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bits in words of {}", self.bits, self.word)
    }
}

/// Evaluates an expression with a name for the word of the given width: 8, 16, 32 or 64 bits, else 128.
///
/// ```
/// use ringshare::with_word;
/// assert_eq!(with_word!(32, W => size_of::<W>()), 4);
/// ```
#[macro_export]
macro_rules! with_word {
    ($bits:expr, $W:ident => $body:expr) => {
        match $bits {
            8 => {
                type $W = u8;
                $body
            }
            16 => {
                type $W = u16;
                $body
            }
            32 => {
                type $W = u32;
                $body
            }
            64 => {
                type $W = u64;
                $body
            }
            _ => {
                type $W = u128;
                $body
            }
        }
    };
}
