//! The dealer: knows every party's seed, and nothing else.

use alloc::vec;
use alloc::vec::Vec;

use super::{Deck, Recipe};
use crate::net::{Kind, Network, Transport};
use crate::prg::Seed;
use crate::protocol::Error;

/// Hands out correlated randomness to the parties of one session.
///
/// Semi-honest, and colluding with nobody: the dealer and any one party together know everything.
/// It is gone when the inputs come.
pub struct Dealer<T> {
    network: Network<T>,
    deck: Deck,
    /// Bytes of corrections sent so far, per party.
    sent: Vec<u64>,
}

impl<T: Transport> Dealer<T> {
    /// Opens the session: sends every party its seed. The seeds must be fresh, see [`Deck::new`].
    ///
    /// # Errors
    /// If there are not as many seeds as parties, or the transport fails.
    pub fn open(mut network: Network<T>, seeds: &[Seed]) -> Result<Self, Error> {
        if seeds.len() != network.parties() {
            return Err(Error::Shape { what: "seeds", expected: network.parties(), found: seeds.len() });
        }
        let deck = Deck::new(seeds)?;
        for (party, seed) in seeds.iter().enumerate() {
            network.send(party, Kind::Seed, seed.expose())?;
        }
        Ok(Self { network, deck, sent: vec![0; seeds.len()] })
    }

    /// Deals a recipe: sends each item's correction to the party that gets it.
    ///
    /// # Errors
    /// If the transport fails, or as [`Deck::deal`].
    pub fn deal(&mut self, recipe: &Recipe) -> Result<(), Error> {
        for request in recipe.requests() {
            let deck = &mut self.deck;
            match request.correction() {
                Some((party, bytes)) => {
                    let deal = |out: &mut [u8]| deck.deal_into(request, out);
                    self.network.send_with(party, Kind::Correction, bytes, deal)?;
                    self.sent[party] += bytes as u64;
                }
                None => deck.deal_into(request, &mut [])?,
            }
        }
        Ok(())
    }

    /// Bytes of corrections sent so far, per party.
    pub fn sent_bytes(&self) -> &[u64] {
        &self.sent
    }
}
