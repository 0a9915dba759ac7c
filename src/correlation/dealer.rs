//! The dealer: knows every party's seed, and nothing else.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::{Deck, Recipe, Seeds};
use crate::net::{Kind, NetError, Network, Transport};
use crate::prg::RootSeed;
use crate::protocol::Error;
use crate::share::Scratch;

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
    /// Opens the network's session: sends every party its seeds, drawn from `root`, which must not
    /// be used for another session of the same number. A dealer that can't tells the parties.
    ///
    /// # Errors
    /// If there are no parties, or the transport fails.
    pub fn open(mut network: Network<T>, root: &RootSeed) -> Result<Self, Error> {
        let dealt = Self::deal_seeds(&mut network, root);
        let deck = dealt.inspect_err(|error| network.abort(&error.to_string()))?;
        Ok(Self { sent: vec![0; network.parties()], network, deck })
    }

    fn deal_seeds(network: &mut Network<T>, root: &RootSeed) -> Result<Deck, Error> {
        let seeds = Seeds::derive(root, network.session(), network.parties());
        let deck = Deck::new(&seeds)?;
        for party in 0..seeds.parties() {
            let row = seeds.row(party);
            network.send_with(party, Kind::Seed, 16 * row.len(), |out| {
                let places = out.chunks_exact_mut(16).zip(row);
                places.for_each(|(out, seed)| out.copy_from_slice(seed.expose()));
                Ok::<(), NetError>(())
            })?;
        }
        Ok(deck)
    }

    /// Deals a recipe: sends each item's correction to the parties that get it.
    ///
    /// # Errors
    /// If the transport fails, or as [`Deck::deal`].
    pub fn deal(&mut self, recipe: &Recipe) -> Result<(), Error> {
        for request in recipe.requests() {
            let deck = &mut self.deck;
            request.check(deck.parties())?;
            match request.correction() {
                Some((1, bytes)) => {
                    let deal = |out: &mut [u8]| deck.deal_into(request, out);
                    self.network.send_with(0, Kind::Correction, bytes, deal)?;
                    self.sent[0] += bytes as u64;
                }
                Some((recipients, bytes)) => {
                    let mut correction = Scratch::zeros(bytes);
                    deck.deal_into(request, &mut correction)?;
                    for party in 0..recipients {
                        self.network.send(party, Kind::Correction, &correction)?;
                        self.sent[party] += bytes as u64;
                    }
                }
                None => deck.deal_into(request, &mut [])?,
            }
        }
        Ok(())
    }

    /// Its end of the network, to tell the parties of a failure.
    pub fn network_mut(&mut self) -> &mut Network<T> {
        &mut self.network
    }

    /// Bytes of corrections sent so far, per party.
    pub fn sent_bytes(&self) -> &[u64] {
        &self.sent
    }
}
