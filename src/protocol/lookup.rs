//! Masked lookup: any public function on few bits, of one number or of two.
//!
//! One round, m opened bits and 2^m elements from the dealer, where m is the number of bits of all indices together. See
//! [`Lookup`](crate::correlation::Lookup).

use super::error::{range, shape};
use super::{Error, Party};
use crate::correlation::Lookup;
use crate::function::Table;
use crate::offline::Cost;
use crate::ring::{Ring, packed_len};
use crate::share::Share;

/// # Lookups of public functions
impl Party {
    /// T(x mod 2^m) for every element, in any ring.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::function::Table;
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let square = Table::new(4, |x| x * x);
    /// let squares = party.lookup::<_, Z2<8>>(&x, &square)?; // x = (5, −4)
    /// party.open(&squares) // 25, 16
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [25, 16]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If m is above k, the table is one of pairs, the network fails, the store has no such tables next
    /// or the dealer's data is malformed.
    pub fn lookup<R: Ring, O: Ring>(&mut self, x: &Share<R>, table: &Table) -> Result<Share<O>, Error> {
        let [bits, second] = table.bits();
        range("bits of a lookup's index", 1, R::BITS as u64, bits as u64)?;
        range("bits of a second index", 0, 0, second as u64)?;
        let (mut opened, lookup) = Lookup::<O>::take(&mut self.store, x.len(), table)?.mask(x);
        self.network.open(&mut opened, bits)?;
        Ok(lookup.finish(&opened)?)
    }

    /// T(a mod 2^m_a, b mod 2^m_b) for every pair of elements, in any ring.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::function::Table;
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// let product = Table::pairs([4, 4], |a, b| a * b);
    /// let products = party.lookup_pair::<_, _, Z2<8>>(&x, &y, &product)?; // (5, −4) and (3, 2)
    /// party.open(&products) // 15, −8
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [15, 248]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lengths differ, a ring has fewer bits than its index, the table is not one of pairs, the
    /// network fails, the store has no such tables next or the dealer's data is malformed.
    pub fn lookup_pair<R: Ring, S: Ring, O: Ring>(
        &mut self,
        a: &Share<R>,
        b: &Share<S>,
        table: &Table,
    ) -> Result<Share<O>, Error> {
        let bits = table.bits();
        shape("elements of a second index", a.len(), b.len())?;
        range("bits of a first index", 1, R::BITS as u64, bits[0] as u64)?;
        range("bits of a second index", 1, S::BITS as u64, bits[1] as u64)?;
        let (mut opened, lookup) = Lookup::<O>::take(&mut self.store, a.len(), table)?.mask_pair(a, b);
        self.network.open_pairs(&mut opened, bits)?;
        Ok(lookup.finish(&opened)?)
    }
}

/// The cost of `len` lookups of `index_bits` ≤ 12 bits, of both indices together, into a ring of `bits` bits.
pub fn lookup(len: usize, index_bits: u32, bits: u32) -> Cost {
    Cost {
        rounds: 1,
        opened_bits: len as u64 * index_bits as u64,
        dealer_bytes: packed_len(len << index_bits, bits) as u64,
    }
}
