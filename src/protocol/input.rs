//! Input by an owner.
//!
//! The owner knows the random shares of the others, and its own share is what is missing: see
//! [`InputMask`](crate::correlation::InputMask). No rounds, no opened bits, nothing from the dealer.

use alloc::vec::Vec;

use super::error::shape;
use super::{Error, Party};
use crate::correlation::InputMask;
use crate::offline::Cost;
use crate::ring::Ring;
use crate::secret::Scratch;
use crate::share::Share;

/// # Inputs
impl Party {
    /// Shares `len` values of the party `owner`, which passes `Some` of them; the others pass `None`.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// let values = (party.id() == 0).then_some([5, 252]); // party 0's: 5 and −4
    /// let x = party.input::<Z2<8>>(0, 2, values.as_ref().map(|x| &x[..]))?;
    /// party.open(&x)
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5, 252]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the owner gives none or another number of values, or another party gives some.
    pub fn input<R: Ring>(
        &mut self,
        owner: usize,
        len: usize,
        values: Option<&[R::Word]>,
    ) -> Result<Share<R>, Error> {
        let mask = self.input_mask(owner, len, values.map(<[_]>::len))?;
        Ok(mask.share(values.unwrap_or_default()))
    }

    /// As [`input`](Self::input): the owner's share takes the place of the values, so that much data needs no second
    /// place.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2, ring::FixedPoint};
    /// # let images = [0.0f32, 0.25, -1.5];
    /// let fixed = FixedPoint::<Z2<14>>::new(8).unwrap();
    /// # let run = Simulation::new(2).run(|party| {
    /// // A dry run asks for no values.
    /// let owned = party.id() == 0 && !party.is_dry();
    /// let words = owned.then(|| fixed.encode(&images).words);
    /// let x = party.input_in_place::<Z2<14>>(0, 3, words)?;
    /// party.open(&x)
    /// # });
    /// # assert_eq!(fixed.decode(&run.unwrap().outputs[1]), [0.0, 0.25, -1.5]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`input`](Self::input).
    pub fn input_in_place<R: Ring>(
        &mut self,
        owner: usize,
        len: usize,
        values: Option<Vec<R::Word>>,
    ) -> Result<Share<R>, Error> {
        // Wiped also where this fails.
        let values = values.map(Scratch::from);
        let mask = self.input_mask(owner, len, values.as_ref().map(|values| values.len()))?;
        Ok(mask.share_in_place(values.map(Scratch::take).unwrap_or_default()))
    }

    fn input_mask<R: Ring>(
        &mut self,
        owner: usize,
        len: usize,
        values: Option<usize>,
    ) -> Result<InputMask<R>, Error> {
        self.check_owner(owner, values.is_some())?;
        if let Some(values) = values {
            shape("values of an input", len, values)?;
        }
        Ok(InputMask::take(&mut self.store, owner, len)?)
    }

    /// Whether the owner, and nobody else, gives what is its own.
    pub(super) fn check_owner(&self, owner: usize, gives: bool) -> Result<(), Error> {
        let party = self.id();
        super::error::range("owner of an input", 0, (self.parties() as u64).saturating_sub(1), owner as u64)?;
        // In a dry run, one party stands for all.
        match gives != (owner == party) && !self.is_dry() {
            true => Err(Error::Owner { owner, party }),
            false => Ok(()),
        }
    }
}

/// The cost of sharing any number of elements.
pub fn input() -> Cost {
    Cost::default()
}
