//! Shares.
//!
//! Arithmetic ([`Share`]): x ∈ Z_2^k is shared as \[x\] = (x_0, …, x_{n−1}) with x = Σ x_i mod 2^k. Sums, differences and
//! products with public numbers are local: each party computes them on its own share. A public number is added by party 0
//! alone. Boolean ([`BitShare`]): the same with exclusive or.
//!
//! A share is a vector: one call handles a whole layer for a whole batch. It prints no values, is compared in constant time
//! and wiped when dropped. [`Share::expose`] is the only way to see its words.

mod bits;
mod pool;
mod round;
mod split;
mod state;

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use num_traits::{WrappingAdd, WrappingMul, WrappingNeg, WrappingSub};
use subtle::{Choice, ConstantTimeEq};

pub use bits::BitShare;
pub(crate) use round::rounded;

use crate::ring::{Ring, Word};
use crate::secret::Scratch;

/// One party's share of a vector over the ring `R`.
pub struct Share<R: Ring> {
    words: Scratch<R::Word>,
    ring: PhantomData<R>,
}

/// `a += b`, wrapping.
pub(crate) fn add<W: Word>(a: &mut [W], b: &[W]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a = a.wrapping_add(b));
}

/// Adds a row to each of `[rows, row.len()]`, wrapping, unless it is of no elements.
pub(crate) fn add_row<W: Word>(rows: &mut [W], row: &[W]) {
    if !row.is_empty() {
        rows.chunks_exact_mut(row.len()).for_each(|x| add(x, row));
    }
}

/// `a -= b`, wrapping.
pub(crate) fn sub<W: Word>(a: &mut [W], b: &[W]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a = a.wrapping_sub(b));
}

/// Adds a public number to every word at party 0.
pub(crate) fn add_public<W: Word>(party: usize, public: W, words: &mut [W]) {
    if party == 0 {
        words.iter_mut().for_each(|word| *word = word.wrapping_add(&public));
    }
}

/// Shares modulo 2^k as shares modulo any less, in another word.
pub(crate) fn resized<W: Word, V: Word>(words: &[W]) -> Scratch<V> {
    words.iter().map(|word| V::truncate(word.widen())).collect::<Vec<V>>().into()
}

impl<R: Ring> Share<R> {
    /// The share that consists of these words. High bits may be dirty.
    pub fn from_words(words: Vec<R::Word>) -> Self {
        Self::of(words.into())
    }

    /// The share that consists of what was computed word by word, whatever the ring.
    pub(crate) fn of(words: Scratch<R::Word>) -> Self {
        Self { words, ring: PhantomData }
    }

    /// Shares of `len` zeros.
    pub fn zeros(len: usize) -> Self {
        Self::of(Scratch::zeros(len))
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words of this party's share, with dirty high bits. A share by itself says nothing of the secret; be careful who
    /// gets it that may have the other shares.
    pub fn expose(&self) -> &[R::Word] {
        &self.words
    }

    /// The words of this party's share, mutable.
    pub fn expose_mut(&mut self) -> &mut [R::Word] {
        &mut self.words
    }

    /// Adds another share, element by element.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn add_assign(&mut self, other: &Self) {
        self.zip(other.expose(), |a, b| a.wrapping_add(&b));
    }

    /// Subtracts another share, element by element.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn sub_assign(&mut self, other: &Self) {
        self.zip(other.expose(), |a, b| a.wrapping_sub(&b));
    }

    /// Multiplies by public numbers, element by element.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn mul_public(&mut self, public: &[R::Word]) {
        self.zip(public, |a, b| a.wrapping_mul(&b));
    }

    /// Multiplies every element by one public number.
    pub fn scale(&mut self, factor: R::Word) {
        self.words.iter_mut().for_each(|word| *word = word.wrapping_mul(&factor));
    }

    /// Negates every element.
    pub fn negate(&mut self) {
        self.words.iter_mut().for_each(|word| *word = word.wrapping_neg());
    }

    /// Adds public numbers, element by element: party 0 adds them, and the shares of others stay as they are.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn add_public(&mut self, party: usize, public: &[R::Word]) {
        assert_eq!(self.len(), public.len(), "elements of the share and public numbers");
        if party == 0 {
            self.zip(public, |a, b| a.wrapping_add(&b));
        }
    }

    /// The elements of a range, as a share of their own.
    ///
    /// # Panics
    /// If the range reaches past the end.
    pub fn slice(&self, range: core::ops::Range<usize>) -> Self {
        Self::from_words(self.words[range].to_vec())
    }

    /// The sums of the columns of `[rows, columns]`.
    ///
    /// # Panics
    /// If there are elements, but no columns.
    pub fn column_sums(&self, columns: usize) -> Self {
        let mut sums = Self::zeros(columns);
        if !self.is_empty() {
            self.words.chunks_exact(columns).for_each(|row| add(&mut sums.words, row));
        }
        sums
    }

    /// Every element so many times, one after the other.
    pub(crate) fn repeat_each(&self, count: usize) -> Self {
        // Growing would leave the old place unwiped.
        let mut words = Vec::with_capacity(self.len() * count);
        self.words.iter().for_each(|&word| words.resize(words.len() + count, word));
        Self::from_words(words)
    }

    /// Appends `other` to this share.
    pub fn append(&mut self, other: &Self) {
        // Growing would leave the old place unwiped.
        self.words = [self.expose(), other.expose()].concat().into();
    }

    fn zip(&mut self, other: &[R::Word], op: impl Fn(R::Word, R::Word) -> R::Word) {
        assert_eq!(self.words.len(), other.len(), "elements of the left and the right vector");
        for (a, &b) in self.words.iter_mut().zip(other) {
            *a = op(*a, b);
        }
    }
}

impl<R: Ring> Clone for Share<R> {
    fn clone(&self) -> Self {
        Self::from_words(self.words.to_vec())
    }
}

impl<R: Ring> ConstantTimeEq for Share<R> {
    /// Compares the shares (not the secrets) modulo 2^k.
    fn ct_eq(&self, other: &Self) -> Choice {
        let mask = R::Word::mask(R::BITS);
        let equal = |(&a, &b): (&R::Word, &R::Word)| (a & mask).ct_eq(&(b & mask));
        let same =
            self.words.iter().zip(other.expose()).map(equal).fold(Choice::from(1), |all, one| all & one);
        same & (self.len() as u64).ct_eq(&(other.len() as u64))
    }
}

impl<R: Ring> fmt::Debug for Share<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share(k = {}, {} elements)", R::BITS, self.len())
    }
}
