//! Comparison by distributed comparison functions: two parties.
//!
//! One round, k opened bits. The mathematics, and the bytes that the dealer sends, are in
//! [`correlation::compare::dcf`](crate::correlation::compare::dcf).

use super::{Error, Party, range};
use crate::correlation::compare::dcf::{DcfRequest, key_bytes};
use crate::offline::{Cost, Elements};
use crate::ring::{Word, Z2};
use crate::secret::Scratch;
use crate::share::BitShare;

impl Party {
    pub(super) fn compare_by_dcf<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        output: Elements,
        values: [V; 2],
    ) -> Result<Scratch<V>, Error> {
        self.check_two()?;
        let asked = DcfRequest { len: x.len(), input: Elements::held::<W>(bits), output };
        let (mut y, masked) = self.store.dealt(asked)?.mask(x);
        self.network.open(&mut y, bits)?;
        Ok(masked.finish(&y, values)?)
    }

    pub(super) fn negative_by_dcf<W: Word>(&mut self, x: &[W], bits: u32) -> Result<BitShare, Error> {
        self.check_two()?;
        let (input, output) = (Elements::held::<W>(bits), Elements::of::<Z2<1>>());
        let (mut y, masked) = self.store.dealt(DcfRequest { len: x.len(), input, output })?.mask(x);
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
