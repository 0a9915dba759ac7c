//! Input by an owner.
//!
//! See [`InputMask`](crate::correlation::InputMask): the owner learns the sum of the others' random shares beforehand, so that its
//! own share makes up the rest. No rounds, no opened bits, k bits an element from the dealer.

use super::error::shape;
use super::{Error, Party};
use crate::correlation::Cost;
use crate::net::Transport;
use crate::ring::{Ring, packed_len};
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
        if values.is_some() != (owner == party) && !self.network.is_dry() {
            return Err(Error::Owner { owner, party });
        }
        if let Some(values) = values {
            shape("values of an input", len, values.len())?;
        }
        let mask = self.store.input_mask(owner, len)?;
        match values {
            Some(values) => Ok(mask.share(values)?),
            None if self.network.is_dry() => Ok(Share::zeros(len)),
            None => Ok(mask.share(&[])?),
        }
    }
}

/// The cost of sharing `len` elements of k bits.
pub fn cost(len: usize, bits: u32) -> Cost {
    Cost { rounds: 0, opened_bits: 0, dealer_bytes: packed_len(len, bits) as u64 }
}
