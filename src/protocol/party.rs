//! A party.

use alloc::collections::VecDeque;

use super::error::shape;
use super::window::Announced;
use super::{Error, Family};
use crate::net::{Kind, Network};
use crate::offline::{DryRun, PartySeeds, Recipe, Store};
use crate::secret::Scratch;

/// One party of a session: its end of the network and its store of correlated randomness.
///
/// Its methods are the protocols: input, opening, products, lookups, comparisons and what is built on them. All parties
/// call the same methods in the same order.
///
/// The methods of protocols say what they compute; rounds, opened bits and the dealer's part of all of them are in the
/// table of the [module](crate::protocol).
pub struct Party {
    pub(super) network: Network,
    pub(super) store: Store,
    pub(super) family: Family,
    pub(super) window: u64,
    /// Recipes that are announced and not collected yet, in order.
    pub(super) announced: VecDeque<Announced>,
}

/// Bytes of corrections that may be on their way from the dealer to a party, unless it says otherwise: 16 MiB.
const WINDOW: u64 = 16 << 20;

/// # Joining, dealing and ending
impl Party {
    /// Joins a session: receives this party's seeds from the dealer. A party that can't join tells the others.
    ///
    /// ```no_run
    /// # use ringshare::{Network, Party, Recipe, protocol::Error};
    /// # fn run(network: Network, recipe: Recipe) -> Result<(), Error> {
    /// let mut party = Party::join(network)?;
    /// party.receive(&recipe)?; // offline
    /// party.finish()
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the transport fails or the dealer sends something else.
    pub fn join(mut network: Network) -> Result<Self, Error> {
        span!(INFO, "join", party = network.id());
        let dealer = network.parties();
        let mut received = Scratch::zeros(PartySeeds::len(dealer));
        let came = network.receive(dealer, Kind::Seed, &mut received).map_err(Error::from);
        let seeds = came.and_then(|()| Ok(PartySeeds::read(network.id(), &received)?));
        let seeds = seeds.inspect_err(|error| network.abort(&error.reason()))?;
        Ok(Self::over(network, Store::new(seeds)))
    }

    /// Makes a party from an end of the network and a store that was filled elsewhere or before.
    ///
    /// ```no_run
    /// # use ringshare::{Network, Party, offline::Store, protocol::Error};
    /// # fn resume(network: Network, store: Store) -> Result<(), Error> {
    /// let party = Party::from_parts(network, store)?; // no dealer
    /// let (network, store) = party.into_parts();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the store is another party's, or of another number of parties.
    pub fn from_parts(network: Network, store: Store) -> Result<Self, Error> {
        shape("number of parties of a store", network.parties(), store.parties())?;
        shape("party that a store is of", network.id(), store.party())?;
        Ok(Self::over(network, store))
    }

    fn over(network: Network, store: Store) -> Self {
        Self { network, store, family: Family::default(), window: WINDOW, announced: VecDeque::new() }
    }

    /// Takes the party apart: its end of the network, and its store with what is left in it.
    ///
    /// ```no_run
    /// # use ringshare::{Party, protocol::Error};
    /// # fn run(party: Party) -> Result<(), Error> {
    /// let (network, store) = party.into_parts();
    /// let used = store.position(); // items, for a store that goes on
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_parts(self) -> (Network, Store) {
        (self.network, self.store)
    }

