//! Maximum and minimum.
//!
//! max(a, b) = b + ReLU(a − b), min(a, b) = a − ReLU(a − b). Of more than two, by a tree: ⌈log2 m⌉ times
//! the rounds of a ReLU, m − 1 ReLUs. max(ReLU(a), ReLU(b)) = ReLU(max(a, b)), so pool first.

use alloc::vec::Vec;

use super::compare::difference;
use super::error::{range, shape};
use super::{Error, Family, Party, relu_cost};
use crate::correlation::{Cost, Elements};
use crate::net::Transport;
use crate::ring::Ring;
use crate::share::Share;

impl<T: Transport> Party<T> {
    /// The greater of two, element by element. a − b must fit `bits` bits as a signed number.
    ///
    /// # Errors
    /// If the lengths differ, or as [`relu`](Self::relu).
    pub fn maximum<R: Ring>(&mut self, a: &Share<R>, b: &Share<R>, bits: u32) -> Result<Share<R>, Error> {
        let mut out = self.excess(a, b, bits)?;
        out.add_assign(b);
        Ok(out)
    }

    /// The smaller of two, element by element. a − b must fit `bits` bits as a signed number.
    ///
    /// # Errors
    /// If the lengths differ, or as [`relu`](Self::relu).
    pub fn minimum<R: Ring>(&mut self, a: &Share<R>, b: &Share<R>, bits: u32) -> Result<Share<R>, Error> {
        let excess = self.excess(a, b, bits)?;
        let mut out = a.clone();
        out.sub_assign(&excess);
        Ok(out)
    }

    /// ReLU(a − b).
    fn excess<R: Ring>(&mut self, a: &Share<R>, b: &Share<R>, bits: u32) -> Result<Share<R>, Error> {
        self.relu(&difference(a, b)?, bits)
    }

    /// The greatest of every window of x: `[windows, size]`; the result is `[windows]`. All differences
    /// within a window must fit `bits` bits as signed numbers.
    ///
    /// # Errors
    /// If x is not whole windows or `size` is zero, or as [`relu`](Self::relu).
    pub fn maximum_of<R: Ring>(&mut self, x: &Share<R>, size: usize, bits: u32) -> Result<Share<R>, Error> {
        self.check_bits::<R>(bits)?;
        range("values in a window", 1, u64::MAX, size as u64)?;
        let windows = x.len() / size;
        shape("elements of whole windows", windows * size, x.len())?;
        let (mut x, mut size) = (x.clone(), size);
        while size > 1 {
            let column = |of: &dyn Fn(usize) -> usize, count: usize| {
                // Growing would leave the old place unwiped.
                let mut words = Vec::with_capacity(windows * count);
                for window in x.expose().chunks_exact(size) {
                    words.extend((0..count).map(|i| window[of(i)]));
                }
                Share::<R>::from_words(words)
            };
            let half = size / 2;
            let (left, right) = (column(&|i| 2 * i, half), column(&|i| 2 * i + 1, half));
            let odd = column(&|_| size - 1, size % 2);
            let greater = self.maximum(&left, &right, bits)?;
            x = if size % 2 == 0 { greater } else { beside(&greater, &odd, half) };
            size = size.div_ceil(2);
        }
        Ok(x)
    }

    /// The least of every window of x: `[windows, size]`, as [`maximum_of`](Self::maximum_of).
    ///
    /// # Errors
    /// As [`maximum_of`](Self::maximum_of).
    pub fn minimum_of<R: Ring>(&mut self, x: &Share<R>, size: usize, bits: u32) -> Result<Share<R>, Error> {
        let mut negated = x.clone();
        negated.negate();
        let mut out = self.maximum_of(&negated, size, bits)?;
        out.negate();
        Ok(out)
    }
}

/// `[windows, half]` and `[windows]` as `[windows, half + 1]`.
fn beside<R: Ring>(left: &Share<R>, right: &Share<R>, half: usize) -> Share<R> {
    let mut words = Vec::with_capacity(left.len() + right.len());
    for (left, &right) in left.expose().chunks_exact(half).zip(right.expose()) {
        words.extend_from_slice(left);
        words.push(right);
    }
    Share::from_words(words)
}

/// The cost of the maxima, or minima, of `windows` windows of `size` values by `family` at `bits` bits in a ring
/// of `elements`.
///
/// # Panics
/// If `bits` is not in 2..=64, or beyond what the family takes.
pub fn cost(family: Family, [windows, size]: [usize; 2], bits: u32, elements: Elements) -> Cost {
    let mut total = Cost::default();
    let mut size = size;
    while size > 1 {
        total = total.then(relu_cost(family, windows * (size / 2), bits, 0, elements));
        size = size.div_ceil(2);
    }
    total
}
