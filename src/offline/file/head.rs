//! The head of a store file.
//!
//! | bytes | |
//! | --- | --- |
//! | 8 | `RSSTORES` |
//! | 8 | the version, 1 |
//! | 16 | the session's tag |
//! | 8, 8 | the party, and how many there are |
//! | 8, 8 | the number of the first item in the session, and how many things the dealer has kept before |
//! | 8 | batches |
//! | 32, 8, 8, 8 | the setup: its recipe's digest, its items, how many of them keep something, bytes of this party's corrections; zeros if there is none |
//! | 32, 8, 8, 8 | a batch, likewise |
//! | 19 | a random id |
//! | | in [chunks](super#chunks): the party's seeds, the corrections of the setup, those of each batch |
//!
//! Every batch has as many bytes, so the place of each is known. Numbers are little-endian.

use super::FileError;
use super::chunks::ID;
use super::disk::check_magic;
use crate::offline::store::MOST_ITEMS;
use crate::offline::{DecodeError, PartySeeds, Reader, Recipe, SessionTag};

const MAGIC: &[u8; 8] = b"RSSTORES";
const VERSION: u64 = 1;
const PART: usize = 32 + 3 * 8;
pub(super) const HEAD: usize = 8 + 8 + 16 + 5 * 8 + 2 * PART + ID;

/// A setup or a batch in a store file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The digest of its recipe.
    pub(super) digest: [u8; 32],
    /// Its items.
    pub(super) items: u64,
    /// Items of which the dealer keeps something.
    pub(super) keeps: u64,
    /// Bytes of the corrections for this party.
    pub(super) bytes: u64,
}

impl Part {
    pub(super) fn of(recipe: &Recipe, party: usize) -> Self {
        let keeps = recipe.requests().iter().filter(|request| request.keeps()).count() as u64;
        let (items, bytes) = (recipe.requests().len() as u64, recipe.dealer_bytes(party));
        Self { digest: recipe.digest(), items, keeps, bytes }
    }

    fn write(&self, out: &mut [u8]) {
        out[..32].copy_from_slice(&self.digest);
        write_numbers(&mut out[32..], [self.items, self.keeps, self.bytes]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut part = Self::default();
        part.digest.copy_from_slice(from.raw(32)?);
        (part.items, part.keeps, part.bytes) = (from.number()?, from.number()?, from.number()?);
        Ok(part)
    }
}

/// What a store file says of itself: whose it is, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreHead {
    /// The session.
    pub session: SessionTag,
    /// The party.
    pub party: usize,
    /// How many parties there are.
    pub parties: usize,
    /// The number of the first item in the session.
    pub item: u64,
    /// How many batches there are, used or not.
    pub batches: u64,
    /// How many things the dealer has kept before the first item.
    pub(super) kept: u64,
    pub(super) setup: Option<Part>,
    pub(super) batch: Part,
    pub(super) id: [u8; ID],
}

impl StoreHead {
    /// The digest of the setup's recipe, if there is a setup.
    pub fn setup_digest(&self) -> Option<[u8; 32]> {
        self.setup.map(|setup| setup.digest)
    }

    /// The digest of a batch's recipe.
    pub fn batch_digest(&self) -> [u8; 32] {
        self.batch.digest
    }

    pub(super) fn write(&self) -> [u8; HEAD] {
        let mut out = [0; HEAD];
        out[..8].copy_from_slice(MAGIC);
        write_numbers(&mut out[8..], [VERSION]);
        out[16..32].copy_from_slice(&self.session.0);
        let numbers = [self.party as u64, self.parties as u64, self.item, self.kept, self.batches];
        write_numbers(&mut out[32..], numbers);
        self.setup.unwrap_or_default().write(&mut out[72..]);
        self.batch.write(&mut out[72 + PART..]);
        out[HEAD - ID..].copy_from_slice(&self.id);
        out
    }

    /// Reads a head, which is not yet known to be authentic: its numbers can be, together.
    pub(super) fn read(head: &[u8; HEAD]) -> Result<Self, FileError> {
        let mut from = Reader::new(head);
        check_magic(&mut from, MAGIC, VERSION)?;
        let mut session = SessionTag([0; 16]);
        session.0.copy_from_slice(from.raw(16)?);
        let (party, parties) = (from.size()?, from.size()?);
        let (item, kept, batches) = (from.number()?, from.number()?, from.number()?);
        let (setup, batch) = (Part::read(&mut from)?, Part::read(&mut from)?);
        let setup = (setup != Part::default()).then_some(setup);
        let mut id = [0; ID];
        id.copy_from_slice(from.raw(ID)?);
        from.finish()?;
        let head = Self { session, party, parties, item, batches, kept, setup, batch, id };
        head.check()?;
        Ok(head)
    }

    /// Checks that the numbers can be. No sum of them overflows then.
    pub(super) fn check(&self) -> Result<(), FileError> {
        let malformed = |what| FileError::Decode(DecodeError::Shape { what });
        if self.parties > u16::MAX.into() || self.party >= self.parties {
            return Err(malformed("number of parties"));
        }
        let all = [self.setup.unwrap_or_default(), self.batch];
        let keeps = all.iter().all(|part| part.keeps <= part.items);
        let sum = |one: fn(&Part) -> u64| -> Option<u64> {
            one(&self.batch).checked_mul(self.batches)?.checked_add(one(&all[0]))
        };
        let end = sum(|part| part.items).and_then(|items| items.checked_add(self.item));
        if !keeps || self.kept > self.item || end.is_none_or(|end| end > MOST_ITEMS) {
            return Err(malformed("numbers of items"));
        }
        let bytes = sum(|part| part.bytes).and_then(|bytes| bytes.checked_add(self.seeds_len()));
        bytes.map(drop).ok_or(FileError::TooLong)
    }

    /// Bytes of the seeds.
    pub(super) fn seeds_len(&self) -> u64 {
        PartySeeds::len(self.parties) as u64
    }

    /// Bytes of the contents.
    pub(super) fn len(&self) -> u64 {
        self.batch_place(self.batches)
    }

    /// Where a batch's corrections begin in the contents, in bytes.
    pub(super) fn batch_place(&self, batch: u64) -> u64 {
        self.seeds_len() + self.setup.unwrap_or_default().bytes + batch * self.batch.bytes
    }

    /// The number of a batch's first item in the session.
    pub(super) fn batch_item(&self, batch: u64) -> u64 {
        self.item + self.setup.unwrap_or_default().items + batch * self.batch.items
    }

    /// How many things the dealer has kept before a batch.
    pub(super) fn batch_kept(&self, batch: u64) -> u64 {
        self.kept + self.setup.unwrap_or_default().keeps + batch * self.batch.keeps
    }
}

fn write_numbers<const N: usize>(out: &mut [u8], numbers: [u64; N]) {
    out.chunks_exact_mut(8).zip(numbers).for_each(|(out, number)| out.copy_from_slice(&number.to_le_bytes()));
}