    /// Lets the dealer have at most `bytes` of corrections on their way to this party, or twice the largest correction if
    /// that is more; 16 MiB unless it is set. This bounds what the transport must hold when the dealer runs ahead.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::Simulation;
    /// # let run = Simulation::new(2).run(|party| {
    /// party.set_window(4 << 20); // 4 MiB
    /// Ok(())
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], ());
    /// # }
    /// ```
    pub fn set_window(&mut self, bytes: u64) {
        self.window = bytes;
    }

    /// Waits until every party has come to its end without an error and by the same steps: correlations of the same
    /// session, the same recipes received, as many items used, the same openings. This finds faults that a party can't
    /// notice by itself, such as a last frame that was lost, or programs that differ where no message showed it.
    ///
    /// ```no_run
    /// # use ringshare::{Party, protocol::Error};
    /// # fn run(party: &mut Party) -> Result<(), Error> {
    /// party.finish()?; // after the last opening
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If any party has failed or taken other steps.
    pub fn finish(&mut self) -> Result<(), Error> {
        Ok(self.network.finish(&self.store.steps())?)
    }

    /// Tells the others that this party has failed, and why, unless the error is another's failure.
    ///
    /// ```no_run
    /// # use ringshare::{Party, protocol::Error};
    /// # fn run(party: &mut Party, classify: fn(&mut Party) -> Result<u8, Error>) -> Result<u8, Error> {
    /// let class = classify(party).inspect_err(|error| party.abort(error))?;
    /// # Ok(class)
    /// # }
    /// ```
    pub fn abort(&mut self, error: &Error) {
        self.network.abort(&error.reason());
    }
}

/// # Dry runs
impl Party {
    /// A party that sends nothing and whose store hands out whatever is asked for, to find a recipe and a cost. In its
    /// run every opened value is zero, and heavy products are skipped.
    ///
    /// ```
    /// use ringshare::protocol::Party;
    /// use ringshare::ring::Z2;
    ///
    /// let mut party = Party::dry(3);
    /// let x = party.input::<Z2<14>>(0, 100, None)?;
    /// party.sign::<Z2<14>, Z2<14>>(&x, 14)?;
    /// let found = party.take_dry_run();
    /// assert_eq!((found.rounds, found.recipe.requests().len()), (2, 2));
    /// # Ok::<(), ringshare::protocol::Error>(())
    /// ```
    pub fn dry(parties: usize) -> Self {
        Self::over(Network::dry(0, parties), Store::dry(parties))
    }

    /// Whether this is a dry run, in which heavy local work can be skipped.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::Simulation;
    /// # let run = Simulation::new(2).run(|party| {
    /// // Simulation::run makes a dry run first: true there, false in the run itself.
    /// Ok(party.is_dry())
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], false);
    /// # }
    /// ```
    pub fn is_dry(&self) -> bool {
        self.store.is_dry()
    }

    /// What a dry run has taken since it began, or since the last call.
    pub fn take_dry_run(&mut self) -> DryRun {
        let (rounds, sent_bytes) = self.network.take_counts();
        DryRun { recipe: Recipe(self.store.take_asked()), rounds, sent_bytes }
    }
}

/// # Number, network and store
impl Party {
    /// This party's number.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::Simulation;
    /// # let run = Simulation::new(2).run(|party| {
    /// Ok(party.id()) // 0 at the first party, 1 at the second
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], 1);
    /// # }
    /// ```
    pub fn id(&self) -> usize {
        self.network.id()
    }

    /// The number of parties.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::Simulation;
    /// # let run = Simulation::new(2).run(|party| {
    /// Ok(party.parties()) // 2
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], 2);
    /// # }
    /// ```
    pub fn parties(&self) -> usize {
        self.network.parties()
    }

    /// Its end of the network.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let before = party.network().rounds();
    /// party.open(&x)?;
    /// Ok(party.network().rounds() - before) // 1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], 1);
    /// # }
    /// ```
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Its end of the network, to choose the topology or to open something in a protocol of one's own.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::net::Topology;
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// party.network_mut().set_topology(Topology::Direct);
    /// party.open(&x)
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5, 252]);
    /// # }
    /// ```
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// Its store: what is left, and where it stands.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::Simulation;
    /// # let run = Simulation::new(2).run(|party| {
    /// Ok(party.store().len()) // items that are left: none
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], 0);
    /// # }
    /// ```
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its store, to take a correlation for a protocol of one's own.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::correlation::Triple;
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// // A product, by hand.
    /// let triple = Triple::<Z2<8>>::take(party.store_mut(), 2)?;
    /// let (mut opened, triple) = triple.mask(&x, &y);
    /// party.network_mut().open(&mut opened, 8)?;
    /// let product = triple.finish(&opened);
    /// party.open(&product) // (5, −4) times (3, 2): 15, −8
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [15, 248]);
    /// # }
    /// ```
    pub fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}
