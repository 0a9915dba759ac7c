//! Softmax, p_c = exp(x_c) / Σ exp(x_j) over rows of C values with F fractional bits.
//!
//! With m the row's maximum (a tree of comparisons) and d_c = m − x_c, which is not negative,
//!
//! p_c = e_c / S with e_c = exp(−d_c), and S = Σ e_j is from 1 to C:
//!
//! 1. If the values have more than F + 5 bits, and more than 7, d is clipped below 16, or beyond. Lines between nodes that
//!    are 1/16 apart give e with E = 12 + ⌈log2 C⌉ fractional bits: what is off in a sum of C of them is small, however many
//!    they are.
//! 2. The remaining steps are in Z_2^48, whatever the ring of x is. S is truncated to 12 fractional bits, and lines
//!    between nodes that are 1/32 apart give 1 / S with 15 fractional bits. They end at 64. For more classes r is by how much S
//!    exceeds that, and 1 / S the sum of two such functions, of S − r and of r: the second is of nodes that are 8 apart.
//! 3. The product of e and 1 / S is truncated to F fractional bits, into the ring of x.
//!
//! **Error.** In addition to that of x, at most 2^−9 from all steps but the last, for any C up to 4096. In units of 2^−13:
//!
//! | step | floor | stochastic |
//! | --- | --- | --- |
//! | lines in place of exp, above F = 4: e is too large by up to w²/8 of itself, w = 1/16, and so is S | 1 | 1 |
//! | e is off by 1 unit (stochastic 1.5) of 2^−E = 2^−12 / C: its part of p, and S | 2 + 2 | 3 + 3 |
//! | d is clipped, at 15.9 or beyond: up to C·e^−15.9 more in S (up to 4.9 for F ≤ 4, where there are no lines) | 4.1 | 4.1 |
//! | S loses the bits below 2^−12 | 2 | 2 |
//! | 1 / S, f''·w²/8 and rounding of nodes and result | 2.3 | 2.6 |
//!
//! The last truncation adds half a unit 2^−F under floor rounding, which is to nearest here, and a unit under stochastic
//! rounding. So p is right to 2^−8 from F = 8 on under floor rounding and from F = 9 on under stochastic rounding.
//!
//! Rounds: those of the maximum and, if d is clipped, of a ReLU; 3 of the exponentials, or 2 up to F = 4; 1, 3, 1 and 1 for sum,
//! reciprocal, product and last truncation; above 64 classes those of a ReLU, a truncation and a second reciprocal. Under floor
//! rounding each truncation takes the rounds of a comparison. The ReLU of a sum is of up to 26 bits.

use alloc::vec::Vec;

use num_traits::WrappingNeg;

use super::round;
use crate::function::{MAX_INDEX_BITS, MAX_LOW_BITS, Piecewise, TableFormat};
use crate::nn::Rounding;
use crate::nn::architecture::MAX_FRACTION;
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Word, Z2};
use crate::share::{Share, add_public};

/// The ring of exponentials and their sums: products take 2^(E + 15), at most 2^39.
type Work = Z2<48>;

/// Fractional bits of the sum.
const SUM: u32 = 12;

/// Fractional bits of the sum's reciprocal.
const RECIPROCAL: u32 = 15;

/// Bits of the sum between the nodes of the reciprocal: 1/32.
const NEAR: u32 = SUM - 5;

/// The logarithm of the most classes without a second reciprocal.
const NEAR_CLASSES: u32 = 6;

/// S − 1 at the last of these nodes: 64 − 1/32, with 12 fractional bits.
const NEAR_SUM: i64 = (1 << (NEAR_CLASSES + SUM)) - (1 << NEAR);

/// Bits of the excess that are dropped, and of what is left between the nodes of its reciprocal: 8.
const DROPPED: u32 = 7;
const FAR: u32 = SUM - DROPPED + 3;

/// Functions of numbers from 0 on: these are moved to the middle of the nodes.
struct Part {
    lines: Piecewise,
    /// What is subtracted.
    offset: i64,
}

