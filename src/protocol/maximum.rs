//! Maximum and minimum.
//!
//! max(a, b) = b + ReLU(a − b), and min(a, b) = a − ReLU(a − b). The maximum of m values takes a tree of m − 1 ReLUs, and
//! ⌈log2 m⌉ times the rounds of one. As max(ReLU(a), ReLU(b)) = ReLU(max(a, b)), pool before you take ReLUs.

use alloc::vec::Vec;

use num_traits::WrappingSub;

use super::compare::{check_bits, difference};
use super::error::{range, shape};
use super::{Error, Family, Party, relu};
use crate::offline::{Cost, Elements};
use crate::ring::Ring;
use crate::share::Share;

/// # Maximum and minimum
impl Party {
    /// The greater of two values, element by element. a − b must fit `bits` bits as a signed number.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// let maximum = party.maximum(&x, &y, 8)?; // of (5, −4) and (3, 2)
    /// party.open(&maximum) // 5, 2
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5, 2]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lengths differ, or as [`relu`](Self::relu).
    pub fn maximum<R: Ring>(&mut self, a: &Share<R>, b: &Share<R>, bits: u32) -> Result<Share<R>, Error> {
        let excess = difference(a, b)?;
        self.greater_by(excess, b.expose(), [bits, 0, R::BITS])
    }

    /// The greater of a and b, given a − b: correct modulo 2^low, or less than 2^skipped below it.
    fn greater_by<R: Ring>(
        &mut self,
        excess: Share<R>,
        b: &[R::Word],
        [bits, skipped, low]: [u32; 3],
    ) -> Result<Share<R>, Error> {
        let mut out = self.relu_low::<R, R>(&excess, bits, [0, skipped], low)?;
        crate::share::add(out.expose_mut(), b);
        Ok(out)
    }

    /// The smaller of two values, element by element. a − b must fit `bits` bits as a signed number.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// let minimum = party.minimum(&x, &y, 8)?; // of (5, −4) and (3, 2)
    /// party.open(&minimum) // 3, −4
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [3, 252]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lengths differ, or as [`relu`](Self::relu).
    pub fn minimum<R: Ring>(&mut self, a: &Share<R>, b: &Share<R>, bits: u32) -> Result<Share<R>, Error> {
        let excess = self.relu(&difference(a, b)?, bits)?;
        let mut out = a.clone();
        out.sub_assign(&excess);
        Ok(out)
    }

    /// The greatest value of every window of x: `[windows, size]`; the result is `[windows]`. All differences
    /// within a window must fit `bits` bits as signed numbers.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let maximum = party.maximum_of(&x, 2, 8)?; // one window, (5, −4)
    /// party.open(&maximum) // 5
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If x is not whole windows or `size` is zero, or as [`relu`](Self::relu).
    pub fn maximum_of<R: Ring>(&mut self, x: &Share<R>, size: usize, bits: u32) -> Result<Share<R>, Error> {
        check_bits(R::BITS, bits)?;
        range("values in a window", 1, u64::MAX, size as u64)?;
        let windows = x.len() / size;
        shape("elements of whole windows", windows * size, x.len())?;
        if x.is_empty() {
            return Ok(Share::zeros(0));
        }
        // Value i of all windows is one vector, and the tree takes halves of vectors as they lie.
        let mut planes = Vec::with_capacity(x.len());
        (0..size).for_each(|i| planes.extend(x.expose().iter().skip(i).step_by(size)));
        self.tournament(Share::from_words(planes), size, [bits, 0, R::BITS])
    }

    /// The greatest of x: `[size, windows]` over all `size` values; the result is `[windows]`, correct modulo 2^low, or less
    /// than 2^skipped for each level of the tree below that.
    pub(super) fn tournament<R: Ring>(
        &mut self,
        mut x: Share<R>,
        mut size: usize,
        [bits, skipped, low]: [u32; 3],
    ) -> Result<Share<R>, Error> {
        let windows = x.len() / size;
        // What is compared again has the bits for that.
        let between = low.max(relu::compared(self.family, bits).min(R::BITS));
        while size > 1 {
            let (left, rest) = x.expose().split_at(size / 2 * windows);
            let (right, rest) = rest.split_at(left.len());
            let low = if size > 2 { between } else { low };
            let excess = left.iter().zip(right).map(|(a, b)| a.wrapping_sub(b)).collect();
            let greater = self.greater_by(Share::<R>::from_words(excess), right, [bits, skipped, low])?;
            x = if rest.is_empty() { greater } else { joined(&greater, rest) };
            size = size.div_ceil(2);
        }
        Ok(x)
    }

    /// The least value of every window of x: `[windows, size]`, as [`maximum_of`](Self::maximum_of).
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let minimum = party.minimum_of(&x, 2, 8)?; // one window, (5, −4)
    /// party.open(&minimum) // −4
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [252]);
    /// # }
    /// ```
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

/// One vector behind the other.
fn joined<R: Ring>(left: &Share<R>, right: &[R::Word]) -> Share<R> {
    let mut words = Vec::with_capacity(left.len() + right.len());
    words.extend_from_slice(left.expose());
    words.extend_from_slice(right);
    Share::from_words(words)
}

/// The cost of the maxima, or minima, of `windows` windows of `size` values by `family` at `bits` bits in a ring
/// of `elements`.
///
/// # Panics
/// If `bits` is not in 2..=64, or beyond what the family takes.
pub fn maximum(family: Family, [windows, size]: [usize; 2], bits: u32, elements: Elements) -> Cost {
    maximum_above(family, [windows, size], [bits, 0], elements)
}

/// As [`maximum`], with low bits that are skipped in the comparisons.
pub(super) fn maximum_above(
    family: Family,
    [windows, size]: [usize; 2],
    [bits, skipped]: [u32; 2],
    elements: Elements,
) -> Cost {
    let mut total = Cost::default();
    let mut size = size;
    while size > 1 {
        total = total.then(relu::relu_above(family, windows * (size / 2), bits, [0, skipped], elements));
        size = size.div_ceil(2);
    }
    total
}
