//! Opening.
//!
//! x = Σ x_i, to all ([`Party::open`]) or to one party ([`Party::reveal`]). One round (two by
//! scatter), k bits an element, nothing from the dealer.

use alloc::vec::Vec;

use super::Error;
use super::Party;
use super::error::range;
use crate::net::Transport;
use crate::offline::Cost;
use crate::ring::Ring;
use crate::secret::wipe;
use crate::share::{BitShare, Share};

impl<T: Transport> Party<T> {
    /// Opens a vector to all parties. The elements are canonical.
    ///
    /// # Errors
    /// If the network fails.
    pub fn open<R: Ring>(&mut self, x: &Share<R>) -> Result<Vec<R::Word>, Error> {
        self.open_modulo(x, R::BITS)
    }

    /// Opens a vector modulo 2^bits.
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
    /// # Errors
    /// If the network fails.
    pub fn open_bits(&mut self, x: &BitShare) -> Result<Vec<u64>, Error> {
        let mut bytes: Vec<u8> = x.expose().iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.truncate(x.len().div_ceil(8));
        self.network.open_bits(&mut bytes).inspect_err(|_| wipe(&mut bytes))?;
        bytes.resize(x.expose().len() * 8, 0);
        let word = |raw: &[u8]| raw.iter().rev().fold(0, |word, &byte| word << 8 | byte as u64);
        let words = bytes.chunks_exact(8).map(word).collect();
        // A peer may have sent anything behind the last bit.
        Ok(BitShare::from_words(words, x.len()).expose().to_vec())
    }

    /// Opens a vector to party `to` alone, who gets `Some` of its canonical elements.
    ///
    /// # Errors
    /// If the network fails, or there is no such party.
    pub fn reveal<R: Ring>(&mut self, x: &Share<R>, to: usize) -> Result<Option<Vec<R::Word>>, Error> {
        self.reveal_modulo(x, R::BITS, to)
    }

    /// Opens a vector modulo 2^bits to party `to` alone.
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
