//! ReLU, max(x, 0), alone and with truncation.
//!
//! Let y = x + r be opened modulo 2^k, d = \[x ≥ 0\], and w the wrap of the sum: x = y − r + 2^k·w. Where x ≥ 0,
//! w = r_{k−1}·(1 − y_{k−1}): x is below 2^(k−1), so the sum wraps only if r has its top bit set, and then it loses
//! that bit. Where x < 0 the result is 0 whatever w is. So
//!
//! ReLU(x) = d·(y + v), v = −r where y_{k−1} = 1, v = −r + 2^k·r_{k−1} where y_{k−1} = 0,
//!
//! with public y. The comparison ends with a public p and a shared t such that d = t ⊕ p. The dealer shares t, v and t·v
//! in whatever ring the caller wants, and the result is linear in them: there is no multiplication round, and the change
//! of ring is free. Only the k bits that are compared are opened.
//!
//! Of v the dealer sends only a part: each party's share of it is made of its share of r, and what is missing is how often the sum of the
//! shares passes 2^k, modulo the result's ring ([`compare::tables`](crate::correlation::compare)).
//!
//! With truncation by f bits, ⌊y / 2^f⌋ and ⌊r / 2^f⌋ take the places of y and r, and 2^(k−f) that of 2^k. The result for
//! x ≥ 0 is ⌊x / 2^f⌋ + \[c < x mod 2^f\], where c, the low f bits of y, is uniform and public, as in
//! [`truncate`](Party::truncate). It is unbiased and less than 1 off x / 2^f. Over repetitions, whoever learns the results
//! learns more of x than the floor would say: see there.
//!
//! Only the bits above the f low ones are compared, for the same results
//! ([`compare::tables`](crate::correlation::compare) has the proof). This takes x ≤ 2^(k−1) − 2^f.
//!
//! Two parties need not even open the f low bits: each rounds its share of x to a multiple of 2^f by itself, and the result is as far off
//! x / 2^f as above (`share::round`). What is left is a ReLU of k − f bits. Each party knows c, by its own share. Of more parties the
//! errors would add up; they open all k bits.
//!
//! | | rounds | opened bits | dealer's elements |
//! | --- | --- | --- | --- |
//! | ReLU | those of a sign by the same plan | the same | 2 for each of the e of a sign; into a ring wider than k bits also e + 2 of the bits beyond |
//! | with truncation, 2 parties | those of k − f bits | the same | the same |
//! | more parties | the same | those, and f | 2e + 1; into a ring wider than k − f bits also e + 1 of the bits beyond |
//!
//! Because its tables are larger, the best plan for a ReLU may differ from that for a sign: for 14 bits into a ring of
//! 16, the balanced plan takes 3 rounds, where that of a sign takes 2.
//!
//! By DCF or Legendre symbols, d comes from a comparison, x is changed to the result's ring as above (unless its low
//! bits are all that is asked for), and the two are multiplied: one or two more rounds. By the bitwise family, a selection
//! by d, or a product of every bit with d, which rounds down (`compare::bitwise`).

use alloc::vec::Vec;

use super::compare::bitwise;
use super::error::range;
use super::{Error, Family, Party, multiply};
use crate::correlation::compare::{Plan, Task, Wish};
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Word};
use crate::secret::Scratch;
use crate::share::{BitShare, Share, add_public, resized, rounded};

