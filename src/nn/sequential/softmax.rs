//! Softmax, p_c = exp(x_c) / Σ exp(x_j) over rows of C values with F fractional bits.
//!
//! With m the row's maximum (a tree of comparisons) and d_c = m − x_c, which is not negative,
//!
//! p_c = e_c / Σ e_j with e_c = exp(−d_c), and Σ e_j is from 1 to C:
//!
//! 1. If the values have more than c = F + 4 bits, d is clipped to c bits, as exp(−16) is 0 at 15 fractional bits. Its
//!    lowest t bits are dropped, so that at most 12 bits are left; t = 0 up to F = 8. A lookup gives e with 15 fractional
//!    bits.
//! 2. The remaining steps are in Z_2^32, whatever the ring of x is; the lookup changes the ring at no cost. The sum S of
//!    a row is truncated to 12 bits, and a lookup gives 1 / S with 15 fractional bits.
//! 3. The product of e and 1 / S is truncated to F fractional bits, into the ring of x.
//!
//! The error, in addition to that of x, is at most the sum of: one unit 2^−F for the last truncation; C·2^−11 for the
//! truncation of the sum, whose index has a relative precision of C / 2^11; C·2^−14 for the rounding of table entries; and
//! for t > 0, 2^(t−F) for the error of the exponents.
//!
//! Rounds: those of the maximum, of two lookups, of a product and of two truncations; those of a ReLU if d is clipped;
//! those of a third truncation if t > 0. Under floor rounding each truncation takes the rounds of a comparison.

use alloc::vec::Vec;

use super::round;
use crate::function::{MAX_INDEX_BITS, Table};
use crate::net::Transport;
use crate::nn::Rounding;
use crate::nn::architecture::MAX_FRACTION;
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Z2};
use crate::share::Share;

/// The ring of exponentials and their sums.
type Work = Z2<32>;

/// Fractional bits of the exponentials, and of the sum's reciprocal.
const FRACTION: u32 = 15;

/// The steps' bit lengths.
pub(in crate::nn) struct Softmax {
    classes: usize,
    /// Bits of the differences, the sign's included.
    bits: u32,
    fraction: u32,
    /// Bits of d after the clip.
    clipped: u32,
    /// Bits of d that are dropped.
    dropped: u32,
    /// Bits of the sum.
    sum: u32,
    /// Bits of the sum that are dropped.
    sum_dropped: u32,
}

impl Softmax {
    pub(in crate::nn) fn new(classes: usize, bits: u32, fraction: u32) -> Self {
        let clipped = (bits - 1).min(fraction + 4);
        let sum = FRACTION + usize::BITS - classes.leading_zeros();
        let dropped = clipped.saturating_sub(MAX_INDEX_BITS);
        Self { classes, bits, fraction, clipped, dropped, sum, sum_dropped: sum - MAX_INDEX_BITS }
    }

    /// exp(−d), from the high bits of d.
    fn exponential(&self) -> Table {
        let unit = libm::exp2(f64::from(self.dropped) - f64::from(self.fraction));
        let one = f64::from(1 << FRACTION);
        Table::unsigned(self.clipped - self.dropped, |d| {
            libm::round(one * libm::exp(-(d as f64) * unit)) as i64
        })
    }

    /// 1 / S, from the high bits of S; a sum is at least 1.
    fn reciprocal(&self) -> Table {
        let unit = libm::exp2(f64::from(self.sum_dropped) - f64::from(FRACTION));
        let one = f64::from(1 << FRACTION);
        Table::unsigned(MAX_INDEX_BITS, |sum| libm::round(one / (sum as f64 * unit).max(1.0)) as i64)
    }

