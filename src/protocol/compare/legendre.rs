//! Comparison by Legendre symbols.
//!
//! Two rounds. For each value, with s = 1, 3 or 5 symbols: bits + 1 + 64·s opened bits, and from the dealer 16·s bytes and
//! 2^(s−1) elements of the result. The mathematics is in [`legendre`](crate::correlation::compare::legendre).

use super::{Error, Party, range};
use crate::correlation::bits::lowest_bits;
use crate::correlation::compare::bit_values;
use crate::correlation::compare::legendre::{Legendre, MAX_BITS, Variant};
use crate::net::Transport;
use crate::ring::{Ring, Z2};
use crate::share::{BitShare, Share};

/// # Legendre symbols
impl<T: Transport> Party<T> {
    /// One of two public values in O for every x, by the majority of the Legendre symbols of x, which must fit `bits` bits
    /// as a signed number: `values[0]` for +, `values[1]` for −. The majority is the sign on the variant's range, and
    /// [`Variant::evaluate`] everywhere. [`compare`](Self::compare) does the same for bit lengths within the range only.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::correlation::compare::legendre::Variant;
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let sign = party.legendre::<_, Z2<8>>(&x, 7, Variant::Bsgn0, [1, 255])?; // x = (5, −4)
    /// party.open(&sign) // 1, −1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1, 255]);
    /// # }
    /// ```
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
