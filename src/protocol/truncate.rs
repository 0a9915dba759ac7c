//! Truncation, x / 2^f.
//!
//! For x that fits k bits as a signed number let u = x + 2^(k−1), from 0 to 2^k − 1, and y = u + r
//! opened modulo 2^(k+1). The sum wraps if and only if r has its top bit and y has not (u has none),
//! so with ⌊·⌋ for the part above the low f bits
//!
//! ⌊y⌋ − ⌊r⌋ + 2^(k+1−f)·r_k·(1 − y_k) = ⌊u⌋ + \[y's low bits < r's low bits\],
//!
//! linear in what the dealer shares, ⌊r⌋ and r_k in any ring. No large error can happen, for any
//! number of parties, and there is no statistical distance: r covers the whole of Z_2^(k+1). (The
//! deterministic wrap: Dalskov, Escudero, Keller, *Fantastic Four*, USENIX Security 2021.)
//!
//! - [`Party::truncate`] leaves the bracket as it is. Functionality: a uniform c below 2^f becomes known
//!   to all (y's low bits), and the result is ⌊x / 2^f⌋ + \[c < x mod 2^f\]. So it is ⌊x / 2^f⌋ or one more,
//!   unbiased, exact where 2^f divides x; y itself tells nothing, and who is shown the result learns
//!   that function of x and c.
//! - [`Party::truncate_floor`] compares the low f bits by the tables of chunks and subtracts the
//!   bracket: ⌊x / 2^f⌋ always.
//!
//! | | rounds | opened bits | dealer's elements |
//! | --- | --- | --- | --- |
//! | truncate | 1 | k + 1 | 1 or 2 |
//! | floor | as a comparison of f + 1 bits | k + 1, and those of its chunks | 1 or 2, and those of its tables |
//!
//! Local truncation of shares, which errs with a probability that grows with x and n, is not here.

use alloc::vec;

use num_traits::{One, WrappingNeg};

use super::error::range;
use super::{Error, Party};
use crate::correlation::compare::{Plan, Task, Wish};
use crate::net::Transport;
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Word};
use crate::share::Share;

impl<T: Transport> Party<T> {
    /// x / 2^shift in O, rounded down, or up with the probability of the part that is dropped, for x that
    /// fits `bits` bits as a signed number. With a shift of 0, the exact change to another ring.
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
        self.shifted(x, bits, shift, stochastic(bits, shift, Elements::of::<O>()))
    }

    /// ⌊x / 2^shift⌋ in O, for x that fits `bits` bits as a signed number.
    ///
    /// # Errors
    /// As [`truncate`](Self::truncate).
    pub fn truncate_floor<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
    ) -> Result<Share<O>, Error> {
        let wish = self.family.wish();
        self.shifted(x, bits, shift, floor(wish, bits, shift, Elements::of::<O>()))
    }

    fn shifted<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        shift: u32,
        plan: impl FnOnce() -> Plan,
    ) -> Result<Share<O>, Error> {
        range("bits of a truncation", 1, R::BITS.min(64) as u64 - 1, bits as u64)?;
        range("bits to truncate by", 0, bits as u64 - 1, shift as u64)?;
        let mut x = x.clone();
        x.add_public(self.id(), &vec![R::Word::one() << (bits as usize - 1); x.len()]);
        let mut out = self.shift_by_plan::<R, O>(&x, plan())?;
        // 2^(k−1−f), which vanishes modulo 2^k of a narrow O.
        let offset = O::Word::truncate(1 << (bits - 1 - shift)).wrapping_neg();
        out.add_public(self.id(), &vec![offset; x.len()]);
        Ok(out)
    }
}

fn stochastic(bits: u32, shift: u32, output: Elements) -> impl FnOnce() -> Plan {
    move || Plan::choose(bits + 1, Task::Truncate { output, shift }, Wish::default())
}

fn floor(wish: Wish, bits: u32, shift: u32, output: Elements) -> impl FnOnce() -> Plan {
    let task = if shift == 0 { Task::Truncate { output, shift } } else { Task::Floor { output, shift } };
    move || Plan::choose(bits + 1, task, wish)
}

fn check(bits: u32, shift: u32) {
    assert!((1..=63).contains(&bits), "truncations take 1 to 63 bits, not {bits}");
    assert!(shift < bits, "a shift by {shift} of {bits} bits");
}

/// The cost of truncating `len` values of `bits` bits by `shift`, in a ring of `output`.
///
/// # Panics
/// If `bits` is not in 1..=63 or `shift` not below it.
pub fn truncate(len: usize, bits: u32, shift: u32, output: Elements) -> Cost {
    check(bits, shift);
    stochastic(bits, shift, output)().cost(len)
}

/// As [`truncate`], for the floor.
///
/// # Panics
/// As [`truncate`].
pub fn truncate_floor(wish: Wish, len: usize, bits: u32, shift: u32, output: Elements) -> Cost {
    check(bits, shift);
    floor(wish, bits, shift, output)().cost(len)
}
