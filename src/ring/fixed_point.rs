//! Fixed point: the real number x stands for the integer round(x · 2^f) modulo 2^k.
//!
//! Numbers are signed: the reals from −2^(k−1−f) to 2^(k−1−f) − 2^−f are in range. Rounding is to nearest, ties to even, and
//! exact for every number that an `f64` holds. A number out of range, infinities included, is encoded as the end of
//! the range on its side, and NaN as zero. Both are counted, so that nothing is lost silently.
//!
//! Encoding branches on the numbers: a party does it by itself, with data that it knows.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use num_traits::{AsPrimitive, Zero};

use super::{Ring, Word};
use crate::simd::wide;

/// Encoder and decoder of reals with `fraction` fractional bits in the ring `R`.
///
/// ```
/// use ringshare::ring::{FixedPoint, Z2};
/// let fixed = FixedPoint::<Z2<14>>::new(4)?;
/// let encoded = fixed.encode(&[1.5, -0.25, 1e9]);
/// assert_eq!(encoded.saturated, 1);
/// assert_eq!(fixed.decode(&encoded.words), [1.5, -0.25, 511.9375]);
/// assert_eq!(fixed.encode_one(1e9), None);
/// # Ok::<(), ringshare::ring::FixedPointError>(())
/// ```
pub struct FixedPoint<R> {
    fraction: u32,
    ring: PhantomData<R>,
}

/// Encoded numbers, and how many of them did not fit.
#[derive(Clone)]
pub struct Encoded<W> {
    /// The encodings, canonical, saturated where a number did not fit.
    pub words: Vec<W>,
    /// How many numbers were out of range (saturated) or not a number (encoded as zero).
    pub saturated: usize,
}

/// What is wrong with a fixed-point format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FixedPointError {
    /// There are as many fractional bits as bits, or more.
    Fraction {
        /// The fractional bits asked for.
        fraction: u32,
        /// The ring width k.
        bits: u32,
    },
}

impl fmt::Display for FixedPointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fraction { fraction, bits } => {
                write!(f, "expected fewer than {bits} fractional bits, found {fraction}")
            }
        }
    }
}

impl core::error::Error for FixedPointError {}

impl<R: Ring> FixedPoint<R> {
    /// With `fraction` fractional bits.
    ///
    /// # Errors
    /// If `fraction` is not less than [`Ring::BITS`].
    pub const fn new(fraction: u32) -> Result<Self, FixedPointError> {
        if fraction >= R::BITS {
            return Err(FixedPointError::Fraction { fraction, bits: R::BITS });
        }
        Ok(Self { fraction, ring: PhantomData })
    }

    /// The number of fractional bits.
    pub const fn fraction(&self) -> u32 {
        self.fraction
    }

    /// Encodes every number, converted to `f64` first if it is none, and counts those that did not fit. Nothing is
    /// allocated but the words.
    pub fn encode<T: AsPrimitive<f64>>(&self, reals: &[T]) -> Encoded<R::Word> {
        let mut words = vec![R::Word::zero(); reals.len()];
        let mut saturated = 0;
        let (scale, mask) = (power_of_two(self.fraction as i32), R::Word::mask(R::BITS));
        let half = power_of_two(R::BITS.min(EXACT) as i32 - 1);
        for (words, reals) in words.chunks_mut(BLOCK).zip(reals.chunks(BLOCK)) {
            let mut fit = true;
            nearest_in(reals, scale, [-half, half - 1.0], mask, words, &mut fit);
            if !fit {
                for (word, x) in words.iter_mut().zip(reals) {
                    let fits;
                    (*word, fits) = self.nearest(x.as_());
                    saturated += usize::from(!fits);
                }
            }
        }
        Encoded { words, saturated }
    }

    /// The encoding of `x`; none if it is out of range or not a number.
    pub fn encode_one(&self, x: f64) -> Option<R::Word> {
        let (word, fits) = self.nearest(x);
        fits.then_some(word)
    }

    /// The numbers that `words` stand for; see [`decode_one`](Self::decode_one).
    pub fn decode(&self, words: &[R::Word]) -> Vec<f64> {
        words.iter().map(|&word| self.decode_one(word)).collect()
    }

