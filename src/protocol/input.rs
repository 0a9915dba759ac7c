//! Input by an owner.
//!
//! See [`InputMask`](crate::correlation::InputMask): the owner knows the others' random shares, so
//! that its own makes up the rest. No rounds, no opened bits, nothing from the dealer.

use super::error::shape;
use super::{Error, Party};
use crate::correlation::InputMask;
use crate::net::Transport;
use crate::offline::Cost;
use crate::ring::Ring;
use crate::share::Share;

impl<T: Transport> Party<T> {
    /// Shares `len` values of the party `owner`, who gives them; the others give `None`.
    ///
    /// # Errors
    /// If the owner gives none or another number of values, or another party gives some.
    pub fn input<R: Ring>(
        &mut self,
        owner: usize,
        len: usize,
        values: Option<&[R::Word]>,
    ) -> Result<Share<R>, Error> {
        let party = self.id();
        super::error::range("owner of an input", 0, self.parties() as u64 - 1, owner as u64)?;
        // In a dry run, one party stands for all.
        if values.is_some() != (owner == party) && !self.is_dry() {
            return Err(Error::Owner { owner, party });
        }
        if let Some(values) = values {
            shape("values of an input", len, values.len())?;
        }
        let mask = InputMask::take(&mut self.store, owner, len)?;
        Ok(mask.share(values.unwrap_or_default()))
    }
}

/// The cost of sharing any number of elements.
pub fn input() -> Cost {
    Cost::default()
}
