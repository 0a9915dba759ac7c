//! Truncation, x / 2^f.
//!
//! For x that fits k bits as a signed number let u = x + 2^(k−1), from 0 to 2^k − 1, and let y = u + r be opened modulo
//! 2^(k+1). u has no top bit, so the sum wraps if and only if r has its top bit and y has not. With ⌊·⌋ for the part above
//! the low f bits,
//!
//! ⌊y⌋ − ⌊r⌋ + 2^(k+1−f)·r_k·(1 − y_k) = ⌊u⌋ + \[y's low bits < r's low bits\],
//!
//! which is linear in what the dealer shares: ⌊r⌋ and r_k, in any ring. No large error can happen, for any number of
//! parties, and y is uniform: r covers the whole of Z_2^(k+1). (The deterministic wrap: Dalskov, Escudero, Keller,
//! *Fantastic Four*, USENIX Security 2021.)
//!
//! - [`Party::truncate`] leaves the bracket as it is: **stochastic rounding**. With c for the low f bits of y, the bracket is
//!   \[c < x mod 2^f\]. So the result is ⌊x / 2^f⌋ or one more, unbiased, and exact where 2^f divides x.
//! - [`Party::truncate_floor`] compares the low f bits by tables of chunks and subtracts the bracket: ⌊x / 2^f⌋ always.
//!
//! **Two parties** round their shares by themselves to multiples of 2^f (`share::round`) and open no more than the bits above: the
//! same function, whose c each party finds from the low part of its own share: (share + 2^(f−1) − party) mod 2^f. It is uniform where shares are, which those are that come out of a
//! protocol; a share that is truncated twice is rounded the same way twice.
//!
//! **What stochastic rounding tells.** (Of two parties, each knows a c of its own.) c is uniform in 0..2^f, independent of x, fresh for every value, and known to all
//! parties, since y is. Whoever learns no result learns nothing from it. Whoever learns a result R = ⌊x / 2^f⌋ + \[c < x mod 2^f\]
//! also knows c, and so that (R − 1)·2^f + c < x ≤ R·2^f + c. One such interval has as many values as ⌊x / 2^f⌋ leaves open; N
//! truncations of the same x give N intervals at random places, and x is in all of them: it becomes known to about 2·2^f / N.
//! The same holds where later steps stand between R and what is revealed, as far as R follows from that. Where an x is
//! truncated repeatedly and results are revealed, the floor tells only ⌊x / 2^f⌋, however often.
//!
//! | | rounds | opened bits | dealer's elements |
//! | --- | --- | --- | --- |
//! | truncate | 1 | k + 1, of two parties k + 1 − f | 1 or 2 |
//! | floor | as a comparison of f + 1 bits | k + 1, and those of its chunks | 1 or 2, and those of its tables |
//!
//! Local truncation whose result is to be in the ring of x errs with a probability that grows with x and n, and is not offered.

use super::error::range;
use super::{Error, Party};
use crate::correlation::compare::{Plan, Task, Wish};
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Word};
use crate::secret::Scratch;
use crate::share::{Share, add_public, rounded};