    /// The number that the low k bits of `word` stand for.
    ///
    /// Exact up to 53 significant bits; beyond, the nearest `f64`, ties to even.
    pub fn decode_one(&self, word: R::Word) -> f64 {
        let value = word.signed(R::BITS);
        // The shorter conversion is one instruction.
        let integer = if R::BITS <= 64 { value as i64 as f64 } else { value as f64 };
        integer * power_of_two(-(self.fraction as i32))
    }

    /// The encoding of `x` or of what is nearest to it, and whether `x` is in range.
    fn nearest(&self, x: f64) -> (R::Word, bool) {
        let (value, fits) = nearest(x, self.fraction, R::BITS);
        (R::Word::from_signed(value) & R::Word::mask(R::BITS), fits)
    }
}

/// Numbers that are encoded together.
const BLOCK: usize = 256;

/// Bits of the integers that [`nearest_in`] finds.
const EXACT: u32 = 51;

wide! {
    /// What is nearest to each number times `scale`, as [`nearest`] has it, if all lie between the two ends; else `fit` is false
    /// and the words are of no use.
    ///
    /// To a number below 2^51, 1.5 · 2^52 is added: the sum has no room for digits behind the point, is rounded, halves to
    /// even, and its low bits are the integer.
    fn nearest_in<T: AsPrimitive<f64>, W: Word>(
        reals: &[T],
        scale: f64,
        ends: [f64; 2],
        mask: W,
        words: &mut [W],
        fit: &mut bool,
    ) {
        const SHIFT: f64 = 1.5 * power_of_two(52);
        for (word, x) in words.iter_mut().zip(reals) {
            let x = x.as_() * scale;
            *fit &= x >= ends[0] && x <= ends[1];
            let integer = (x + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits());
            *word = W::from_signed((integer as i64).into()) & mask;
        }
    }
}

/// The number of `bits` bits, two's complement, that is nearest to `x` · 2^fraction, halves to even,
/// and whether `x` is in range. Not-a-number is zero and not in range.
pub(crate) fn nearest(x: f64, fraction: u32, bits: u32) -> (i128, bool) {
    if x.is_nan() {
        return (0, false);
    }
    let limit = (1u128 << (bits - 1)) - u128::from(x.is_sign_positive());
    let magnitude = scaled_magnitude(x, fraction);
    let nearest = magnitude.min(limit);
    let value = if x.is_sign_positive() { nearest } else { nearest.wrapping_neg() };
    (value as i128, magnitude <= limit)
}

/// 2^exponent, for exponents of normal numbers.
pub(crate) const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// |x| · 2^fraction rounded to an integer, halves to even, at most `u128::MAX`. `x` is a number.
fn scaled_magnitude(x: f64, fraction: u32) -> u128 {
    const DIGITS: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = x.to_bits();
    let exponent = (bits >> DIGITS & 0x7ff) as i32;
    let digits = bits & ((1 << DIGITS) - 1);
    // |x| is digits · 2^exponent; subnormal numbers lack the leading one.
    let (digits, exponent) =
        if exponent == 0 { (digits, -1074) } else { (digits | 1 << DIGITS, exponent - 1075) };
    let shift = exponent + fraction as i32;
    match shift {
        0..=75 => (digits as u128) << shift,
        76.. => {
            if digits == 0 {
                0
            } else {
                u128::MAX
            }
        }
        -53..0 => {
            let down = shift.unsigned_abs();
            let (floor, rest, half) = (digits >> down, digits & ((1 << down) - 1), 1 << (down - 1));
            u128::from(floor + u64::from(rest > half || (rest == half && floor & 1 == 1)))
        }
        // Less than a half, for digits < 2^53.
        _ => 0,
    }
}

impl<R> Clone for FixedPoint<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for FixedPoint<R> {}

impl<R> fmt::Debug for FixedPoint<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedPoint").field("fraction", &self.fraction).finish_non_exhaustive()
    }
}

/// The numbers may be secret: their count is all that prints.
impl<W> fmt::Debug for Encoded<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({} numbers, {} saturated)", self.words.len(), self.saturated)
    }
}
