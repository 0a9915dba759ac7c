//! ReLU, max(x, 0), and with truncation.
//!
//! With y = x + r opened modulo 2^k, d = \[x ≥ 0\] and w the wrap of the sum, x = y − r + 2^k·w. Where
//! x ≥ 0, w = r_{k−1}·(1 − y_{k−1}): a sum below 2^k of which one part is below 2^(k−1) can wrap only
//! if the other is not, and has then lost its top bit. Where x < 0 nothing depends on w. So
//!
//! ReLU(x) = d·(y + v), v = −r where y_{k−1} = 1, v = −r + 2^k·r_{k−1} where y_{k−1} = 0,
//!
//! with public y. The comparison ends with public p and shared t such that d = t ⊕ p; the dealer
//! shares t, v and t·v, in any ring, and the result is linear in them: there is no multiplication
//! round, and the ring changes for free. Only the k bits that are compared are opened.
//!
//! With truncation by f bits, ⌊y / 2^f⌋ and ⌊r / 2^f⌋ take the places of y and r, 2^(k−f) that of
//! 2^k: the result is ⌊x / 2^f⌋ + \[c < x mod 2^f\] where c is uniform and public, as in a
//! [`truncate`](Party::truncate): never off by more than one, and unbiased.
//!
//! | | rounds | opened bits | dealer's elements |
//! | --- | --- | --- | --- |
//! | ReLU | those of a sign by the same plan | the same | up to 5 for 1 of a sign |
//!
//! As it takes more elements, another plan may be the best: of 14 bits into a ring of 16, the balanced one
//! has 3 rounds, where that of a sign has 2.
//!
//! After a comparison of another family than the lookups: x changed to the result's ring as above, right where
//! x ≥ 0, unless its low bits are all that is asked for, and a product with d; together one or two rounds more.
//! After the bitwise comparison: by a selection, or bit by bit, which rounds down (`compare::bitwise`).

use alloc::vec;

use num_traits::{One, WrappingNeg, Zero};

use super::compare::bitwise;
use super::error::range;
use super::{Error, Family, Party, cost};
use crate::correlation::compare::{Plan, Task, Wish};
use crate::net::Transport;
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Word};
use crate::share::Share;

impl<T: Transport> Party<T> {
    /// max(x, 0) in O, for x that fits `bits` bits as a signed number.
    ///
    /// # Errors
    /// As [`sign`](Self::sign). After a comparison by DCF or Legendre symbols, if O is wider than `bits`
    /// and R is not.
    pub fn relu<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        self.relu_truncate(x, bits, 0)
    }

    /// max(x, 0) / 2^shift in O, rounded down or up at random without bias (by [`Family::Bitwise`] always
    /// down), for x that fits `bits` bits as a signed number.
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and if `shift` is not below `bits`.
    pub fn relu_truncate<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
    ) -> Result<Share<O>, Error> {
        self.check_bits::<R>(bits)?;
        range("bits to truncate by", 0, bits as u64 - 1, shift as u64)?;
        match self.family {
            Family::Lookup(wish) => {
                let task = Task::Relu { output: Elements::of::<O>(), shift };
                self.shift_by_plan(x, Plan::choose(bits, task, wish))
            }
            Family::Bitwise => self.relu_by_bitwise(x, bits, shift),
            Family::Dcf | Family::Legendre(_) => self.relu_by_product(x, bits, shift),
        }
    }

    /// By a comparison of any family: d in O, x changed to O and truncated, and their product.
    fn relu_by_product<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
    ) -> Result<Share<O>, Error> {
        let positive = self.compare::<R, O>(x, bits, [One::one(), Zero::zero()])?;
        let truncated = if is_low(bits, shift, O::BITS) {
            // Shares modulo 2^k are shares modulo any less.
            Share::from_words(x.expose().iter().map(|word| O::Word::truncate(word.widen())).collect())
        } else {
            self.shift_by_plan::<R, O>(x, truncation(bits, shift, Elements::of::<O>()))?
        };
        self.multiply(&positive, &truncated)
    }

    /// max(min(x, ceiling), 0) in O, for x and x − ceiling that fit `bits` bits as signed numbers:
    /// ReLU(x) − ReLU(x − ceiling), at once.
    ///
    /// # Errors
    /// As [`relu`](Self::relu), and if the ceiling is not in 0..=2^(bits − 1).
    pub fn clipped_relu<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        ceiling: R::Word,
    ) -> Result<Share<O>, Error> {
        self.check_bits::<R>(bits)?;
        let height = (ceiling & R::Word::mask(R::BITS)).widen().try_into().unwrap_or(u64::MAX);
        range("ceiling of a ReLU", 0, 1 << (bits - 1), height)?;
        let mut above = x.clone();
        above.add_public(self.id(), &vec![ceiling.wrapping_neg(); x.len()]);
        let mut both = x.clone();
        both.append(&above);
        let both = self.relu::<R, O>(&both, bits)?;
        let mut out = both.slice(0..x.len());
        out.sub_assign(&both.slice(x.len()..both.len()));
        Ok(out)
    }

    /// |x|, for x that fits `bits` bits as a signed number: 2·ReLU(x) − x. That of −2^(k−1) in a ring of
    /// k bits is itself.
    ///
    /// # Errors
    /// As [`relu`](Self::relu).
    pub fn abs<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<R>, Error> {
        let mut out = self.relu::<R, R>(x, bits)?;
        out.scale(R::Word::truncate64(2));
        out.sub_assign(x);
        Ok(out)
    }
}

/// Whether a ring of `output` bits takes no more of x than its low bits.
fn is_low(bits: u32, shift: u32, output: u32) -> bool {
    shift == 0 && output <= bits
}

/// Truncates what is not negative, and makes anything of the rest.
fn truncation(bits: u32, shift: u32, output: Elements) -> Plan {
    Plan::choose(bits, Task::Truncate { output, shift }, Wish::default())
}

/// The cost of `len` ReLUs by `family` of `bits` bits, truncated by `shift`, in a ring of `output`.
///
/// # Panics
/// If `bits` is not in 2..=64 or beyond what the family takes, or `shift` not below it.
pub fn relu(family: Family, len: usize, bits: u32, shift: u32, output: Elements) -> Cost {
    assert!((2..=64).contains(&bits), "comparisons take 2 to 64 bits, not {bits}");
    assert!(shift < bits, "a shift by {shift} of {bits} bits");
    match family {
        Family::Lookup(wish) => Plan::choose(bits, Task::Relu { output, shift }, wish).cost(len),
        Family::Bitwise => bitwise::relu_cost(len, bits, shift, output),
        Family::Dcf | Family::Legendre(_) => {
            let change = match is_low(bits, shift, output.bits) {
                true => Cost::default(),
                false => truncation(bits, shift, output).cost(len),
            };
            family.cost(len, bits, Some(output)).then(change).then(cost::multiply(len, output.bits))
        }
    }
}
