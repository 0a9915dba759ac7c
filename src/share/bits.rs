//! Shares of bits.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use subtle::{Choice, ConstantTimeEq};

use crate::secret::wipe;

/// One party's XOR share of a vector of bits: bit i is bit i mod 64 of word i / 64.
#[derive(Clone)]
pub struct BitShare {
    words: Vec<u64>,
    len: usize,
}

impl BitShare {
    /// The share of `len` bits that these words hold; bits behind the last one are cleared.
    ///
    /// # Panics
    /// If there are not `len / 64` words, rounded up.
    pub fn from_words(mut words: Vec<u64>, len: usize) -> Self {
        assert_eq!(words.len(), len.div_ceil(64), "words of {len} bits");
        if !len.is_multiple_of(64)
            && let Some(last) = words.last_mut()
        {
            *last &= (1 << (len % 64)) - 1;
        }
        Self { words, len }
    }

    /// Shares of `len` zeros.
    pub fn zeros(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// The number of bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The words of this party's share.
    pub fn expose(&self) -> &[u64] {
        &self.words
    }

    /// The bits of a range, as a share of their own.
    ///
    /// ```
    /// use ringshare::share::BitShare;
    /// let share = BitShare::from_words(vec![1 << 63, 0b110], 67);
    /// assert_eq!(share.slice(63..67).expose(), [0b1101]);
    /// ```
    ///
    /// # Panics
    /// If the range reaches past the end.
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(range.end <= self.len, "bits to {} of {}", range.end, self.len);
        let (first, shift) = (range.start / 64, range.start % 64);
        let word = |at: usize| {
            let [low, high] = [at, at + 1].map(|at| self.words.get(at).copied().unwrap_or_default());
            if shift == 0 { low } else { low >> shift | high << (64 - shift) }
        };
        let words = (first..first + range.len().div_ceil(64)).map(word).collect();
        Self::from_words(words, range.len())
    }

    /// Exclusive or with another share.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn xor_assign(&mut self, other: &Self) {
        assert_eq!(self.len, other.len, "bits of the left and the right vector");
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a ^= b);
    }

    /// And with public bits.
    ///
    /// ```
    /// use ringshare::share::BitShare;
    /// let mut share = BitShare::from_words(vec![0b1100], 4);
    /// share.and_public(&[0b1010]);
    /// assert_eq!(share.expose(), [0b1000]);
    /// ```
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn and_public(&mut self, public: &[u64]) {
        assert_eq!(self.words.len(), public.len(), "words of the share and public words");
        self.words.iter_mut().zip(public).for_each(|(a, b)| *a &= b);
    }

    /// The complement: party 0 flips its bits, and the shares of others stay as they are.
    pub fn not(self, party: usize) -> Self {
        let words = self.words.iter().map(|&word| if party == 0 { !word } else { word }).collect();
        Self::from_words(words, self.len)
    }
}

impl Drop for BitShare {
    fn drop(&mut self) {
        wipe(&mut self.words);
    }
}

impl ConstantTimeEq for BitShare {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.words.as_slice().ct_eq(&other.words) & (self.len as u64).ct_eq(&(other.len as u64))
    }
}

impl fmt::Debug for BitShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BitShare({} bits)", self.len)
    }
}
