//! The dealer: knows every party's seeds and the recipes, and nothing of inputs.
//!
//! | frame | from | to | bytes |
//! | --- | --- | --- | --- |
//! | seeds, once | dealer | every party | 16 for the session's tag, and 16 for each party |
//! | announcement, for each recipe | every party | dealer | 96: the recipe's digest, the party's window, the number of its first item, its session's tag, its family, how many it has announced before and not collected |
//! | agreement, for each recipe | dealer | every party | 40: the digest, the window in force |
//! | correction, for each item | dealer | the parties that get one | [`Request::correction`](crate::offline::Request::correction) |
//! | credit | a party that gets corrections | dealer | 0 |
//!
//! Nothing is dealt before all parties have announced the dealer's own recipe, from the dealer's own position in its own
//! session: else masks would be of other items, or used before. Then the dealer is at most a window
//! ahead of the slowest party: the smaller one of what that party ([`Party::set_window`](super::Party::set_window)) and
//! the dealer ([`Dealer::set_window`]) allow.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::Error;
use super::window::{Agreement, Ahead, Groups};
use crate::net::{Kind, NetError, Network};
use crate::offline::{Deck, PartySeeds, Recipe, Seeds};
use crate::prg::RootSeed;
use crate::secret::Scratch;

/// Hands out correlated randomness to the parties of one session.
///
/// It must be honest and collude with nobody: the dealer and any one party together can read everything. It may be gone
/// when the inputs come.
///
/// ```
/// # #[cfg(feature = "std")] {
/// use std::time::Duration;
/// use ringshare::net::{Memory, Network};
/// use ringshare::offline::Recipe;
/// use ringshare::prg::RootSeed;
/// use ringshare::protocol::{Dealer, Party};
///
/// let mut ends = Memory::mesh(3, Duration::from_secs(60)).into_iter();
/// let mut party = |id| Network::new(ends.next().unwrap(), id, 2, 1).unwrap();
/// let (zero, one, dealer) = (party(0), party(1), party(2));
/// std::thread::scope(|scope| {
///     for network in [zero, one] {
///         scope.spawn(|| Party::join(network).unwrap().receive(&Recipe::default()).unwrap());
///     }
///     let mut dealer = Dealer::open(dealer, &RootSeed::from_bytes([7; 32])).unwrap();
///     dealer.deal(&Recipe::default()).unwrap();
/// });
/// # }
/// ```
pub struct Dealer {
    network: Network,
    deck: Deck,
    /// Bytes of corrections sent so far, per party.
    sent: Vec<u64>,
    /// How far it is ahead of each party.
    ahead: Vec<Ahead>,
    window: u64,
}

impl Dealer {
    /// Opens the network's session: sends every party its seeds, drawn from `root`, which must not
    /// be used for another session of the same number. A dealer that can't tells the parties.
    ///
    /// # Errors
    /// If there are no parties, or the transport fails.
    pub fn open(mut network: Network, root: &RootSeed) -> Result<Self, Error> {
        let dealt = Self::deal_seeds(&mut network, root);
        let deck = dealt.inspect_err(|error| network.abort(&error.reason()))?;
        let ahead = core::iter::repeat_with(Ahead::default).take(network.parties()).collect();
        Ok(Self { sent: vec![0; network.parties()], ahead, network, deck, window: u64::MAX })
    }

    fn deal_seeds(network: &mut Network, root: &RootSeed) -> Result<Deck, Error> {
        let seeds = Seeds::derive(root, network.session(), network.parties());
        let deck = Deck::new(&seeds)?;
        for party in 0..seeds.parties() {
            let row = seeds.row(party)?;
            network.send_with(party, Kind::Seed, PartySeeds::len(seeds.parties()), |out| {
                row.write(out);
                Ok::<(), NetError>(())
            })?;
        }
        Ok(deck)
    }

    /// Deals a recipe: waits until all parties have announced it, then sends each item's correction to the parties
    /// that get it.
    ///
    /// # Errors
    /// If a party announces another recipe, another session or another position in it than the dealer's, or compares by
    /// another family than party 0, the transport fails, or as [`Deck::deal`]. The parties are told why, unless the recipe
    /// is refused before anything is sent.
    pub fn deal(&mut self, recipe: &Recipe) -> Result<(), Error> {
        self.deal_watched(recipe, &mut |_| ())
    }

    /// As [`deal`](Self::deal), and calls `watch` with the number of each item in the recipe when it has been dealt.
    /// What has passed on the clock since the call before may have passed in waiting for a party; processor time has
    /// gone into the item.
    ///
    /// # Errors
    /// As [`deal`](Self::deal).
    pub fn deal_watched(&mut self, recipe: &Recipe, watch: &mut dyn FnMut(usize)) -> Result<(), Error> {
        span!(INFO, "deal", items = recipe.requests().len());
        // Refused before anything is sent, this can be put right.
        recipe.requests().iter().try_for_each(|request| self.deck.check(request))?;
        self.agree_on(&[recipe])
            .and_then(|(_, windows)| self.send(recipe, &windows, watch))
            .inspect_err(|error| self.abort(error))
    }

