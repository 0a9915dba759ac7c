//! Choosing by a shared bit.
//!
//! One round, 1 + k bits opened, 2k bits from the dealer. See [`Select`](crate::correlation::bits::Select).

use crate::correlation::bits::Selector;
use crate::offline::Cost;
use crate::protocol::error::shape;
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};

/// # Choosing by a bit
impl Party {
    /// c·x: every value of x where its bit is set, else 0.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let negative = party.negative_bits(&x, 8)?; // x = (5, −4)
    /// let kept = party.select_bits(&negative, &x)?;
    /// party.open(&kept) // 0, −4
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0, 252]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lengths differ, the network fails, the store has no such item next or the dealer's data is
    /// malformed.
    pub fn select_bits<R: Ring>(&mut self, c: &BitShare, x: &Share<R>) -> Result<Share<R>, Error> {
        shape("bits to select by", x.len(), c.len())?;
        self.select_words(c, x.expose(), R::BITS).map(Share::of)
    }

    /// [`select_bits`](Self::select_bits), of x and a result that count modulo 2^bits alone.
    pub(crate) fn select_low<R: Ring>(
        &mut self,
        c: &BitShare,
        x: &Share<R>,
        bits: u32,
    ) -> Result<Share<R>, Error> {
        shape("bits to select by", x.len(), c.len())?;
        self.select_words(c, x.expose(), bits).map(Share::of)
    }

    /// [`select_bits`](Self::select_bits), word by word, modulo 2^bits.
    pub(in crate::protocol) fn select_words<W: Word>(
        &mut self,
        c: &BitShare,
        x: &[W],
        bits: u32,
    ) -> Result<Scratch<W>, Error> {
        let (mut y, mut gamma, selector) = Selector::take(&mut self.store, x.len(), bits)?.mask(c, x);
        self.network.open_both(&mut y, bits, &mut gamma)?;
        Ok(selector.finish(&y, &gamma)?)
    }

    /// The value of a where the bit is set, else that of b: b + c·(a − b).
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// let negative = party.negative_bits(&x, 8)?; // x = (5, −4)
    /// let chosen = party.select(&negative, &x, &y)?; // y = (3, 2)
    /// party.open(&chosen) // 3, −4
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [3, 252]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`select_bits`](Self::select_bits).
    pub fn select<R: Ring>(&mut self, c: &BitShare, a: &Share<R>, b: &Share<R>) -> Result<Share<R>, Error> {
        shape("elements to select from", a.len(), b.len())?;
        let mut difference = a.clone();
        difference.sub_assign(b);
        let mut out = self.select_bits(c, &difference)?;
        out.add_assign(b);
        Ok(out)
    }
}

/// The cost of selecting `len` elements of k bits.
pub fn select(len: usize, bits: u32) -> Cost {
    Cost {
        rounds: 1,
        opened_bits: len as u64 * (1 + bits as u64),
        dealer_bytes: 2 * packed_len(len, bits) as u64,
    }
}
