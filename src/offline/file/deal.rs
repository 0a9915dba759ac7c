//! Dealing into files, after which the dealer can go.

use alloc::vec::Vec;
use std::path::Path;

use super::{FileError, FileKey, Lot, StoreWriter};
use crate::offline::{Deck, Error, Recipe, Seeds, shape};
use crate::secret::Scratch;

/// Deals a setup and batches into one file for each party, in the order of the parties: its path and its key. Parties
/// that get no corrections have a file with their seeds alone. Each item is dealt once, and one correction at a time is in
/// memory.
///
/// To deal more batches of the same session later, take a deck that has [skipped](Deck::skip) all that was dealt, and leave
/// the setup out. **A deck that has not skipped them makes every mask again**; a party's [`Ledger`](super::Ledger) then
/// finds these items used and refuses the file.
///
/// # Errors
/// If there are not as many files as parties, the seeds are not the deck's, an item can't be dealt, or the system refuses
/// a file. Files that have no name yet are removed.
pub fn deal_to_files(
    deck: &mut Deck,
    seeds: &Seeds,
    lot: &Lot<'_>,
    files: &[(impl AsRef<Path>, &FileKey)],
) -> Result<(), FileError> {
    shape("files to deal into", deck.parties(), files.len())?;
    if seeds.tag() != deck.session() {
        return Err(Error::Session.into());
    }
    let mut writers = Vec::with_capacity(files.len());
    for (party, (path, key)) in files.iter().enumerate() {
        writers.push(StoreWriter::create(path.as_ref(), key, &seeds.row(party)?, deck, lot)?);
    }
    for request in lot.recipes().flat_map(Recipe::requests) {
        let (recipients, bytes) = request.correction().unwrap_or((0, 0));
        let mut correction = Scratch::zeros(bytes);
        deck.deal_into(request, &mut correction)?;
        for (party, writer) in writers.iter_mut().enumerate() {
            writer.put((party < recipients).then_some(&correction[..]))?;
        }
    }
    writers.into_iter().try_for_each(StoreWriter::finish)
}