/// The steps' bit lengths and functions.
pub(in crate::nn) struct Softmax {
    classes: usize,
    /// Bits of the differences, the sign's included.
    bits: u32,
    fraction: u32,
    /// ⌈log2 C⌉
    size: u32,
    /// The greatest d, unless none is greater.
    ceiling: Option<u64>,
    /// Fractional bits of the exponentials.
    precision: u32,
    exponential: Part,
    reciprocal: Part,
    /// For more than 64 classes.
    second: Option<Part>,
}

impl Part {
    /// A function of the nodes 0, 2^low, … with values that are rounded.
    fn new([index, low]: [u32; 2], guard: u32, fraction: u32, f: impl Fn(i64) -> f64) -> Self {
        let offset = 1i64 << (index + low - 1);
        let one = libm::exp2(f64::from(fraction + guard));
        let nodes: Vec<i64> =
            (0..1i64 << index).map(|node| libm::round(one * f(node << low)) as i64).collect();
        let input = TableFormat { bits: index + low - u32::from(low > 0), fraction: 0 };
        let output = TableFormat { bits: fraction + 2, fraction };
        Self { lines: Piecewise::of_nodes(input, output, [low, guard], nodes), offset }
    }

    fn evaluate(&self, x: i64) -> i64 {
        self.lines.evaluate(x - self.offset)
    }

    fn apply<R: Ring>(
        &self,
        party: &mut Party,
        mut x: Share<R>,
        rounding: Rounding,
    ) -> Result<Share<Work>, Error> {
        let offset = R::Word::from_signed(self.offset.into()).wrapping_neg();
        add_public(party.id(), offset, x.expose_mut());
        match rounding {
            Rounding::Stochastic => party.piecewise(&x, &self.lines),
            Rounding::Floor => party.piecewise_floor(&x, &self.lines),
        }
    }
}

impl Softmax {
    pub(in crate::nn) fn new(classes: usize, bits: u32, fraction: u32) -> Self {
        let size = classes.max(1).next_power_of_two().trailing_zeros();
        // With few fractional bits the last d below 16 is not near it.
        let (held, most) = (bits - 1, (fraction + 4).max(6));
        let clipped = held.min(most);
        let low = fraction.saturating_sub(4).min(MAX_LOW_BITS).min(clipped - 1);
        // There is no line to the right of the last node: unless d is clipped, the nodes go on for as long again.
        let index = clipped - low + u32::from(low > 0 && held <= most);
        let ceiling = (held > most).then(|| (1 << clipped) - (1 << low));
        let precision = SUM + size;
        let unit = libm::exp2(-f64::from(fraction));
        let exponential = Part::new([index, low], 0, precision, |d| libm::exp(-(d as f64) * unit));
        let near = size.min(NEAR_CLASSES) + SUM - NEAR;
        let sum = |above: i64, bits: u32| 1. + above as f64 * libm::exp2(-f64::from(bits));
        let reciprocal = Part::new([near, NEAR], 1, RECIPROCAL, |above| 1. / sum(above, SUM));
        let last = 1. + NEAR_SUM as f64 * libm::exp2(-f64::from(SUM));
        let second = (size > NEAR_CLASSES).then(|| {
            Part::new([size + SUM - DROPPED - FAR, FAR], 1, RECIPROCAL, |excess| {
                1. / (last - 1. + sum(excess, SUM - DROPPED)) - 1. / last
            })
        });
        Self { classes, bits, fraction, ceiling, size, precision, exponential, reciprocal, second }
    }

