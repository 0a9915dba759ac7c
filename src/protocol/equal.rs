//! Equality.
//!
//! x = 0 if and only if the opened y = x + r is r. The *equal* bits of the chunks, here of all k bits of r, are multiplied
//! as in a comparison. Rounds, opened bits and dealer bytes are those of the plan for [`Task::Zero`], whatever the family,
//! because signs play no part in it. Only the bitwise family has a tree of its own (`compare::bitwise`).

use super::compare::{bitwise, check_bits, difference};
use super::error::shape;
use super::{Error, Family, Party};
use crate::correlation::compare::{self, Plan, Task};
use crate::offline::{Cost, Elements};
use crate::ring::Ring;
use crate::share::{BitShare, Share};

/// # Equality
impl Party {
    /// 1 where the low `bits` bits of x are zero, else 0, in O.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[0, 4]))?;
    /// let zero = party.zero::<_, Z2<8>>(&x, 8)?; // x = (0, 4)
    /// party.open(&zero) // 1, 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1, 0]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn zero<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        check_bits(R::BITS, bits)?;
        if self.family == Family::Bitwise {
            let zero = self.zero_by_bitwise(x.expose(), bits)?;
            return self.arithmetic(&zero);
        }
        let plan = Plan::choose(bits, Task::Zero(Some(Elements::of::<O>())), self.family.wish());
        self.compare_by_plan(x.expose(), plan, compare::bit_values::<O>()).map(Share::of)
    }

    /// The bits \[x = 0\], shared as bits, on the low `bits` bits of x.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[0, 4]))?;
    /// let zero = party.zero_bits(&x, 8)?; // x = (0, 4)
    /// party.open_bits(&zero) // bit 0 is 1, bit 1 is 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0b01]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn zero_bits<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<BitShare, Error> {
        check_bits(R::BITS, bits)?;
        if self.family == Family::Bitwise {
            return self.zero_by_bitwise(x.expose(), bits);
        }
        self.bits_by_plan(x.expose(), Plan::choose(bits, Task::Zero(None), self.family.wish()))
    }

    /// 1 where the low `bits` bits of a and b are the same, else 0, in O.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[5, 2]))?;
    /// let equal = party.equal::<_, Z2<8>>(&x, &y, 8)?; // 5 = 5, −4 = 2
    /// party.open(&equal) // 1, 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1, 0]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and if the lengths differ.
    pub fn equal<R: Ring, O: Ring>(
        &mut self,
        a: &Share<R>,
        b: &Share<R>,
        bits: u32,
    ) -> Result<Share<O>, Error> {
        self.zero(&difference(a, b)?, bits)
    }

    /// The bits \[a = b\], shared as bits, on the low `bits` bits of both.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[5, 2]))?;
    /// let equal = party.equal_bits(&x, &y, 8)?; // 5 = 5, −4 = 2
    /// party.open_bits(&equal) // bit 0 is 1, bit 1 is 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0b01]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`equal`](Self::equal).
    pub fn equal_bits<R: Ring>(&mut self, a: &Share<R>, b: &Share<R>, bits: u32) -> Result<BitShare, Error> {
        self.zero_bits(&difference(a, b)?, bits)
    }

    /// 1 where the low `bits` bits of x are those of a public number, else 0, in O.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let five = party.equal_public::<_, Z2<8>>(&x, &[5, 5], 8)?; // x = (5, −4)
    /// party.open(&five) // 1, 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1, 0]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`equal`](Self::equal).
    pub fn equal_public<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        public: &[R::Word],
        bits: u32,
    ) -> Result<Share<O>, Error> {
        shape("public numbers", x.len(), public.len())?;
        let mut difference = x.clone();
        difference.negate();
        difference.add_public(self.id(), public);
        self.zero(&difference, bits)
    }
}

/// The cost of `len` tests for zero by `family` at `bits` bits, in a ring of `output` or as bits.
///
/// # Panics
/// If `bits` is not in 2..=64.
pub fn equal(family: Family, len: usize, bits: u32, output: Option<Elements>) -> Cost {
    assert!((2..=64).contains(&bits), "comparisons take 2 to 64 bits, not {bits}");
    if family == Family::Bitwise {
        return bitwise::zero_cost(len, bits, output);
    }
    Plan::choose(bits, Task::Zero(output), family.wish()).cost(len)
}
