//! From bits to numbers.
//!
//! One round, and one opened bit for every bit. For bit j of a number in Z_2^k the dealer sends k − j bits: only so many
//! count of what is multiplied by 2^j. See [`DaBits`](crate::correlation::bits::DaBits).

use alloc::vec::Vec;

use crate::correlation::bits::DaBits;
use crate::net::Transport;
use crate::offline::Cost;
use crate::protocol::error::{range, shape};
use crate::protocol::{Error, Party};
use crate::ring::{Ring, packed_len};
use crate::share::{BitShare, Share};

/// # From bits to numbers
impl<T: Transport> Party<T> {
    /// The bits as numbers 0 and 1 in O.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let negative = party.negative_bits(&x, 8)?; // x = (5, −4)
    /// let numbers = party.arithmetic::<Z2<16>>(&negative)?;
    /// party.open(&numbers) // 0, 1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0, 1]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the network fails, the store has no such daBits next or the dealer's data is malformed.
    pub fn arithmetic<O: Ring>(&mut self, x: &BitShare) -> Result<Share<O>, Error> {
        self.compose(core::slice::from_ref(x))
    }

    /// Σ 2^j·b_j in O, for the bits b_j of plane j: the inverse of [`bits`](Self::bits).
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let planes = party.bits(&x, 8)?; // of 5 and 252
    /// let numbers = party.compose::<Z2<16>>(&planes)?; // in another ring
    /// party.open(&numbers)
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5, 252]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there are not 1 to k planes or their lengths differ, and as [`arithmetic`](Self::arithmetic).
    pub fn compose<O: Ring>(&mut self, planes: &[BitShare]) -> Result<Share<O>, Error> {
        range("planes of a number", 1, O::BITS as u64, planes.len() as u64)?;
        let len = planes[0].len();
        planes.iter().try_for_each(|plane| shape("bits of a plane", len, plane.len()))?;
        let planes: Vec<&BitShare> = planes.iter().collect();
        let (mut opened, dabits) =
            DaBits::<O>::take(&mut self.store, len, planes.len() as u32)?.mask(&planes);
        self.network.open_bits(&mut opened)?;
        Ok(dabits.finish(&opened)?)
    }

    /// `[at 0, at 1]` of `values`.
    pub(in crate::protocol) fn arithmetic_values<O: Ring>(
        &mut self,
        x: &BitShare,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        let (mut opened, dabit) = DaBits::<O>::take(&mut self.store, x.len(), 1)?.mask(&[x]);
        self.network.open_bits(&mut opened)?;
        Ok(dabit.finish_values(&opened, values)?)
    }
}

/// The cost of making `len` numbers of a ring of `bits` bits from `planes` bits each; 1 for single bits.
///
/// # Panics
/// If there are more planes than bits.
pub fn compose(len: usize, planes: u32, bits: u32) -> Cost {
    assert!(planes <= bits, "{planes} planes in a ring of {bits} bits");
    Cost {
        rounds: 1,
        opened_bits: len as u64 * planes as u64,
        dealer_bytes: (0..planes).map(|j| packed_len(len, bits - j) as u64).sum(),
    }
}
