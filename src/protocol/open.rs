//! Opening.
//!
//! x = Σ x_i becomes known to all parties ([`Party::open`]) or to one ([`Party::reveal`]). One round (two by scatter and
//! gather), k bits an element, nothing from the dealer.

use alloc::vec::Vec;

use super::Error;
use super::Party;
use super::error::range;
use crate::offline::Cost;
use crate::ring::Ring;
use crate::secret::wipe;
use crate::share::{BitShare, Share};

/// # Opening
impl Party {
    /// Opens a vector to all parties. The result is canonical: high bits are zero.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// party.open(&x) // everyone learns 5 and 252, which is −4
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5, 252]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the network fails.
    pub fn open<R: Ring>(&mut self, x: &Share<R>) -> Result<Vec<R::Word>, Error> {
        self.open_modulo(x, R::BITS)
    }

    /// Opens a vector modulo 2^bits.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// party.open_modulo(&x, 4) // of 5 and 252 the low four bits: 5 and 12
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5, 12]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `bits` is not in 1..=k, or the network fails.
    pub fn open_modulo<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Vec<R::Word>, Error> {
        range("bits to open", 1, R::BITS as u64, bits as u64)?;
        let mut words = x.expose().to_vec();
        // Until they are opened, the words are a share.
        self.network.open(&mut words, bits).inspect_err(|_| wipe(&mut words))?;
        Ok(words)
    }

    /// Opens a bit vector to all parties, 64 bits to a word.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let negative = party.negative_bits(&x, 8)?; // of 5 and −4
    /// party.open_bits(&negative) // bit 1 is set
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0b10]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the network fails.
    pub fn open_bits(&mut self, x: &BitShare) -> Result<Vec<u64>, Error> {
        // A vector that grew would leave parts of the share behind.
        let mut bytes = Vec::with_capacity(8 * x.expose().len());
        x.expose().iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes.truncate(x.len().div_ceil(8));
        self.network.open_bits(&mut bytes).inspect_err(|_| wipe(&mut bytes))?;
        bytes.resize(x.expose().len() * 8, 0);
        let word = |raw: &[u8]| raw.iter().rev().fold(0, |word, &byte| word << 8 | byte as u64);
        let words = bytes.chunks_exact(8).map(word).collect();
        // A peer may have sent anything behind the last bit.
        Ok(BitShare::from_words(words, x.len()).expose().to_vec())
    }

    /// Opens a vector to party `to` alone, which gets `Some` of the canonical elements; the others get `None`.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// party.reveal(&x, 1) // party 1 gets Some([5, 252]), the others None
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], Some(vec![5, 252]));
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the network fails, or there is no such party.
    pub fn reveal<R: Ring>(&mut self, x: &Share<R>, to: usize) -> Result<Option<Vec<R::Word>>, Error> {
        self.reveal_modulo(x, R::BITS, to)
    }

    /// Opens a vector modulo 2^bits to party `to` alone.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// party.reveal_modulo(&x, 4, 1) // party 1 gets Some([5, 12])
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], Some(vec![5, 12]));
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `bits` is not in 1..=k, the network fails, or there is no such party.
    pub fn reveal_modulo<R: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        to: usize,
    ) -> Result<Option<Vec<R::Word>>, Error> {
        range("bits to reveal", 1, R::BITS as u64, bits as u64)?;
        range("party to reveal to", 0, self.parties() as u64 - 1, to as u64)?;
        let mut words = x.expose().to_vec();
        let learned = self.network.reveal(&mut words, bits, to).inspect_err(|_| wipe(&mut words))?;
        if learned {
            return Ok(Some(words));
        }
        wipe(&mut words);
        Ok(None)
    }
}

/// The cost of opening `len` elements of k bits.
pub fn open(len: usize, bits: u32) -> Cost {
    Cost { rounds: 1, opened_bits: len as u64 * bits as u64, dealer_bytes: 0 }
}