/// # Truncation and change of the ring
impl Party {
    /// x / 2^shift in O with stochastic rounding, for x that fits `bits` bits as a signed number: rounded up with a
    /// probability equal to the fraction that is dropped, else down. With a shift of 0, the exact change to another
    /// ring.
    ///
    /// The result is ⌊x / 2^shift⌋ + \[c < x mod 2^shift\] for a c that is uniform where shares are, as those are that come
    /// out of a protocol, and that all parties learn; each of two parties learns a c of its own. A party that is also shown the
    /// result learns that comparison, and from many truncations of the same x, shared anew, the bits that were dropped.
    /// [`truncate_floor`](Self::truncate_floor) has no such c.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[8, 252]))?;
    /// let quarter = party.truncate::<_, Z2<8>>(&x, 7, 2)?; // x = (8, −4)
    /// party.open(&quarter) // 2, −1: exact, since 4 divides both
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [2, 255]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `bits` is not in 1..=63 and below the width of R, `shift` is not below `bits`, the network
    /// fails or the store has no such truncation next.
    pub fn truncate<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
    ) -> Result<Share<O>, Error> {
        check_shift(R::BITS, bits, shift)?;
        self.truncate_words(x.expose(), bits, shift, Elements::of::<O>()).map(Share::of)
    }

    /// ⌊x / 2^shift⌋ in O, for x that fits `bits` bits as a signed number.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let half = party.truncate_floor::<_, Z2<8>>(&x, 7, 1)?; // x = (5, −4)
    /// party.open(&half) // 2, −2
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [2, 254]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`truncate`](Self::truncate).
    pub fn truncate_floor<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
    ) -> Result<Share<O>, Error> {
        check_shift(R::BITS, bits, shift)?;
        self.floor_words(x.expose(), bits, shift, Elements::of::<O>()).map(Share::of)
    }

    /// [`truncate`](Self::truncate), word by word.
    pub(super) fn truncate_words<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        shift: u32,
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        match local(self.parties(), shift) {
            0 => self.shifted(x, bits, shift, stochastic(bits, shift, output)),
            local => {
                // With the top bit free, as below.
                let x: Scratch<W> = rounded(self.id(), x, bits + 1, local);
                self.shifted(&x, bits - local, 0, stochastic(bits - local, 0, output))
            }
        }
    }

    /// [`truncate_floor`](Self::truncate_floor), word by word.
    pub(super) fn floor_words<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        shift: u32,
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        self.shifted(x, bits, shift, floor(self.family.wish(), bits, shift, output))
    }

    fn shifted<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        shift: u32,
        plan: Plan,
    ) -> Result<Scratch<V>, Error> {
        let mut x: Scratch<W> = x.to_vec().into();
        add_public(self.id(), W::one() << (bits as usize - 1), &mut x);
        let mut out = self.shift_by_plan(&x, plan)?;
        // 2^(k−1−f), which vanishes modulo 2^k of a narrow ring.
        let offset = V::truncate(1 << (bits - 1 - shift)).wrapping_neg();
        add_public(self.id(), offset, &mut out);
        Ok(out)
    }
}

/// Checks that numbers of `bits` bits in a ring of `ring` bits can be truncated by `shift`.
fn check_shift(ring: u32, bits: u32, shift: u32) -> Result<(), Error> {
    range("bits of a truncation", 1, u64::from(ring.min(64)) - 1, bits.into())?;
    range("bits to truncate by", 0, u64::from(bits) - 1, shift.into())
}

/// The low bits of which each party rounds its share by itself: all that are dropped, if the parties are two.
fn local(parties: usize, shift: u32) -> u32 {
    if parties == 2 { shift } else { 0 }
}

fn stochastic(bits: u32, shift: u32, output: Elements) -> Plan {
    Plan::choose(bits + 1, Task::Truncate { output, shift }, Wish::default())
}

fn floor(wish: Wish, bits: u32, shift: u32, output: Elements) -> Plan {
    let task = if shift == 0 { Task::Truncate { output, shift } } else { Task::Floor { output, shift } };
    Plan::choose(bits + 1, task, wish)
}

fn check(bits: u32, shift: u32) {
    assert!((1..=63).contains(&bits), "truncations take 1 to 63 bits, not {bits}");
    assert!(shift < bits, "a shift by {shift} of {bits} bits");
}

/// The cost of truncating `len` values of `bits` bits by `shift`, of `parties` parties, in a ring of `output`.
///
/// # Panics
/// If `bits` is not in 1..=63 or `shift` not below it.
pub fn truncate([parties, len]: [usize; 2], bits: u32, shift: u32, output: Elements) -> Cost {
    check(bits, shift);
    let local = local(parties, shift);
    stochastic(bits - local, shift - local, output).cost(len)
}

/// As [`truncate`], for the floor and any number of parties.
///
/// # Panics
/// As [`truncate`].
pub fn truncate_floor(wish: Wish, len: usize, bits: u32, shift: u32, output: Elements) -> Cost {
    check(bits, shift);
    floor(wish, bits, shift, output).cost(len)
}
