//! Comparison with zero, sign, greater-than.
//!
//! Values are compared on their low `bits` bits, read as two's complement: a value that is known to be small is compared
//! at its own length inside a larger ring. There are several families of comparisons, a file each. Everything that
//! compares uses the one that was set by [`Party::set_comparison`].

pub(super) mod bitwise;
mod dcf;
mod family;
mod legendre;
mod tables;

pub use self::family::{Family, UnknownFamily};
use super::error::{range, shape};
use super::{Error, Party};
use crate::correlation::compare::legendre as symbols;
use crate::correlation::compare::{self, Plan, Task};
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Word, Z2};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};

/// # Comparisons
impl Party {
    /// One of two public values in O for every x: `values[0]` where x ≥ 0, `values[1]` where x < 0.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let chosen = party.compare::<_, Z2<8>>(&x, 8, [7, 9])?; // x = (5, −4)
    /// party.open(&chosen) // 7, 9
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [7, 9]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `bits` is not in 2..=64, above k or beyond what the family takes, the family is not for this number of parties,
    /// the network fails, the store has no such comparison next or the dealer's data is malformed.
    pub fn compare<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        self.family.check(R::BITS, bits)?;
        self.compare_words(x.expose(), bits, Elements::of::<O>(), values).map(Share::of)
    }

    /// [`compare`](Self::compare), word by word, of what the family takes.
    pub(super) fn compare_words<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        output: Elements,
        values: [V; 2],
    ) -> Result<Scratch<V>, Error> {
        match self.family {
            Family::Lookup(wish) => {
                let task = Task::Negative(Some(output));
                self.compare_by_plan(x, Plan::choose(bits, task, wish), values)
            }
            Family::Dcf => self.compare_by_dcf(x, bits, output, values),
            Family::Bitwise => self.compare_by_bitwise(x, bits, output, values),
            Family::Legendre(variant) => self.compare_by_legendre(x, bits, variant, output, values),
        }
    }

    /// Compares by this family from now on. All parties must choose the same one.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::Family;
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// party.set_comparison(Family::Dcf); // one round for two parties, in place of two
    /// let sign = party.sign::<_, Z2<8>>(&x, 8)?;
    /// party.open(&sign)
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1, 255]);
    /// # }
    /// ```
    pub fn set_comparison(&mut self, family: Family) {
        self.family = family;
    }

    /// The family by which this party compares.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::Simulation;
    /// # use ringshare::Family;
    /// # let run = Simulation::new(2).run(|party| {
    /// assert_eq!(party.comparison(), Family::default());
    /// assert_eq!(party.comparison().name(), "lookup-balanced");
    /// Ok(())
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], ());
    /// # }
    /// ```
    pub fn comparison(&self) -> Family {
        self.family
    }

    /// The sign of every value, +1 or −1 in O; sgn(0) = +1.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let sign = party.sign::<_, Z2<8>>(&x, 8)?; // x = (5, −4)
    /// party.open(&sign) // 1, −1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1, 255]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub fn sign<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        self.compare(x, bits, compare::sign_values::<O>())
    }

    /// 1 where x < 0, else 0, in O.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let negative = party.negative::<_, Z2<8>>(&x, 8)?; // x = (5, −4)
    /// party.open(&negative) // 0, 1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0, 1]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn negative<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        self.compare(x, bits, compare::bit_values::<O>())
    }

    /// The bits \[x < 0\], shared as bits.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let negative = party.negative_bits(&x, 8)?; // x = (5, −4)
    /// party.open_bits(&negative) // bit 0 is 0, bit 1 is 1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0b10]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn negative_bits<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<BitShare, Error> {
        self.family.check(R::BITS, bits)?;
        self.negative_words(x.expose(), bits)
    }

    fn negative_words<W: Word>(&mut self, x: &[W], bits: u32) -> Result<BitShare, Error> {
        match self.family {
            Family::Lookup(wish) => self.bits_by_plan(x, Plan::choose(bits, Task::Negative(None), wish)),
            Family::Dcf => self.negative_by_dcf(x, bits),
            Family::Bitwise => self.negative_by_bitwise(x, bits),
            Family::Legendre(variant) => self.negative_by_legendre(x, bits, variant),
        }
    }

    /// 1 where a > b, else 0, in O: b − a is compared with zero, so it must fit `bits` bits as a signed number.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// let greater = party.greater::<_, Z2<8>>(&x, &y, 8)?; // 5 > 3, −4 > 2
    /// party.open(&greater) // 1, 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1, 0]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and if the lengths differ.
    pub fn greater<R: Ring, O: Ring>(
        &mut self,
        a: &Share<R>,
        b: &Share<R>,
        bits: u32,
    ) -> Result<Share<O>, Error> {
        let mut difference = difference(a, b)?;
        difference.negate();
        self.negative(&difference, bits)
    }

    /// The bits \[a > b\], shared as bits: b − a must fit `bits` bits.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// let greater = party.greater_bits(&x, &y, 8)?; // 5 > 3, −4 > 2
    /// party.open_bits(&greater) // bit 0 is 1, bit 1 is 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0b01]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`greater`](Self::greater).
    pub fn greater_bits<R: Ring>(
        &mut self,
        a: &Share<R>,
        b: &Share<R>,
        bits: u32,
    ) -> Result<BitShare, Error> {
        let mut difference = difference(a, b)?;
        difference.negate();
        self.negative_bits(&difference, bits)
    }
}

/// Checks that `bits` bits of a ring of `ring` bits can be compared.
pub(super) fn check_bits(ring: u32, bits: u32) -> Result<(), Error> {
    range("bits of a comparison", 2, ring.min(64).into(), bits.into())
}

/// a − b.
pub(super) fn difference<R: Ring>(a: &Share<R>, b: &Share<R>) -> Result<Share<R>, Error> {
    shape("elements of the right side of a comparison", a.len(), b.len())?;
    let mut difference = a.clone();
    difference.sub_assign(b);
    Ok(difference)
}

impl Family {
    /// Checks that this family compares `bits` bits of a ring of `ring` bits.
    pub(super) fn check(self, ring: u32, bits: u32) -> Result<(), Error> {
        check_bits(ring, bits)?;
        if let Self::Legendre(variant) = self {
            legendre::check_bits(variant.bits(), ring, bits)?;
        }
        Ok(())
    }

    /// The cost of `len` comparisons of `bits` bits, arithmetic in a ring of `output` or boolean.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64, or beyond what the family takes.
    pub fn cost(self, len: usize, bits: u32, output: Option<Elements>) -> Cost {
        let most = if let Self::Legendre(variant) = self { variant.bits() } else { 64 };
        assert!((2..=most).contains(&bits), "comparisons take 2 to {most} bits, not {bits}");
        match self {
            Self::Lookup(wish) => Plan::choose(bits, Task::Negative(output), wish).cost(len),
            Self::Dcf => dcf::cost(len, bits, output),
            Self::Bitwise => bitwise::sign_cost(len, bits, output),
            Self::Legendre(variant) => {
                symbols::cost(len, bits, variant, output.unwrap_or(Elements::of::<Z2<1>>()))
            }
        }
    }
}
