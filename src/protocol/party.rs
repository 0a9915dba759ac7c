//! A party.

use alloc::string::ToString;

use super::window::{Announcement, Groups};
use super::{Error, Family};
use crate::net::{Kind, Network, Transport};
use crate::offline::{DryRun, PartySeeds, Recipe, Store};
use crate::secret::Scratch;

/// One party of a session: its end of the network and its store of correlated randomness.
///
/// Its methods are the protocols, one file each: input, opening, products, lookups, comparisons and what stands on
/// them. All parties call the same ones in the same order.
pub struct Party<T> {
    pub(super) network: Network<T>,
    pub(super) store: Store,
    pub(super) family: Family,
    window: u64,
}

/// Bytes of corrections that may be on their way from the dealer to a party, unless it says otherwise: 16 MiB.
const WINDOW: u64 = 16 << 20;

/// # Joining, dealing and ending
impl<T: Transport> Party<T> {
    /// Joins a session: receives this party's seeds from the dealer. A party that can't join tells the others.
    ///
    /// # Errors
    /// If the transport fails or the dealer sends something else.
    pub fn join(mut network: Network<T>) -> Result<Self, Error> {
        let dealer = network.parties();
        let mut received = Scratch::zeros(PartySeeds::len(dealer));
        let came = network.receive(dealer, Kind::Seed, &mut received).map_err(Error::from);
        let seeds = came.and_then(|()| Ok(PartySeeds::read(network.id(), &received)?));
        let seeds = seeds.inspect_err(|error| network.abort(&error.to_string()))?;
        Ok(Self::from_parts(network, Store::new(seeds)))
    }

    /// A party of an end of the network and a store, which was filled elsewhere or before.
    ///
    /// ```no_run
    /// # fn resume<T: ringshare::net::Transport>(
    /// #     network: ringshare::net::Network<T>, store: ringshare::offline::Store,
    /// # ) -> Result<(), ringshare::protocol::Error> {
    /// use ringshare::protocol::Party;
    /// let party = Party::from_parts(network, store); // no dealer
    /// let (network, store) = party.into_parts();
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_parts(network: Network<T>, store: Store) -> Self {
        Self { network, store, family: Family::default(), window: WINDOW }
    }

    /// Its end of the network and its store, with what is left in it.
    pub fn into_parts(self) -> (Network<T>, Store) {
        (self.network, self.store)
    }

    /// Lets the dealer have at most so many bytes of corrections on their way to this party, or two corrections if
    /// these are more; 16 MiB unless it is set. It bounds what a dealer that runs ahead, and the transport between,
    /// must hold.
    pub fn set_window(&mut self, bytes: u64) {
        self.window = bytes;
    }

    /// Receives what the dealer deals for a recipe, once all parties and the dealer have agreed that it is theirs.
    ///
    /// # Errors
    /// If the recipe is malformed or not the dealer's and everybody's, the transport fails or the dealer sends
    /// something else.
    pub fn receive(&mut self, recipe: &Recipe) -> Result<(), Error> {
        self.agree(recipe)?;
        let corrections = recipe.requests().iter().map(|request| self.store.correction_len(request));
        let mut groups = Groups::new(self.window);
        let mut all = groups.clone();
        for bytes in corrections.flatten() {
            all.add(bytes);
        }
        let dealer = self.parties();
        for request in recipe.requests() {
            let correction = match self.store.correction_len(request) {
                Some(bytes) => {
                    // A group begins, so the one before has been taken in; the dealer waits for that before the next.
                    if groups.add(bytes).is_some_and(|group| group >= 1 && group + 1 < all.count()) {
                        self.network.send(dealer, Kind::Credit, &[])?;
                    }
                    let mut correction = self.store.buffer(bytes);
                    self.network.receive(dealer, Kind::Correction, &mut correction)?;
                    Some(correction)
                }
                None => None,
            };
            self.store.put_buffer(request.clone(), correction)?;
        }
        Ok(())
    }

    /// Announces a recipe and waits until the dealer has compared all parties' announcements.
    fn agree(&mut self, recipe: &Recipe) -> Result<(), Error> {
        recipe.requests().iter().try_for_each(|request| self.store.check(request))?;
        let (digest, dealer) = (recipe.digest(), self.parties());
        let announcement = Announcement::new(digest, self.window, self.family.name()).write();
        self.network.send(dealer, Kind::Announce, &announcement)?;
        let mut found = [0; 32];
        self.network.receive(dealer, Kind::Agree, &mut found)?;
        if found != digest {
            return Err(Error::Recipe { party: dealer, expected: digest, found });
        }
        self.store.note(&digest);
        Ok(())
    }

    /// Waits until every party has come to its end without an error, by the same steps: the same recipes received,
    /// as many items used, the same openings. A fault that this party could not have noticed by itself (its last frame
    /// was lost, another's program differs where nothing showed it) is noticed here.
    ///
    /// # Errors
    /// If any party has failed or done something else.
    pub fn finish(&mut self) -> Result<(), Error> {
        Ok(self.network.finish(&self.store.steps())?)
    }

    /// Tells everyone that this party has failed, and why, unless it is one of them who failed.
    pub fn abort(&mut self, error: &Error) {
        self.network.abort(&error.to_string());
    }
}

/// # Dry runs
impl<T: Transport> Party<T> {
    /// A party that sends nothing and takes anything from its store, to find a recipe and a cost.
    /// Every opened value is zero in its run, and heavy products are skipped.
    ///
    /// ```
    /// use ringshare::net::Nowhere;
    /// use ringshare::protocol::Party;
    /// use ringshare::ring::Z2;
    ///
    /// let mut party = Party::<Nowhere>::dry(3);
    /// let x = party.input::<Z2<14>>(0, 100, None)?;
    /// party.sign::<Z2<14>, Z2<14>>(&x, 14)?;
    /// let found = party.take_dry_run();
    /// assert_eq!((found.rounds, found.recipe.requests().len()), (2, 2));
    /// # Ok::<(), ringshare::protocol::Error>(())
    /// ```
    pub fn dry(parties: usize) -> Self {
        Self::from_parts(Network::dry(0, parties), Store::dry(parties))
    }

    /// Whether this is a dry run, in which heavy local work may be left out.
    pub fn is_dry(&self) -> bool {
        self.store.is_dry()
    }

    /// What a dry run took since it began, or since the last call.
    pub fn take_dry_run(&mut self) -> DryRun {
        let (rounds, sent_bytes) = self.network.take_counts();
        DryRun { recipe: Recipe(self.store.take_asked()), rounds, sent_bytes }
    }
}

/// # Its parts
impl<T: Transport> Party<T> {
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

    /// Its end of the network, to choose the topology or to open something in a protocol of one's own.
    pub fn network_mut(&mut self) -> &mut Network<T> {
        &mut self.network
    }

    /// Its store: what is left, and where it stands.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its store, to take a correlation for a protocol of one's own.
    pub fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}
