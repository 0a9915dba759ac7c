//! What a party keeps on disk: sealed files, ledgers, and batches that were dealt ahead of time.

mod any_file;
#[path = "../common/mod.rs"]
mod common;
mod corpus;
mod ledger;
mod runs;
mod sealed;
mod store;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ringshare::correlation::{MatrixMask, Triple};
use ringshare::offline::file::{FileError, FileKey, Ledger, Lot, StoreFile, deal_to_files};
use ringshare::offline::{Deck, Recipe, Seeds};
use ringshare::prg::RootSeed;
use ringshare::ring::Z2;

type R = Z2<14>;

/// A folder for one test, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ringshare-files-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn seeds(session: u64, parties: usize) -> Seeds {
    Seeds::derive(&RootSeed::from_bytes([31; 32]), session, parties)
}

fn key(party: usize) -> FileKey {
    FileKey::from_bytes([party as u8 + 1; 32])
}

fn triples(lens: &[usize]) -> Recipe {
    Recipe(lens.iter().map(|&len| Triple::<R>::request(len)).collect())
}

/// A setup of which the dealer keeps something.
fn setup() -> Recipe {
    Recipe(vec![MatrixMask::<R>::request([3, 4], 1, 14), Triple::<R>::request(2)])
}

fn store_path(folder: &Folder, party: usize) -> PathBuf {
    folder.path(&format!("{party}.store"))
}

fn ledger_path(folder: &Folder, party: usize) -> PathBuf {
    folder.path(&format!("{party}.ledger"))
}

/// Deals a lot to all parties, and makes their ledgers if there are none.
fn deal(folder: &Folder, deck: &mut Deck, seeds: &Seeds, lot: &Lot<'_>) {
    let keys: Vec<FileKey> = (0..seeds.parties()).map(key).collect();
    let files: Vec<_> =
        keys.iter().enumerate().map(|(party, key)| (store_path(folder, party), key)).collect();
    deal_to_files(deck, seeds, lot, &files).unwrap();
    for party in 0..seeds.parties() {
        if !ledger_path(folder, party).exists() {
            drop(Ledger::create(&ledger_path(folder, party), seeds.tag(), party).unwrap());
        }
    }
}

fn open(folder: &Folder, seeds: &Seeds, party: usize) -> Result<StoreFile, FileError> {
    let ledger = Ledger::open(&ledger_path(folder, party), seeds.tag(), party)?;
    StoreFile::open(&store_path(folder, party), &key(party), ledger)
}

/// Every file that differs from this one in a bit, or in its length.
fn changed(bytes: &[u8], step: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    let flipped = (0..bytes.len()).step_by(step).map(|place| {
        let mut changed = bytes.to_vec();
        changed[place] ^= 1 << (place % 8);
        changed
    });
    let cut = (0..bytes.len()).step_by(step).map(|len| bytes[..len].to_vec());
    flipped.chain(cut).chain([[bytes, &[0]].concat()])
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}
