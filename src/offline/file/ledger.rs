//! How far a party has come in a session, on disk.
//!
//! | block of 4 KiB | bytes | |
//! | --- | --- | --- |
//! | 0 | 8 | `RSLEDGER` |
//! | | 8 | the version, 1 |
//! | | 16 | the session's tag |
//! | | 8 | the party |
//! | 1 and 2 | 16 | the position: two numbers |
//! | | 32 | SHA-256 of the head and the position |
//!
//! The position is there twice. The first copy is written and synced, then the second. A crash tears one copy at most,
//! and then the other is whole: it says the new position, or the old one and nobody was told of the new one. When a
//! position has been given out, both copies have it, so damage to either one takes nothing back. The greater of the copies
//! that are whole is the position.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::FileError;
use super::disk::{check_magic, private, read_head, sync_folder};
use crate::offline::{Reader, SessionTag};

const MAGIC: &[u8; 8] = b"RSLEDGER";
const VERSION: u64 = 1;
const HEAD: usize = 8 + 8 + 16 + 8;
/// No write to one block of a disk touches the next.
const BLOCK: u64 = 4096;
const COPY: usize = 16 + 32;
/// Bytes of a ledger.
const LEN: u64 = 2 * BLOCK + COPY as u64;

/// Says durably how far one party has used the correlated randomness of one session, and never goes back.
///
/// A position is a pair of numbers of the caller's, compared from the left. A [`StoreFile`](super::StoreFile) counts
/// items in the first and leaves the second at 0. A party with a dealer on line may count attempts at a setup and
/// batches.
///
/// The file is locked as long as it is open, so that no two programs go on from the same position. A ledger that is
/// replaced by an older copy of itself can't know: see the [module](super).
pub struct Ledger {
    file: File,
    path: PathBuf,
    head: [u8; HEAD],
    position: [u64; 2],
    failed: bool,
}

impl Ledger {
    /// A new ledger at [0, 0], for a session in which the party has used nothing.
    ///
    /// # Errors
    /// If there is a file of this name, or the system refuses it.
    pub fn create(path: &Path, session: SessionTag, party: usize) -> Result<Self, FileError> {
        let file = private().create_new(true).open(path).map_err(FileError::io("create", path))?;
        lock(&file, path)?;
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(MAGIC);
        head[8..16].copy_from_slice(&VERSION.to_le_bytes());
        head[16..32].copy_from_slice(&session.0);
        head[32..].copy_from_slice(&(party as u64).to_le_bytes());
        let mut ledger = Self { file, path: path.into(), head, position: [0; 2], failed: false };
        ledger.write(0, &head)?;
        ledger.write_copies()?;
        sync_folder(path)?;
        Ok(ledger)
    }

    /// The ledger of this party in this session.
    ///
    /// A ledger that is missing is an error and not a new one: else masks would be used twice where it got lost.
    ///
    /// # Errors
    /// If the file can't be read or locked, is another's, or both copies of its position are damaged.
    pub fn open(path: &Path, session: SessionTag, party: usize) -> Result<Self, FileError> {
        let mut file = private().open(path).map_err(FileError::io("open", path))?;
        lock(&file, path)?;
        let head = read_head(&mut file, path)?;
        let mut from = Reader::new(&head);
        check_magic(&mut from, MAGIC, VERSION)?;
        if from.raw(16)? != session.0 {
            return Err(FileError::Belongs { what: "session" });
        }
        if from.number()? != party as u64 {
            return Err(FileError::Belongs { what: "party" });
        }
        let mut ledger = Self { file, path: path.into(), head, position: [0; 2], failed: false };
        let copies = [ledger.read_copy(0)?, ledger.read_copy(1)?];
        ledger.position = copies.into_iter().flatten().max().ok_or(FileError::Damaged)?;
        // The whole copy is left alone until the other one is on disk.
        for (copy, found) in (0..).zip(copies) {
            if found != Some(ledger.position) {
                ledger.write_copy(copy)?;
            }
        }
        // What was read may be in the system's cache alone.
        ledger.file.sync_all().map_err(FileError::io("write", path))?;
        Ok(ledger)
    }

    /// How far the party has come.
    pub fn position(&self) -> [u64; 2] {
        self.position
    }

    /// The session.
    pub fn session(&self) -> SessionTag {
        let mut tag = [0; 16];
        tag.copy_from_slice(&self.head[16..32]);
        SessionTag(tag)
    }

    /// The party.
    pub fn party(&self) -> usize {
        let mut party = [0; 8];
        party.copy_from_slice(&self.head[32..]);
        u64::from_le_bytes(party) as usize
    }

    /// Goes on to a position. When this returns without an error, what lies before it is marked as used on disk, and may
    /// be used.
    ///
    /// # Errors
    /// If the position is less than the ledger's, or the system refuses it: then nothing may be used, and the ledger must
    /// be opened again.
    pub fn advance(&mut self, to: [u64; 2]) -> Result<(), FileError> {
        if self.failed {
            return Err(FileError::Failed);
        }
        if to < self.position {
            return Err(FileError::Back { from: self.position, to });
        }
        if to > self.position {
            self.position = to;
            self.write_copies()?;
        }
        Ok(())
    }

    fn write_copies(&mut self) -> Result<(), FileError> {
        self.write_copy(0)?;
        self.write_copy(1)
    }

    fn write_copy(&mut self, copy: u64) -> Result<(), FileError> {
        let record = record(&self.head, self.position);
        self.write((1 + copy) * BLOCK, &record)
    }

    /// Writes bytes to the disk. After a failure nobody knows what is there, and another sync need not tell.
    fn write(&mut self, place: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.failed = true;
        let placed = self.file.seek(SeekFrom::Start(place));
        let written = placed.and_then(|_| self.file.write_all(bytes)).and_then(|()| self.file.sync_all());
        written.map_err(FileError::io("write", &self.path))?;
        self.failed = false;
        Ok(())
    }

    /// The position in a copy, if it is whole.
    fn read_copy(&mut self, copy: u64) -> Result<Option<[u64; 2]>, FileError> {
        let len = self.file.seek(SeekFrom::End(0)).map_err(FileError::io("read", &self.path))?;
        let place = (1 + copy) * BLOCK;
        if len > LEN {
            return Err(FileError::Length { expected: LEN, found: len });
        }
        if len < place + COPY as u64 {
            return Ok(None);
        }
        let mut found = [0; COPY];
        let placed = self.file.seek(SeekFrom::Start(place));
        let read = placed.and_then(|_| self.file.read_exact(&mut found));
        read.map_err(FileError::io("read", &self.path))?;
        let mut from = Reader::new(&found);
        let position = [from.number()?, from.number()?];
        Ok((found == record(&self.head, position)).then_some(position))
    }
}

/// A copy of a position.
fn record(head: &[u8; HEAD], position: [u64; 2]) -> [u8; COPY] {
    let mut record = [0; COPY];
    record[..8].copy_from_slice(&position[0].to_le_bytes());
    record[8..16].copy_from_slice(&position[1].to_le_bytes());
    let digest = Sha256::new().chain_update(head).chain_update(&record[..16]).finalize();
    record[16..].copy_from_slice(&digest);
    record
}

fn lock(file: &File, path: &Path) -> Result<(), FileError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => FileError::Locked,
        TryLockError::Error(source) => FileError::io("lock", path)(source),
    })
}
