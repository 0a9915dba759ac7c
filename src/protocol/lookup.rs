//! Masked lookup: any public function on few bits.
//!
//! One round, m bits opened, 2^m elements from the dealer. See [`Lookup`](crate::correlation::Lookup).

use alloc::sync::Arc;

use super::error::{range, shape};
use super::{Error, Party};
use crate::correlation::{Cost, MAX_INDEX_BITS};
use crate::net::Transport;
use crate::ring::{Ring, packed_len};
use crate::share::Share;

impl<T: Transport> Party<T> {
    /// T(x mod 2^m) for every element, where `table` holds the 2^m values of T, in any ring.
    ///
    /// # Errors
    /// If m is not in 1..=12 or above k, the table's size is not 2^m, the network fails or the store
    /// has no such tables next.
    pub fn lookup<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        index_bits: u32,
        table: &Arc<[u64]>,
    ) -> Result<Share<O>, Error> {
        range("bits of a lookup's index", 1, MAX_INDEX_BITS.min(R::BITS) as u64, index_bits as u64)?;
        shape("entries of a lookup's table", 1 << index_bits, table.len())?;
        let lookup = self.store.lookup::<R, O>(x.len(), index_bits, table)?;
        let (mut opened, lookup) = lookup.mask(x);
        self.network.open(&mut opened, index_bits)?;
        Ok(lookup.finish(&opened)?)
    }
}

/// The cost of `len` lookups of `index_bits` ≤ 12 bits into a ring of `bits` bits.
pub fn cost(len: usize, index_bits: u32, bits: u32) -> Cost {
    Cost {
        rounds: 1,
        opened_bits: len as u64 * index_bits as u64,
        dealer_bytes: packed_len(len << index_bits, bits) as u64,
    }
}
