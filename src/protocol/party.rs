//! A party.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Error, Family};
use crate::correlation::{DryRun, Recipe, Store};
use crate::net::{Kind, Network, Transport};
use crate::prg::Seed;
use crate::share::Scratch;

/// One party of a session: its end of the network and its store of correlated randomness.
pub struct Party<T> {
    pub(super) network: Network<T>,
    pub(super) store: Store,
    pub(super) family: Family,
}

impl<T: Transport> Party<T> {
    /// Joins a session: receives this party's seeds from the dealer. A party that can't join tells the others.
    ///
    /// # Errors
    /// If the transport fails or the dealer sends something else.
    pub fn join(mut network: Network<T>) -> Result<Self, Error> {
        let dealer = network.parties();
        let mut received = Scratch::zeros(16 * dealer);
        let came = network.receive(dealer, Kind::Seed, &mut received);
        came.inspect_err(|error| network.abort(&error.to_string()))?;
        let seeds = received.chunks_exact(16).map(|raw| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(raw);
            Seed::from_bytes(bytes)
        });
        let seeds: Vec<Seed> = seeds.collect();
        Ok(Self { store: Store::new(network.id(), &seeds)?, network, family: Family::default() })
    }

    /// A party that sends nothing and takes anything from its store, to find a recipe and a cost.
    /// Every opened value is zero in its run, and heavy products are skipped.
    pub fn dry(parties: usize) -> Self {
        Self { network: Network::dry(0, parties), store: Store::dry(parties), family: Family::default() }
    }

    /// What a dry run took since it began, or since the last call.
    pub fn take_dry_run(&mut self) -> DryRun {
        let (rounds, sent_bytes) = self.network.take_counts();
        DryRun { recipe: Recipe(self.store.take_asked()), rounds, sent_bytes }
    }

    /// Receives what the dealer deals for a recipe.
    ///
    /// # Errors
    /// If the recipe is malformed, the transport fails or the dealer sends something else.
    pub fn receive(&mut self, recipe: &Recipe) -> Result<(), Error> {
        let dealer = self.network.parties();
        for request in recipe.requests() {
            request.check(dealer)?;
            let correction = match self.store.correction_len(request) {
                Some(bytes) => {
                    let mut correction = self.store.buffer(bytes);
                    self.network.receive(dealer, Kind::Correction, &mut correction)?;
                    Some(correction)
                }
                None => None,
            };
            self.store.put_scratch(request.clone(), correction)?;
        }
        Ok(())
    }

    /// This party's number.
    pub fn id(&self) -> usize {
        self.network.id()
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.network.parties()
    }

    /// Its end of the network.
    pub fn network(&self) -> &Network<T> {
        &self.network
    }

    /// Its end of the network, to choose the topology or to finish.
    pub fn network_mut(&mut self) -> &mut Network<T> {
        &mut self.network
    }

    /// Items left in its store.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
