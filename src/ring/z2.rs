//! Ring widths as types, and elements.
//!
//! An element of Z_2^k is the class of an integer modulo 2^k. It is held as any word congruent to it: operations wrap and
//! leave the bits from k on as they are. A value has two views, both of which mask these bits: *unsigned*, the
//! representative in 0..2^k, and *signed*, the one in −2^(k−1)..2^(k−1).

use core::fmt;
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use num_traits::{WrappingAdd, WrappingMul, WrappingNeg, WrappingSub};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use super::Word;

/// A ring Z_2^k: a width and the word that holds it.
///
/// Sealed: implemented by [`Z2<K>`] for K from 1 to 128. So a word is never narrower than the width, which
/// functions over rings rely on.
pub trait Ring: Sealed + Copy + Send + Sync + 'static {
    /// The smallest word of at least [`BITS`](Self::BITS) bits.
    type Word: Word;
    /// The ring width k.
    const BITS: u32;
}

/// Seals [`Ring`].
pub trait Sealed {}

impl<const K: usize> Sealed for Z2<K> where Width<K>: HasWord {}

/// Carries the width K; those from 1 to 128 have a word, and with it a [`Ring`].
pub struct Width<const K: usize>;

/// Maps a width to its word. Implemented for [`Width<1>`](Width) to `Width<128>`.
pub trait HasWord {
    /// The smallest word that holds the width.
    type Word: Word;
}

macro_rules! widths {
    ($($word:ty: $($k:literal)*;)*) => {$($(
        impl HasWord for Width<$k> {
            type Word = $word;
        }
    )*)*};
}

widths! {
    u8: 1 2 3 4 5 6 7 8;
    u16: 9 10 11 12 13 14 15 16;
    u32: 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32;
    u64: 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64;
    u128: 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96
        97 98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120 121
        122 123 124 125 126 127 128;
}

/// An element of Z_2^K, held in a word whose high bits may be dirty.
///
/// For a few elements and plain arithmetic; the kernels work on slices of words. The default is
/// zero. Equality is modulo 2^K and takes constant time. An element may be a share or a
/// secret, so [`Debug`](fmt::Debug) names the ring and not the value; print
/// [`unsigned`](Self::unsigned) or [`signed`](Self::signed) to see it.
///
/// ```
/// use ringshare::ring::Z2;
/// let a = Z2::<14>::from_signed(-3);
/// assert_eq!((a * a).unsigned(), 9);
/// assert_eq!(a.unsigned(), (1 << 14) - 3);
/// assert_eq!(a + Z2::from(3), Z2::from(1 << 14));
/// assert_eq!(format!("{a:?}"), "Z2<14>(..)");
/// ```
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Z2<const K: usize>(<Width<K> as HasWord>::Word)
where
    Width<K>: HasWord;

impl<const K: usize> Ring for Z2<K>
where
    Width<K>: HasWord,
{
    type Word = <Width<K> as HasWord>::Word;
    const BITS: u32 = K as u32;
}

impl<const K: usize> Z2<K>
where
    Width<K>: HasWord,
{
    /// The element whose low K bits are those of `word`.
    #[inline]
    pub fn from_word(word: <Width<K> as HasWord>::Word) -> Self {
        Self(word)
    }

    /// The canonical word: high bits zero.
    #[inline]
    pub fn word(self) -> <Width<K> as HasWord>::Word {
        self.0 & Word::mask(K as u32)
    }

    /// The element congruent to `value` modulo 2^K.
    #[inline]
    pub fn from_signed(value: i128) -> Self {
        Self(Word::from_signed(value))
    }

    /// The representative in 0..2^K.
    #[inline]
    pub fn unsigned(self) -> u128 {
        self.word().widen()
    }

    /// The representative in -2^(K-1)..2^(K-1).
    #[inline]
    pub fn signed(self) -> i128 {
        self.0.signed(K as u32)
    }
}

impl<const K: usize> From<u128> for Z2<K>
where
    Width<K>: HasWord,
{
    #[inline]
    fn from(value: u128) -> Self {
        Self(Word::truncate(value))
    }
}

impl<const K: usize> ConstantTimeEq for Z2<K>
where
    Width<K>: HasWord,
{
    fn ct_eq(&self, other: &Self) -> Choice {
        self.word().ct_eq(&other.word())
    }
}

impl<const K: usize> PartialEq for Z2<K>
where
    Width<K>: HasWord,
{
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl<const K: usize> Eq for Z2<K> where Width<K>: HasWord {}

impl<const K: usize> fmt::Debug for Z2<K>
where
    Width<K>: HasWord,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Z2<{K}>(..)")
    }
}

impl<const K: usize> Zeroize for Z2<K>
where
    Width<K>: HasWord,
{
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

macro_rules! operation {
    ($trait:ident $name:ident $assign_trait:ident $assign:ident $wrapping:ident) => {
        impl<const K: usize> $trait for Z2<K>
        where
            Width<K>: HasWord,
        {
            type Output = Self;
            #[inline]
            fn $name(self, other: Self) -> Self {
                Self(self.0.$wrapping(&other.0))
            }
        }
        impl<const K: usize> $assign_trait for Z2<K>
        where
            Width<K>: HasWord,
        {
            #[inline]
            fn $assign(&mut self, other: Self) {
                self.0 = self.0.$wrapping(&other.0);
            }
        }
    };
}

operation!(Add add AddAssign add_assign wrapping_add);
operation!(Sub sub SubAssign sub_assign wrapping_sub);
operation!(Mul mul MulAssign mul_assign wrapping_mul);

impl<const K: usize> Neg for Z2<K>
where
    Width<K>: HasWord,
{
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self(self.0.wrapping_neg())
    }
}
