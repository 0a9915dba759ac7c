//! The machine words that hold ring elements.

use core::fmt::Debug;

use num_traits::{PrimInt, Unsigned, WrappingAdd, WrappingMul, WrappingNeg, WrappingSub};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::linalg::Product;

/// An unsigned machine word of 8, 16, 32, 64 or 128 bits.
///
/// Sealed by its supertrait [`Product`]: the words are those that have matrix kernels.
pub trait Word:
    PrimInt
    + Unsigned
    + WrappingAdd
    + WrappingSub
    + WrappingMul
    + WrappingNeg
    + ConstantTimeEq
    + Default
    + Debug
    + Zeroize
    + Send
    + Sync
    + Product
    + 'static
{
    /// Width in bits.
    const BITS: u32;
    /// Width in bytes.
    const BYTES: usize;

    /// The low bits of `value`.
    fn truncate(value: u128) -> Self;
    /// The low bits of `value`.
    fn truncate64(value: u64) -> Self;
    /// The low bits of `value`, two's complement.
    fn from_signed(value: i128) -> Self;
    /// The word as a number.
    fn widen(self) -> u128;
    /// The low 64 bits.
    fn low64(self) -> u64;
    /// The word whose little-endian bytes are the first [`BYTES`](Self::BYTES) of `bytes`.
    ///
    /// # Panics
    /// If `bytes` is shorter than that.
    fn read_le(bytes: &[u8]) -> Self;
    /// Writes the word's little-endian bytes to the front of `bytes`.
    ///
    /// # Panics
    /// If `bytes` is shorter than [`BYTES`](Self::BYTES).
    fn write_le(self, bytes: &mut [u8]);

    /// The word with its low `bits` bits set.
    #[inline]
    fn mask(bits: u32) -> Self {
        debug_assert!(bits >= 1 && bits <= Self::BITS);
        Self::max_value() >> (Self::BITS - bits) as usize
    }

    /// The low `bits` bits read as a two's complement number.
    #[inline]
    fn signed(self, bits: u32) -> i128 {
        let up = 128 - bits;
        ((self.widen() << up) as i128) >> up
    }
}

macro_rules! word {
    ($($t:ty),*) => {$(
        impl Word for $t {
            const BITS: u32 = <$t>::BITS;
            const BYTES: usize = size_of::<$t>();

            #[inline]
            fn truncate(value: u128) -> Self {
                value as $t
            }
            #[inline]
            fn truncate64(value: u64) -> Self {
                value as $t
            }
            #[inline]
            fn from_signed(value: i128) -> Self {
                value as $t
            }
            #[inline]
            fn widen(self) -> u128 {
                self as u128
            }
            #[inline]
            fn low64(self) -> u64 {
                self as u64
            }
            #[inline]
            fn read_le(bytes: &[u8]) -> Self {
                <$t>::from_le_bytes(*bytes.first_chunk().expect("the bytes of a word"))
            }
            #[inline]
            fn write_le(self, bytes: &mut [u8]) {
                *bytes.first_chunk_mut().expect("the bytes of a word") = self.to_le_bytes();
            }
        }
    )*};
}

word!(u8, u16, u32, u64, u128);
