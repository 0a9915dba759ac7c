//! Reading a store file.

use alloc::vec::Vec;
use std::fs::File;
use std::path::Path;

use super::chunks::Opener;
use super::disk::read_head;
use super::head::{HEAD, Part};
use super::{FileError, FileKey, Ledger, StoreHead};
use crate::offline::{Error, PartySeeds, Recipe, Store};
use crate::secret::Scratch;

/// What the dealer has dealt to one party ahead of time: seeds, a setup if there is one, and batches, each of which is
/// handed out once.
///
/// The file is never written. Its [`Ledger`] says what has been used: the number of the next item in the session is the
/// first number of its position. One chunk of 64 KiB and the corrections of one recipe are in memory.
pub struct StoreFile {
    opener: Opener<File, HEAD>,
    head: StoreHead,
    seeds: PartySeeds,
    ledger: Ledger,
}

/// What comes next.
struct Next {
    part: Part,
    /// Where its corrections begin in the contents.
    place: u64,
    /// The number of its first item, and how many things the dealer has kept before.
    item: u64,
    kept: u64,
    is_setup: bool,
}

impl StoreFile {
    /// What a store file says of itself, such as the session that its ledger must be of. Nothing is used.
    ///
    /// # Errors
    /// If the file can't be read, has been changed, or is sealed under another key.
    pub fn inspect(path: &Path, key: &FileKey) -> Result<StoreHead, FileError> {
        unseal(path, key).map(|(_, head, _)| head)
    }

    /// Opens the file, and goes on where the ledger stands.
    ///
    /// # Errors
    /// If the file can't be read, has been changed, is sealed under another key, or is of another session or party than
    /// the ledger.
    pub fn open(path: &Path, key: &FileKey, ledger: Ledger) -> Result<Self, FileError> {
        let (opener, head, seeds) = unseal(path, key)?;
        if head.session != ledger.session() {
            return Err(FileError::Belongs { what: "session" });
        }
        if head.party != ledger.party() {
            return Err(FileError::Belongs { what: "party" });
        }
        Ok(Self { opener, head, seeds, ledger })
    }

    /// What the file says of itself.
    pub fn head(&self) -> &StoreHead {
        &self.head
    }

    /// The party's seeds. Make one [`Store`] of them: two that are filled from one file, one after the other, get different
    /// batches.
    pub fn seeds(&self) -> PartySeeds {
        let PartySeeds { session, party, seeds } = &self.seeds;
        PartySeeds { session: *session, party: *party, seeds: seeds.clone() }
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The ledger, for another file of the same session.
    pub fn into_ledger(self) -> Ledger {
        self.ledger
    }

    /// Whether the setup comes next.
    pub fn is_setup_next(&self) -> bool {
        self.next().is_some_and(|next| next.is_setup)
    }

    /// Batches that are left.
    pub fn left(&self) -> u64 {
        self.head.batches - self.batch().min(self.head.batches)
    }

    /// The number in the session of the next item that is handed out. Parties can go on together if they have the same.
    pub fn position(&self) -> u64 {
        let end = self.head.batch_item(self.head.batches);
        self.next().map_or(end.max(self.used()), |next| next.item)
    }

    /// Gives up everything before item `position`, the greatest [`position`](Self::position) of all parties. They differ if
    /// one has crashed between its ledger and its use of a batch, or if one had taken a batch and others had not.
    ///
    /// # Errors
    /// If the system refuses the ledger. A smaller position than this party's changes nothing.
    pub fn skip_to(&mut self, position: u64) -> Result<(), FileError> {
        if position > self.used() { self.ledger.advance([position, 0]) } else { Ok(()) }
    }

    /// Puts the next setup or batch into the store. It is marked as used on disk before: if the program ends at any time
    /// after, or this fails, it is never handed out again.
    ///
    /// An empty store is moved to the batch's place in the session. For a [`Party`](crate::Party):
    /// `file.fill(party.store_mut(), &recipe)` stands for `party.receive(&recipe)`.
    ///
    /// # Errors
    /// If all batches are used, the recipe is another than the next one's, the store is of another session or party or has
    /// come further, the file has been changed, or the system refuses the ledger.
    pub fn fill(&mut self, store: &mut Store, recipe: &Recipe) -> Result<(), FileError> {
        let next = self.next().ok_or(FileError::Used { batches: self.head.batches })?;
        let asked = Part::of(recipe, self.head.party);
        if next.part != asked {
            let (expected, found) = (next.part.digest, asked.digest);
            return Err(FileError::Recipe { setup: next.is_setup, expected, found });
        }
        if store.session() != self.head.session {
            return Err(Error::Session.into());
        }
        if store.party() != self.head.party {
            return Err(FileError::Belongs { what: "party" });
        }
        recipe.requests().iter().try_for_each(|request| store.check(request))?;
        let mut place = next.place;
        let mut corrections: Vec<Option<Scratch<u8>>> = Vec::with_capacity(recipe.requests().len());
        for request in recipe.requests() {
            let correction = store.correction_len(request).map(|bytes| -> Result<_, FileError> {
                let mut correction = store.buffer(bytes);
                self.opener.read(place, &mut correction)?;
                place += bytes as u64;
                Ok(correction)
            });
            corrections.push(correction.transpose()?);
        }
        let kept = next.kept.try_into().map_err(|_| FileError::TooLong)?;
        store.skip_to(next.item, kept)?;
        self.ledger.advance([next.item + next.part.items, 0])?;
        for (request, correction) in recipe.requests().iter().zip(corrections) {
            store.put_buffer(request.clone(), correction)?;
        }
        store.note(&asked.digest);
        Ok(())
    }

    /// Items of the session that are used.
    fn used(&self) -> u64 {
        self.ledger.position()[0]
    }

    /// The next batch, if the setup is used.
    fn batch(&self) -> u64 {
        let used = self.used().saturating_sub(self.head.batch_item(0));
        // A batch of no items has nothing that could be used twice.
        if self.head.batch.items == 0 { 0 } else { used.div_ceil(self.head.batch.items) }
    }

    fn next(&self) -> Option<Next> {
        let StoreHead { item, kept, setup, .. } = self.head;
        if let Some(part) = setup
            && part.items > 0
            && self.used() <= item
        {
            return Some(Next { part, place: self.head.seeds_len(), item, kept, is_setup: true });
        }
        let batch = Some(self.batch()).filter(|&batch| batch < self.head.batches)?;
        let (place, item) = (self.head.batch_place(batch), self.head.batch_item(batch));
        Some(Next { part: self.head.batch, place, item, kept: self.head.batch_kept(batch), is_setup: false })
    }
}

/// Opens a file and authenticates its head, by its first and its last chunk.
fn unseal(path: &Path, key: &FileKey) -> Result<(Opener<File, HEAD>, StoreHead, PartySeeds), FileError> {
    let mut file = File::open(path).map_err(FileError::io("open", path))?;
    let bytes = read_head(&mut file, path)?;
    let head = StoreHead::read(&bytes)?;
    let mut opener = Opener::new(file, path.into(), key, head.id, bytes, head.len())?;
    opener.check_end()?;
    let mut row = Scratch::zeros(head.seeds_len() as usize);
    opener.read(0, &mut row)?;
    let seeds = PartySeeds::read(head.party, &row)?;
    if seeds.session() != head.session {
        return Err(FileError::Belongs { what: "session" });
    }
    Ok((opener, head, seeds))
}
