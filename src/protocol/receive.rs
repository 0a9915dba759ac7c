//! Receiving what the dealer deals.
//!
//! A party announces a recipe, and collects what is dealt for it. Between the two it can do something else: a party that
//! announces the next batch before it evaluates this one finds the next one dealt.
//!
//! | party | dealer |
//! | --- | --- |
//! | announces A | |
//! | announces B, collects A | deals A |
//! | announces C, evaluates A | deals B |
//! | collects B | |
//! | announces D, evaluates B | deals C |

use alloc::vec::Vec;

use super::error::range;
use super::window::{Agreement, Announced, Announcement, Groups, MOST_AHEAD};
use super::{Error, Party};
use crate::net::Kind;
use crate::offline::Recipe;

impl Party {
    /// Receives what the dealer deals for a recipe, after all parties and the dealer have found that they have the same
    /// one. Stands for [`announce`](Self::announce) and [`collect`](Self::collect).
    ///
    /// ```no_run
    /// # use ringshare::{Party, Recipe, protocol::Error};
    /// # fn run(party: &mut Party, setup: Recipe, batch: Recipe) -> Result<(), Error> {
    /// party.receive(&setup)?; // once
    /// party.receive(&batch)?; // for every batch
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the recipe is malformed or differs from the dealer's or another party's, another one is announced and not
    /// collected, the transport fails or the dealer sends something else.
    pub fn receive(&mut self, recipe: &Recipe) -> Result<(), Error> {
        range("recipes announced and not collected", 0, 0, self.announced.len() as u64)?;
        self.announce(recipe)?;
        self.collect(recipe)
    }

    /// Announces a recipe to the dealer, which deals it when all parties have, while this party does something else. Up to
    /// 1,024 recipes may be announced and not [collected](Self::collect). The dealer deals them in this order, at most two
    /// ahead, and no more of the two together than the [window](Self::set_window) allows.
    ///
    /// ```no_run
    /// # use ringshare::{Party, Recipe, protocol::Error};
    /// # fn run(party: &mut Party, batch: Recipe, classify: fn(&mut Party) -> Result<(), Error>) -> Result<(), Error> {
    /// party.announce(&batch)?;
    /// for last in [false, false, true] {
    ///     party.collect(&batch)?;
    ///     if !last {
    ///         party.announce(&batch)?; // dealt during the online phase
    ///     }
    ///     classify(party)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the recipe is malformed, too many are announced or the transport fails.
    pub fn announce(&mut self, recipe: &Recipe) -> Result<(), Error> {
        span!(DEBUG, "announce", party = self.id(), items = recipe.requests().len());
        let ahead = self.announced.len() as u64;
        range("recipes announced and not collected", 0, MOST_AHEAD - 1, ahead)?;
        recipe.requests().iter().try_for_each(|request| self.store.check(request))?;
        let (digest, window, session) = (recipe.digest(), self.window, self.store.session());
        let position = self.announced.back().map_or(self.store.end(), |last| last.end);
        let announcement = Announcement::new(digest, window, position, session, self.family.name());
        self.network.send(self.parties(), Kind::Announce, &announcement.ahead(ahead).write())?;
        let end = position + recipe.requests().len() as u64;
        self.announced.push_back(Announced { digest, window, position, end });
        Ok(())
    }

    /// Receives what the dealer deals for the recipe that was [announced](Self::announce) first, of those that are not
    /// collected.
    ///
    /// # Errors
    /// If another recipe or none is next, or the store's items have been skipped since it was announced; if it differs from
    /// the dealer's or another party's, the transport fails or the dealer sends something else.
    pub fn collect(&mut self, recipe: &Recipe) -> Result<(), Error> {
        span!(INFO, "collect", party = self.id(), items = recipe.requests().len());
        let most = MOST_AHEAD;
        let Some(Announced { digest, window, position, .. }) = self.announced.front() else {
            return Err(Error::Range { what: "recipes announced", least: 1, most, found: 0 });
        };
        let (digest, window, expected) = (*digest, *window, *position);
        let (party, found) = (self.id(), recipe.digest());
        if found != digest {
            return Err(Error::Recipe { party, expected: digest, found });
        }
        // Else items would get other numbers than the dealer's, and the masks of others.
        if self.store.end() != expected {
            return Err(Error::Position { party, expected, found: self.store.end() });
        }
        let window = self.agreed(&digest, window)?;
        self.announced.pop_front();
        self.corrections(recipe, window)
    }

    /// Waits until the dealer has compared all parties' announcements. Returns the window in force.
    fn agreed(&mut self, digest: &[u8; 32], most: u64) -> Result<u64, Error> {
        let dealer = self.parties();
        let mut agreement = [0; Agreement::LEN];
        self.network.receive(dealer, Kind::Agree, &mut agreement)?;
        let Agreement { digest: found, window } = Agreement::read(&agreement);
        if found != *digest {
            return Err(Error::Recipe { party: dealer, expected: *digest, found });
        }
        range("window of the dealer", 0, most, window)?;
        self.store.note(digest);
        Ok(window)
    }

    fn corrections(&mut self, recipe: &Recipe, window: u64) -> Result<(), Error> {
        let lens: Vec<_> =
            recipe.requests().iter().map(|request| self.store.correction_len(request)).collect();
        let mut groups = Groups::new(window);
        let mut all = groups.clone();
        for bytes in lens.iter().flatten() {
            all.add(*bytes);
        }
        let dealer = self.parties();
        for (request, bytes) in recipe.requests().iter().zip(lens) {
            let correction = match bytes {
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
        // The dealer has been told that the next recipe was announced before these were taken in. Where none is
        // announced, it may have gone.
        if all.count() > 0 && !self.announced.is_empty() {
            self.network.send(dealer, Kind::Credit, &[])?;
        }
        Ok(())
    }
}