/// # ReLU and absolute value
impl Party {
    /// max(x, 0) in O, for x that fits `bits` bits as a signed number.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let relu = party.relu::<_, Z2<16>>(&x, 8)?; // x = (5, −4), into a wider ring
    /// party.open(&relu) // 5, 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5, 0]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn relu<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        self.relu_truncate(x, bits, 0)
    }

    /// max(x, 0) / 2^shift in O, for x that fits `bits` bits as a signed number and, if shift > 0, is at most
    /// 2^(bits − 1) − 2^shift: above that the result may be 0. It is rounded down or up at
    /// random, without bias where shares are uniform, as those are that come out of a protocol; by [`Family::Bitwise`], always down. The
    /// random threshold is known to the parties, so that one that is
    /// shown results of the same x again and again learns bits that were dropped: see [`truncate`](Self::truncate).
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[8, 252]))?;
    /// let relu = party.relu_truncate::<_, Z2<8>>(&x, 8, 2)?; // x = (8, −4)
    /// party.open(&relu) // 2, 0: exact, since 4 divides 8
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [2, 0]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and if `shift` is not below `bits`.
    pub fn relu_truncate<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
    ) -> Result<Share<O>, Error> {
        self.relu_low(x, bits, [shift, 0], O::BITS)
    }

    /// [`relu_truncate`](Self::relu_truncate), and the derivative as shared bits: whether x ≥ 0, but for x from −2^shift + 1 to −1, where
    /// the result is 0, either. By lookups it comes from the comparison and costs nothing; other families compare, and select.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[8, 252]))?;
    /// let (relu, derivative) = party.relu_with_derivative::<_, Z2<8>>(&x, 8, 1)?; // x = (8, −4)
    /// let gradient = party.select_bits(&derivative, &x)?;
    /// Ok((party.open(&relu)?, party.open(&gradient)?)) // (4, 0) and (8, 0)
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], (vec![4, 0], vec![8, 0]));
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`relu_truncate`](Self::relu_truncate), and if the family is not by lookups and x fits no truncation
    /// ([`truncate`](Self::truncate)).
    pub fn relu_with_derivative<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
    ) -> Result<(Share<O>, BitShare), Error> {
        self.relu_low_with_derivative(x, bits, shift, O::BITS)
    }

    /// [`relu_with_derivative`](Self::relu_with_derivative), correct modulo 2^low only.
    pub(crate) fn relu_low_with_derivative<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
        low: u32,
    ) -> Result<(Share<O>, BitShare), Error> {
        check(self.family, R::BITS, bits, shift)?;
        let Family::Lookup(wish) = self.family else {
            let derivative = self.negative_bits(x, bits)?.not(self.id());
            let truncated = self.truncate::<R, O>(x, bits, shift)?;
            return Ok((self.select_low(&derivative, &truncated, low)?, derivative));
        };
        let local = dropped_locally(self.family, self.parties(), bits, shift);
        let plan = |bits, shift| {
            Plan::choose(bits, Task::Relu { output: Elements::low::<O>(low), shift, skipped: 0 }, wish)
        };
        let (relu, derivative) = if local > 0 {
            let x: Scratch<R::Word> = rounded(self.id(), x.expose(), bits, local);
            self.relu_by_plan(&x, plan(bits - local, shift - local))?
        } else {
            self.relu_by_plan(x.expose(), plan(bits, shift))?
        };
        Ok((Share::of(relu), derivative))
    }

    /// [`relu_truncate`](Self::relu_truncate), correct modulo 2^low only. Of x from −2^skipped + 1 to −1 the result may be that of x
    /// itself, not 0, for x up to 2^(bits − 1) − 2^skipped; by families that compare all bits in any case it is 0.
    pub(crate) fn relu_low<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        [shift, skipped]: [u32; 2],
        low: u32,
    ) -> Result<Share<O>, Error> {
        check(self.family, R::BITS, bits, shift.max(skipped))?;
        self.relu_words(x.expose(), bits, [shift, skipped], Elements::low::<O>(low)).map(Share::of)
    }

    /// [`relu_low`](Self::relu_low), word by word, of what the family takes.
    pub(super) fn relu_words<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        [shift, skipped]: [u32; 2],
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        let local = dropped_locally(self.family, self.parties(), bits, shift);
        if local > 0 {
            let x: Scratch<W> = rounded(self.id(), x, compared(self.family, bits), local);
            let rest = [shift - local, skipped.saturating_sub(local)];
            return self.relu_words(&x, bits - local, rest, output);
        }
        match self.family {
            Family::Lookup(wish) => {
                self.shift_by_plan(x, Plan::choose(bits, Task::Relu { output, shift, skipped }, wish))
            }
            Family::Bitwise => self.relu_by_bitwise(x, bits, shift, output),
            Family::Dcf | Family::Legendre(_) => self.relu_by_product(x, bits, shift, output),
        }
    }

    /// By a comparison of any family: the product of d with x, changed to the output's ring and truncated.
    fn relu_by_product<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        shift: u32,
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        let positive = self.compare_words(x, bits, output, [V::one(), V::zero()])?;
        let truncated = if is_low(bits, shift, output.bits) {
            resized(x)
        } else {
            self.shift_by_plan(x, truncation(bits, shift, output))?
        };
        self.multiply_words(&positive, &truncated, output.bits)
    }

    /// max(min(x, ceiling), 0) in O, for x and x − ceiling that fit `bits` bits as signed numbers:
    /// ReLU(x) − ReLU(x − ceiling), both in the same rounds.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let clipped = party.clipped_relu::<_, Z2<8>>(&x, 8, 4)?; // x = (5, −4)
    /// party.open(&clipped) // 4, 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [4, 0]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`relu`](Self::relu), and if the ceiling is not in 0..=2^(bits − 1).
    pub fn clipped_relu<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        ceiling: R::Word,
    ) -> Result<Share<O>, Error> {
        let height = (ceiling & R::Word::mask(R::BITS)).widen();
        self.family.check(R::BITS, bits)?;
        range("ceiling of a ReLU", 0, 1 << (bits - 1), height.try_into().unwrap_or(u64::MAX))?;
        self.clipped_words(x.expose(), bits, ceiling, Elements::of::<O>()).map(Share::of)
    }

    /// [`clipped_relu`](Self::clipped_relu), word by word.
    fn clipped_words<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        ceiling: W,
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        let mut both: Scratch<W> = [x, x].concat().into();
        add_public(self.id(), ceiling.wrapping_neg(), &mut both[x.len()..]);
        let both: Scratch<V> = self.relu_words(&both, bits, [0, 0], output)?;
        let (below, above) = both.split_at(x.len());
        Ok(below.iter().zip(above).map(|(below, above)| below.wrapping_sub(above)).collect::<Vec<V>>().into())
    }

    /// |x| = 2·ReLU(x) − x, for x that fits `bits` bits as a signed number. In a ring of k bits, |−2^(k−1)| is
    /// −2^(k−1) itself.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let abs = party.abs(&x, 8)?; // x = (5, −4)
    /// party.open(&abs) // 5, 4
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5, 4]);
    /// # }
    /// ```
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