    /// Of x: `[rows, classes]`.
    pub(in crate::nn) fn apply<T: Transport, R: Ring>(
        &self,
        party: &mut Party<T>,
        x: &Share<R>,
        rounding: Rounding,
    ) -> Result<Share<R>, Error> {
        let d = self.differences(party, x)?;
        let index = match self.dropped {
            0 => d,
            dropped => round::shift_down(party, d, self.clipped, dropped, rounding)?,
        };
        let e = party.lookup::<R, Work>(&index, &self.exponential())?;
        let rows = e.expose().chunks_exact(self.classes);
        let sums: Vec<u32> = rows.map(|row| row.iter().fold(0, |sum: u32, &e| sum.wrapping_add(e))).collect();
        let sums = round::shift_down::<_, Work, Work>(
            party,
            Share::from_words(sums),
            self.sum,
            self.sum_dropped,
            rounding,
        )?;
        let reciprocal = party.lookup::<Work, Work>(&sums, &self.reciprocal())?;
        let product = party.multiply(&e, &repeated(&reciprocal, self.classes))?;
        round::shift_down(party, product, 2 * FRACTION + 1, 2 * FRACTION - self.fraction, rounding)
    }

    /// The maximum of the row minus x, clipped.
    fn differences<T: Transport, R: Ring>(
        &self,
        party: &mut Party<T>,
        x: &Share<R>,
    ) -> Result<Share<R>, Error> {
        let maxima = party.maximum_of(x, self.classes, self.bits)?;
        let mut d = repeated(&maxima, self.classes);
        d.sub_assign(x);
        if self.clipped == self.bits - 1 && self.dropped == 0 {
            return Ok(d);
        }
        round::at_most(party, d, self.bits, self.ceiling())
    }

    /// The greatest d that rounding does not take beyond the index.
    fn ceiling(&self) -> u64 {
        (1 << self.clipped) - (1 << self.dropped)
    }
}

/// Every value `count` times.
fn repeated<R: Ring>(x: &Share<R>, count: usize) -> Share<R> {
    // Growing would leave the old place unwiped.
    let mut words = Vec::with_capacity(x.len() * count);
    x.expose().iter().for_each(|&word| words.resize(words.len() + count, word));
    Share::from_words(words)
}

/// The softmax of rows of `classes` integers, with `fraction` fractional bits before and after: exactly the integers that
/// a [`Layer::Softmax`](crate::nn::Layer::Softmax) computes under floor rounding.
///
/// ```
/// use ringshare::nn::softmax_reference;
/// let p = softmax_reference(&[256, 0, 0, 128], 4, 12, 8); // 1, 0, 0, 1/2
/// assert_eq!(p, [109, 40, 40, 66]); // 0.427, 0.157, 0.157, 0.259 times 256, and an error of a unit or so
/// ```
///
/// # Panics
/// If `classes` is not in 1..=4096 or does not divide the values, `bits` is not in 2..=64, or there are more than
/// 16 fractional bits.
pub fn softmax_reference(x: &[i64], classes: usize, bits: u32, fraction: u32) -> Vec<i64> {
    assert!((1..=1 << MAX_INDEX_BITS).contains(&classes), "a softmax of {classes} classes");
    assert!((2..=64).contains(&bits), "a softmax of {bits} bits");
    assert!(fraction <= MAX_FRACTION, "a softmax of {fraction} fractional bits");
    assert_eq!(x.len() % classes, 0, "values of a softmax in rows of {classes}");
    let softmax = Softmax::new(classes, bits, fraction);
    let [exponential, reciprocal] = [softmax.exponential(), softmax.reciprocal()];
    let mut out = Vec::with_capacity(x.len());
    for row in x.chunks_exact(classes) {
        let greatest = row.iter().fold(i64::MIN, |greatest, &x| greatest.max(x));
        let ceiling = softmax.ceiling();
        let index = |x: &i64| (greatest.wrapping_sub(*x) as u64).min(ceiling) >> softmax.dropped;
        let e: Vec<i64> = row.iter().map(|x| exponential.entries()[index(x) as usize]).collect();
        let sum = e.iter().sum::<i64>() >> softmax.sum_dropped;
        let reciprocal = reciprocal.entries()[sum as usize];
        out.extend(e.iter().map(|e| (e * reciprocal) >> (2 * FRACTION - fraction)));
    }
    out
}
