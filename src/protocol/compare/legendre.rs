//! Comparison by Legendre symbols.
//!
//! Two rounds, bits + 1 + 64·s opened bits and 16·s bytes and 2^(s−1) elements of the result from the
//! dealer a value, for s = 1, 3, 5 symbols; the mathematics in [`legendre`](crate::correlation::compare::legendre).

use super::{Error, Party, range};
use crate::correlation::bits::lowest_bits;
use crate::correlation::compare::bit_values;
use crate::correlation::compare::legendre::{Legendre, MAX_BITS, Variant};
use crate::net::Transport;
use crate::ring::{Ring, Z2};
use crate::share::{BitShare, Share};

impl<T: Transport> Party<T> {
    /// `[if +, if −]` of `values`, in O, by the majority of the Legendre symbols of every x, which must
    /// fit `bits` bits as a signed number. That is its sign on the variant's range and
    /// [`Variant::evaluate`] anywhere. [`compare`](Self::compare) lets no x out of the range, and else
    /// is the same.
    ///
    /// # Errors
    /// If `bits` is not in 2..=61, or not below k (the ring needs a spare bit), the network fails, the
    /// store has no such comparison next or the dealer's data is malformed.
    pub fn legendre<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        variant: Variant,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        let most = MAX_BITS.min(R::BITS - 1);
        range("bits of a comparison by Legendre symbols", 2, most as u64, bits as u64)?;
        let (mut y, masked) = Legendre::<R, O>::take(&mut self.store, x.len(), bits, variant)?.mask(x);
        self.network.open(&mut y, bits + 1)?;
        let (mut b, products) = masked.products(&y)?;
        self.network.open_field(&mut b, variant.field())?;
        Ok(products.finish(&b, values)?)
    }

    pub(super) fn compare_by_legendre<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        variant: Variant,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        let most = variant.bits().min(R::BITS - 1);
        range("bits of a comparison by Legendre symbols", 2, most as u64, bits as u64)?;
        self.legendre(x, bits, variant, values)
    }

    pub(super) fn negative_by_legendre<R: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        variant: Variant,
    ) -> Result<BitShare, Error> {
        // Modulo 2, a sum is an exclusive or.
        let negative: Share<Z2<1>> = self.compare_by_legendre(x, bits, variant, bit_values::<Z2<1>>())?;
        Ok(lowest_bits(&negative))
    }
}
