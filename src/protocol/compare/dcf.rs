//! Comparison by distributed comparison functions: two parties.
//!
//! One round, k opened bits. The mathematics, and the bytes that the dealer sends, are in
//! [`correlation::compare::dcf`](crate::correlation::compare::dcf).

use super::{Error, Party, range};
use crate::correlation::compare::dcf::{Dcf, key_bytes};
use crate::net::Transport;
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Z2};
use crate::share::{BitShare, Share};

impl<T: Transport> Party<T> {
    pub(super) fn compare_by_dcf<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        self.check_two()?;
        let (mut y, masked) = Dcf::<R, O>::take(&mut self.store, x.len(), bits)?.mask(x);
        self.network.open(&mut y, bits)?;
        Ok(masked.finish(&y, values)?)
    }

    pub(super) fn negative_by_dcf<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<BitShare, Error> {
        self.check_two()?;
        let (mut y, masked) = Dcf::<R, Z2<1>>::take(&mut self.store, x.len(), bits)?.mask(x);
        self.network.open(&mut y, bits)?;
        Ok(masked.finish_bits(&y)?)
    }

    fn check_two(&self) -> Result<(), Error> {
        range("parties of a comparison by DCF", 2, 2, self.parties() as u64)
    }
}

/// The cost of `len` comparisons of `bits` bits.
pub(super) fn cost(len: usize, bits: u32, output: Option<Elements>) -> Cost {
    let key = key_bytes(len, bits, output.map_or(1, |output| output.bits));
    Cost { rounds: 1, opened_bits: len as u64 * bits as u64, dealer_bytes: 2 * key as u64 }
}