    /// Deals the one of these recipes that all parties have announced, and returns its place among them. So parties can
    /// decide what is dealt next: an empty recipe, for one, with which they tell each other and the dealer that they are
    /// there.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use std::time::Duration;
    /// # use ringshare::net::{Memory, Network};
    /// # use ringshare::prg::RootSeed;
    /// use ringshare::offline::Recipe;
    /// use ringshare::protocol::{Dealer, Party};
    /// use ringshare::Z2;
    ///
    /// let mut dry = Party::dry(2);
    /// let x = dry.input::<Z2<14>>(0, 100, None).unwrap();
    /// dry.sign::<Z2<14>, Z2<14>>(&x, 14).unwrap();
    /// let (batch, beat) = (dry.take_dry_run().recipe, Recipe::default());
    /// # let mut ends = Memory::mesh(3, Duration::from_secs(60)).into_iter();
    /// # let mut party = |id| Network::new(ends.next().unwrap(), id, 2, 1).unwrap();
    /// # let (zero, one, dealer) = (party(0), party(1), party(2));
    /// # let [batch, beat] = [&batch, &beat];
    /// # std::thread::scope(|scope| {
    /// for network in [zero, one] {
    ///     scope.spawn(|| {
    ///         let mut party = Party::join(network).unwrap();
    ///         party.receive(beat).unwrap();
    ///         party.receive(batch).unwrap();
    ///         party.receive(beat).unwrap();
    ///     });
    /// }
    /// let mut dealer = Dealer::open(dealer, &RootSeed::from_bytes([7; 32])).unwrap();
    /// let dealt = [(); 3].map(|()| dealer.deal_one_of(&[batch, beat]).unwrap());
    /// assert_eq!(dealt, [1, 0, 1]);
    /// # });
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`deal`](Self::deal). A recipe that is none of these is compared with the first.
    pub fn deal_one_of(&mut self, recipes: &[&Recipe]) -> Result<usize, Error> {
        for recipe in recipes {
            recipe.requests().iter().try_for_each(|request| self.deck.check(request))?;
        }
        let dealt = self.agree_on(recipes).and_then(|(place, windows)| {
            let recipe = recipes.get(place).copied();
            recipe.map_or(Ok(()), |recipe| self.send(recipe, &windows, &mut |_| ()))?;
            Ok(place)
        });
        dealt.inspect_err(|error| self.abort(error))
    }

    /// Tells the parties that the dealer has failed, and why, unless the error is a party's failure.
    pub fn abort(&mut self, error: &Error) {
        self.network.abort(&error.reason());
    }

    /// Waits for all announcements, compares them and confirms. Returns which recipe it is, and the windows in force.
    fn agree_on(&mut self, recipes: &[&Recipe]) -> Result<(usize, Vec<u64>), Error> {
        let parties = self.network.parties();
        let mut announced = Vec::with_capacity(parties);
        for party in 0..parties {
            announced.push(self.ahead[party].announcement(&mut self.network, party)?);
        }
        let digests: Vec<[u8; 32]> = recipes.iter().map(|recipe| recipe.digest()).collect();
        let is_first = |digest: &[u8; 32]| announced.first().is_some_and(|party| party.digest == *digest);
        let place = digests.iter().position(is_first).unwrap_or(0);
        let digest = digests.get(place).copied().unwrap_or_default();
        for (party, other) in announced.iter().enumerate() {
            let families = [announced[0].family(), other.family()];
            if families[0] != families[1] {
                return Err(Error::Family { party, families: families.map(String::from) });
            }
            if other.digest != digest {
                return Err(Error::Recipe { party, expected: digest, found: other.digest });
            }
            if other.session != self.deck.session() {
                return Err(Error::Session { party });
            }
            let (expected, found) = (self.deck.position(), other.position);
            if expected != found {
                return Err(Error::Position { party, expected, found });
            }
        }
        let windows: Vec<u64> = announced.iter().map(|party| party.window.min(self.window)).collect();
        for (party, &window) in windows.iter().enumerate() {
            self.network.send(party, Kind::Agree, &Agreement { digest, window }.write())?;
        }
        Ok((place, windows))
    }

    fn send(&mut self, recipe: &Recipe, windows: &[u64], watch: &mut dyn FnMut(usize)) -> Result<(), Error> {
        for (party, (&window, ahead)) in windows.iter().zip(&mut self.ahead).enumerate() {
            ahead.begin(&mut self.network, party, recipe.dealer_bytes(party), window)?;
        }
        let mut groups: Vec<Groups> = windows.iter().map(|&window| Groups::new(window)).collect();
        for (number, request) in recipe.requests().iter().enumerate() {
            let Some((recipients, bytes)) = request.correction() else {
                self.deck.deal_into(request, &mut [])?;
                watch(number);
                continue;
            };
            for (party, groups) in groups.iter_mut().enumerate().take(recipients) {
                // The group before the last has arrived.
                if groups.add(bytes).is_some_and(|group| group >= 2) {
                    self.ahead[party].end_group(&mut self.network, party)?;
                }
                self.sent[party] += bytes as u64;
            }
            if recipients == 1 {
                let deck = &mut self.deck;
                let deal = |out: &mut [u8]| Ok::<(), Error>(deck.deal_into(request, out)?);
                self.network.send_with(0, Kind::Correction, bytes, deal)?;
            } else {
                let mut correction = Scratch::zeros(bytes);
                self.deck.deal_into(request, &mut correction)?;
                for party in 0..recipients {
                    self.network.send(party, Kind::Correction, &correction)?;
                }
            }
            watch(number);
        }
        for (party, (groups, ahead)) in groups.iter().zip(&mut self.ahead).enumerate() {
            ahead.end(&mut self.network, party, groups)?;
        }
        Ok(())
    }

    /// Has at most `bytes` of corrections on their way to a party, or twice the largest correction if that is more, however
    /// many the party allows. This bounds what the dealer's transport must hold for a party that is slow. Unless it is set,
    /// each party's own window holds.
    pub fn set_window(&mut self, bytes: u64) {
        self.window = bytes;
    }

    /// Bytes of corrections sent so far, per party.
    pub fn sent_bytes(&self) -> &[u64] {
        &self.sent
    }

    /// Its end of the network.
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// What it deals from, to limit the memory of an item or to skip what was dealt before.
    pub fn deck_mut(&mut self) -> &mut Deck {
        &mut self.deck
    }
}
