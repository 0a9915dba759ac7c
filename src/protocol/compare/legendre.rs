//! Comparison by Legendre symbols.
//!
//! Two rounds. For each value, with s = 1, 3 or 5 symbols: bits + 1 + 64·s opened bits, and from the dealer 16·s bytes and
//! 2^(s−1) elements of the result. The mathematics is in [`legendre`](crate::correlation::compare::legendre).

use super::{Error, Party, range};
use crate::correlation::bits::lowest;
use crate::correlation::compare::bit_values;
use crate::correlation::compare::legendre::{LegendreRequest, MAX_BITS, Variant};
use crate::offline::Elements;
use crate::ring::{Ring, Word, Z2};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};

/// # Legendre symbols
impl Party {
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
        check_bits(MAX_BITS, R::BITS, bits)?;
        let output = Elements::of::<O>();
        self.compare_by_legendre(x.expose(), bits, variant, output, values).map(Share::of)
    }

    pub(super) fn compare_by_legendre<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        variant: Variant,
        output: Elements,
        values: [V; 2],
    ) -> Result<Scratch<V>, Error> {
        let asked = LegendreRequest { len: x.len(), word: W::BITS, bits, variant, output };
        let (mut y, masked) = self.store.dealt(asked)?.mask(x);
        self.network.open(&mut y, bits + 1)?;
        let (mut b, symbols) = masked.products(&y)?;
        self.network.open_field(&mut b, variant.field())?;
        Ok(symbols.finish(&b, values)?)
    }

    pub(super) fn negative_by_legendre<W: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        variant: Variant,
    ) -> Result<BitShare, Error> {
        // Modulo 2, a sum is an exclusive or.
        let output = Elements::of::<Z2<1>>();
        let negative = self.compare_by_legendre(x, bits, variant, output, bit_values::<Z2<1>>())?;
        Ok(lowest(&negative))
    }
}

/// Checks that values of `bits` bits, at most `most`, can be compared in a ring of `ring` bits.
pub(super) fn check_bits(most: u32, ring: u32, bits: u32) -> Result<(), Error> {
    range("bits of a comparison by Legendre symbols", 2, most.min(ring - 1).into(), bits.into())
}
