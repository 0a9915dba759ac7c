//! Writing a store file.

use alloc::vec::Vec;
use std::path::Path;

use super::chunks::{Sealer, fresh_id, sealed_len};
use super::head::{HEAD, Part};
use super::{FileError, FileKey, Lot, StoreHead};
use crate::offline::{DEFAULT_LIMIT, Deck, Error, PartySeeds, Recipe};
use crate::secret::Scratch;

/// Writes the file of one party, item by item, and gives it its name when all are there. A writer that is dropped before
/// leaves nothing behind. [`deal_to_files`](super::deal_to_files) has one for every party.
pub struct StoreWriter {
    sealer: Sealer<HEAD>,
    head: StoreHead,
    /// Bytes of correction that the party gets for each item of the setup, and of a batch.
    setup: Vec<Option<usize>>,
    batch: Vec<Option<usize>>,
    /// Items so far.
    items: u64,
}

impl StoreWriter {
    /// Begins the file of the party whose seeds these are. `deck` is the one that deals the lot next. On Unix, only the
    /// file's owner may read it.
    ///
    /// # Errors
    /// If the seeds are of another session than the deck, the lot can't be dealt, or the system refuses the file.
    pub fn create(
        path: &Path,
        key: &FileKey,
        seeds: &PartySeeds,
        deck: &Deck,
        lot: &Lot<'_>,
    ) -> Result<Self, FileError> {
        if seeds.session() != deck.session() || seeds.parties() != deck.parties() {
            return Err(Error::Session.into());
        }
        let party = seeds.party();
        lot.setup
            .into_iter()
            .chain([lot.batch])
            .try_for_each(|recipe| recipe.check(seeds.parties(), DEFAULT_LIMIT))?;
        let head = StoreHead {
            session: seeds.session(),
            party,
            parties: seeds.parties(),
            item: deck.position(),
            batches: lot.count,
            kept: deck.kept() as u64,
            setup: lot.setup.map(|setup| Part::of(setup, party)),
            batch: Part::of(lot.batch, party),
            id: fresh_id()?,
        };
        head.check()?;
        sealed_len(head.len())?;
        let lens = |recipe: &Recipe| -> Vec<_> {
            let corrections = recipe.requests().iter().map(|request| request.correction());
            corrections
                .map(|to| to.filter(|&(recipients, _)| party < recipients).map(|(_, bytes)| bytes))
                .collect()
        };
        let mut sealer = Sealer::create(path, key, head.id, head.write())?;
        let mut row = Scratch::zeros(PartySeeds::len(seeds.parties()));
        seeds.write(&mut row);
        sealer.write(&row)?;
        let (setup, batch) = (lot.setup.map(lens).unwrap_or_default(), lens(lot.batch));
        Ok(Self { sealer, head, setup, batch, items: 0 })
    }

    /// Adds the next item of the lot, with the correction if the party gets one.
    ///
    /// # Errors
    /// If all items are there, the correction has another length, or the system refuses it.
    pub fn put(&mut self, correction: Option<&[u8]>) -> Result<(), FileError> {
        let all = self.all();
        if self.items == all {
            return Err(FileError::Items { expected: all, found: all.saturating_add(1) });
        }
        let setup = self.setup.len() as u64;
        let expected = match self.items.checked_sub(setup) {
            None => self.setup[self.items as usize],
            Some(item) => self.batch[(item % self.batch.len() as u64) as usize],
        };
        let (expected, found) = (expected.unwrap_or(0), correction.map_or(0, <[u8]>::len));
        if expected != found {
            return Err(Error::Correction { expected, found }.into());
        }
        self.sealer.write(correction.unwrap_or_default())?;
        self.items += 1;
        Ok(())
    }

    /// Ends the file, writes it to the disk and gives it its name.
    ///
    /// # Errors
    /// If items are missing, or the system refuses it.
    pub fn finish(self) -> Result<(), FileError> {
        let (expected, found) = (self.all(), self.items);
        if expected != found {
            return Err(FileError::Items { expected, found });
        }
        self.sealer.keep()
    }

    /// Items of the lot.
    fn all(&self) -> u64 {
        self.head.batch_item(self.head.batches) - self.head.item
    }
}
