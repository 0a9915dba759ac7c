//! From bits to numbers.
//!
//! One round, and one opened bit for every bit. For bit j of a number in Z_2^k the dealer sends k − j bits: only so many
//! count of what is multiplied by 2^j. See [`DaBits`](crate::correlation::bits::DaBits).

use alloc::vec::Vec;

use crate::correlation::bits::DaBitsRequest;
use crate::correlation::compare;
use crate::offline::{Cost, Elements};
use crate::protocol::error::{range, shape};
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};

/// # From bits to numbers
impl Party {
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
        self.numbers(&planes, Elements::of::<O>(), compare::bit_values::<O>()).map(Share::of)
    }

    /// Of one plane, `values[0]` where the bit is 0 and `values[1]` where it is 1; of more, the line through the two. There
    /// is a plane at least, and no more than the output has bits.
    pub(in crate::protocol) fn numbers<V: Word>(
        &mut self,
        planes: &[&BitShare],
        output: Elements,
        values: [V; 2],
    ) -> Result<Scratch<V>, Error> {
        let asked = DaBitsRequest { len: planes[0].len(), planes: planes.len() as u32, output };
        let (mut opened, dabits) = self.store.dealt(asked)?.mask(planes);
        self.network.open_bits(&mut opened)?;
        Ok(dabits.finish_values(&opened, values)?)
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