/// The low bits of which each party rounds its share by itself before anything is opened, if values of `bits` bits may be less than
/// 2^off off: of n parties the errors add up to less than n / 2 of what is left. Two bits are left, so that there is something to
/// compare.
pub(super) fn rounded_locally(family: Family, parties: usize, bits: u32, off: u32) -> u32 {
    let more = parties.next_power_of_two().ilog2().saturating_sub(1);
    if family == Family::Bitwise { 0 } else { off.saturating_sub(more).min(bits - 2) }
}

/// As [`rounded_locally`], of `shift` bits that are dropped with an error below 1: where all of them can be.
fn dropped_locally(family: Family, parties: usize, bits: u32, shift: u32) -> u32 {
    if parties == 2 { rounded_locally(family, parties, bits, shift) } else { 0 }
}

/// The low bits of x that a comparison of `bits` bits makes use of: by Legendre symbols it takes one more.
pub(super) fn compared(family: Family, bits: u32) -> u32 {
    bits + u32::from(matches!(family, Family::Legendre(_)))
}

/// Checks that `family` has a ReLU of `bits` bits of a ring of `ring` bits, truncated by `shift`.
pub(super) fn check(family: Family, ring: u32, bits: u32, shift: u32) -> Result<(), Error> {
    family.check(ring, bits)?;
    range("bits to truncate by", 0, u64::from(bits) - 1, shift.into())
}

fn check_cost(bits: u32, shift: u32) {
    assert!((2..=64).contains(&bits), "comparisons take 2 to 64 bits, not {bits}");
    assert!(shift < bits, "a shift by {shift} of {bits} bits");
}

/// Whether an element of `output` bits is made of the low bits of x alone.
fn is_low(bits: u32, shift: u32, output: u32) -> bool {
    shift == 0 && output <= bits
}

/// Truncates values that are not negative; what it makes of others is arbitrary.
fn truncation(bits: u32, shift: u32, output: Elements) -> Plan {
    Plan::choose(bits, Task::Truncate { output, shift }, Wish::default())
}

/// The cost of `len` ReLUs of `parties` parties by `family` of `bits` bits, truncated by `shift`, in a ring of `output`.
///
/// # Panics
/// If `bits` is not in 2..=64 or beyond what the family takes, or `shift` not below it.
pub fn relu(family: Family, [parties, len]: [usize; 2], bits: u32, shift: u32, output: Elements) -> Cost {
    check_cost(bits, shift);
    let local = dropped_locally(family, parties, bits, shift);
    relu_above(family, len, bits - local, [shift - local, 0], output)
}

/// As [`relu`], of any number of parties, with low bits that are skipped in the comparison.
pub(super) fn relu_above(
    family: Family,
    len: usize,
    bits: u32,
    [shift, skipped]: [u32; 2],
    output: Elements,
) -> Cost {
    check_cost(bits, shift);
    match family {
        Family::Lookup(wish) => Plan::choose(bits, Task::Relu { output, shift, skipped }, wish).cost(len),
        Family::Bitwise => bitwise::relu_cost(len, bits, shift, output),
        Family::Dcf | Family::Legendre(_) => {
            let change = match is_low(bits, shift, output.bits) {
                true => Cost::default(),
                false => truncation(bits, shift, output).cost(len),
            };
            family.cost(len, bits, Some(output)).then(change).then(multiply::multiply(len, output.bits))
        }
    }
}