    /// Of x: `[rows, classes]`.
    pub(in crate::nn) fn apply<R: Ring>(
        &self,
        party: &mut Party,
        x: &Share<R>,
        rounding: Rounding,
    ) -> Result<Share<R>, Error> {
        let d = self.differences(party, x)?;
        let e = self.exponential.apply(party, d, rounding)?;
        let rows = e.expose().chunks_exact(self.classes);
        let sums = rows.map(|row| row.iter().fold(0, |sum: u64, &e| sum.wrapping_add(e))).collect();
        let mut sums = Share::<Work>::from_words(sums);
        if self.size > 0 {
            sums = round::shift_down(party, sums, self.precision + self.size + 1, self.size, rounding)?;
        }
        let reciprocal = self.inverted(party, sums, rounding)?;
        let mut product = party.multiply(&e, &reciprocal.repeat_each(self.classes))?;
        let shift = self.precision + RECIPROCAL - self.fraction;
        if rounding == Rounding::Floor {
            add_public(party.id(), 1 << (shift - 1), product.expose_mut());
        }
        round::shift_down(party, product, self.precision + RECIPROCAL + 2, shift, rounding)
    }

    /// 1 / S.
    fn inverted(
        &self,
        party: &mut Party,
        mut sums: Share<Work>,
        rounding: Rounding,
    ) -> Result<Share<Work>, Error> {
        let moved = |party: &Party, x: &mut Share<Work>, by: i64| {
            add_public(party.id(), (-by) as u64, x.expose_mut());
        };
        moved(party, &mut sums, 1 << SUM);
        let Some(second) = &self.second else {
            return self.reciprocal.apply(party, sums, rounding);
        };
        let mut excess = sums.clone();
        moved(party, &mut excess, NEAR_SUM);
        let excess = party.relu::<Work, Work>(&excess, SUM + self.size + 2)?;
        sums.sub_assign(&excess);
        let mut inverted = self.reciprocal.apply(party, sums, rounding)?;
        let excess = round::shift_down(party, excess, SUM + self.size + 1, DROPPED, rounding)?;
        inverted.add_assign(&second.apply::<Work>(party, excess, rounding)?);
        Ok(inverted)
    }

    /// The maximum of the row minus x, clipped.
    fn differences<R: Ring>(&self, party: &mut Party, x: &Share<R>) -> Result<Share<R>, Error> {
        let maxima = party.maximum_of(x, self.classes, self.bits)?;
        let mut d = maxima.repeat_each(self.classes);
        d.sub_assign(x);
        match self.ceiling {
            None => Ok(d),
            Some(ceiling) => round::at_most(party, d, self.bits, ceiling),
        }
    }

    /// A row of integers.
    fn evaluate(&self, row: &[i64]) -> impl Iterator<Item = i64> {
        let greatest = row.iter().fold(i64::MIN, |greatest, &x| greatest.max(x));
        let ceiling = self.ceiling.unwrap_or(u64::MAX);
        let distance = |x: &i64| (greatest.wrapping_sub(*x) as u64).min(ceiling) as i64;
        let e: Vec<i64> = row.iter().map(|x| self.exponential.evaluate(distance(x))).collect();
        let above = (e.iter().sum::<i64>() >> self.size) - (1 << SUM);
        let reciprocal = match &self.second {
            None => self.reciprocal.evaluate(above),
            Some(second) => {
                let excess = (above - NEAR_SUM).max(0);
                self.reciprocal.evaluate(above - excess) + second.evaluate(excess >> DROPPED)
            }
        };
        let shift = self.precision + RECIPROCAL - self.fraction;
        e.into_iter().map(move |e| (e * reciprocal + (1 << (shift - 1))) >> shift)
    }
}

/// The softmax of rows of `classes` integers, with `fraction` fractional bits before and after: exactly the integers that
/// a [`Layer::Softmax`](crate::nn::Layer::Softmax) computes under floor rounding.
///
/// **Error.** Each result is within 2^−9 and half a unit, 2^−fraction / 2, of the softmax of the real numbers that the
/// integers stand for; that is 2^−8 with 8 fractional bits, and less with more, for any number of classes up to 4096. Under
/// stochastic rounding it is 2^−9 and a whole unit.
///
/// ```
/// use ringshare::nn::softmax_reference;
/// let p = softmax_reference(&[256, 0, 0, 128], 4, 12, 8); // 1, 0, 0, 1/2
/// assert_eq!(p, [109, 40, 40, 66]); // 0.427, 0.157, 0.157, 0.259 times 256
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
    x.chunks_exact(classes).flat_map(|row| softmax.evaluate(row)).collect()
}
