//! One layer of the integer program in the clear.

use alloc::vec::Vec;

use super::error::Overflow;
use super::format::width;
use super::product::Product;
use crate::linalg::Window;
use crate::protocol::Family;

/// A function for x / 2^shift; `None` rounds down.
pub(super) type Round<'a> = Option<&'a mut dyn FnMut(i64, u32) -> i64>;

/// x / 2^shift, rounded to the nearest.
pub(super) fn nearest(x: i64, shift: u32) -> i64 {
    (x + (1 << (shift - 1))) >> shift
}

/// What a layer is evaluated with, beside x.
pub(in crate::nn) struct Exact<'a> {
    /// The name of the model's layer that it comes from.
    pub(super) name: &'a str,
    /// The name of the model's layer whose format x has.
    pub(super) before: &'a str,
    /// The bits of its result.
    pub(in crate::nn) bits: u32,
    /// Its own family of comparisons.
    pub(in crate::nn) comparison: Option<Family>,
    /// The earlier values that it refers to.
    pub(in crate::nn) others: &'a [&'a [i64]],
    /// Its weights and its bias.
    pub(super) product: Option<(&'a Product, &'a [i64])>,
    pub(super) round: Round<'a>,
    /// The bits that a truncation has for its result, and the low ones that it drops at random.
    pub(in crate::nn) dropped: [u32; 2],
}

impl Exact<'_> {
    /// x·Wᵀ + b, or that at every place of a window.
    pub(in crate::nn) fn product(&self, window: Option<&Window>, x: Vec<i64>) -> Result<Vec<i64>, Overflow> {
        match self.product {
            Some((product, bias)) => product.apply(window, bias, &x, |value| self.fit(value, self.bits)),
            // A program has a matrix for each of its products.
            None => Ok(x),
        }
    }

    /// x / 2^shift.
    pub(in crate::nn) fn truncate(&mut self, x: &mut [i64], shift: u32) {
        match &mut self.round {
            _ if shift == 0 => {}
            None => x.iter_mut().for_each(|x| *x >>= shift),
            Some(round) => x.iter_mut().for_each(|x| *x = round(*x, shift)),
        }
    }

    /// Whether [`truncate`](Self::truncate) rounds down.
    pub(in crate::nn) fn rounds_down(&self) -> bool {
        self.round.is_none()
    }

    /// Whether all values fit.
    pub(in crate::nn) fn fits(&self, values: &[i64], bits: u32) -> Result<(), Overflow> {
        check(self.name, values, bits)
    }

    /// Whether all values are at most 2^(bits − 1) − 2^shift. If not, it is the layer before that needs a bit more.
    pub(in crate::nn) fn leave_room(&self, values: &[i64], bits: u32, shift: u32) -> Result<(), Overflow> {
        let most = (1i128 << (bits - 1)) - (1 << shift);
        match values.iter().map(|&value| i128::from(value)).find(|&value| value > most) {
            Some(value) => Err(Overflow { layer: self.before.into(), value, bits, needed: bits + 1 }),
            None => Ok(()),
        }
    }

    /// Whether the truncation that comes next has room for all results that may be less than 2^off off. If not, they need a bit more.
    pub(in crate::nn) fn leave_room_around(&self, results: &[i64], off: u32) -> Result<(), Overflow> {
        let [bits, shift] = self.dropped;
        let end = 1i128 << (bits - 1);
        let fits = |value: &i128| (-end + (1 << off)..=end - (1 << shift) - (1 << off)).contains(value);
        match results.iter().map(|&value| i128::from(value)).find(|value| !fits(value)) {
            Some(value) => Err(Overflow { layer: self.before.into(), value, bits, needed: bits + 1 }),
            None => Ok(()),
        }
    }

    /// Whether all values fit.
    pub(in crate::nn) fn all_fit(
        &self,
        mut values: impl Iterator<Item = i128>,
        bits: u32,
    ) -> Result<(), Overflow> {
        values.try_for_each(|value| self.fit(value, bits).map(|_| ()))
    }

    /// The value, if it fits.
    pub(in crate::nn) fn fit(&self, value: i128, bits: u32) -> Result<i64, Overflow> {
        fit(self.name, value, bits)
    }
}

/// Whether all values of a layer fit.
pub(super) fn check(layer: &str, values: &[i64], bits: u32) -> Result<(), Overflow> {
    let magnitude = values.iter().fold(0, |all, &x| all | (x ^ x >> 63));
    if bits > 63 || magnitude >> (bits - 1) == 0 {
        return Ok(());
    }
    values.iter().try_for_each(|&value| fit(layer, value.into(), bits).map(|_| ()))
}

fn fit(layer: &str, value: i128, bits: u32) -> Result<i64, Overflow> {
    let needed = width(value);
    if needed > bits {
        return Err(Overflow { layer: layer.into(), value, bits, needed });
    }
    Ok(value as i64)
}
