//! What a party keeps on disk: sealed files, the ledger, and correlated randomness that was dealt ahead of time.
//!
//! A dealer that is always on line is one more machine to guard. Here it deals any number of batches into one
//! [store file](StoreFile) a party and is then switched off. A party's program opens its file and takes one batch after
//! another. What must never happen is that a batch is taken twice, since a mask that is used twice hides nothing. So a
//! small file beside it, the [ledger](Ledger), says how far the party has come, and is on disk before a batch is handed
//! out.
//!
//! | file | holds | written by |
//! | --- | --- | --- |
//! | [sealed] | a small state, such as a party's share of a model | the party |
//! | [`Ledger`] | how many items of one session the party has used | the party |
//! | [`StoreFile`] | seeds, and the corrections of a setup and of batches | the dealer: [`deal_to_files`] |
//! | [`Fresh`] | whatever else only its owner may read, such as a [`FileKey`] | anybody |
//!
//! # What a thief, a vandal and a crash can do
//!
//! Sealed files and store files are encrypted and authenticated under the party's [`FileKey`]. Who does not have the key
//! learns their lengths and heads, and can't change them without being noticed.
//!
//! A crash between the ledger and the use of a batch skips that batch at this party. The others then stand elsewhere: see
//! [`StoreFile::skip_to`].
//!
//! An old copy of a store file is the same as the file itself, which never changes, and does no harm where the ledger
//! survives. **Where an older ledger is put back, with or without the store file, its batches are handed out again, their
//! masks are used twice, and nothing can notice it.** So a ledger is on a disk that is not restored from backups,
//! snapshots or images of virtual machines. Where it may have been, let the dealer deal a new session. A ledger is not
//! encrypted: its checksum finds damage, not somebody who writes a ledger of his own.
//!
//! # Chunks
//!
//! The contents of a sealed file and of a store file are cut into chunks of 64 KiB, of which the last one may be shorter.
//! Each is encrypted and authenticated by XChaCha20-Poly1305, followed by its tag of 16 bytes. The nonce of a chunk is
//!
//! | bytes | |
//! | --- | --- |
//! | 19 | the file's random id, which is in its head |
//! | 4 | the number of the chunk, big-endian |
//! | 1 | 1 for the last chunk, else 0 |
//!
//! and the head of the file is associated data of each. This is the STREAM construction (Hoang, Reyhanitabar, Rogaway and
//! Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015): chunks that are missing,
//! exchanged, or from another file are found. Any chunk can be read by itself.
//!
//! ```
//! use ringshare::offline::file::{FileKey, Ledger, Lot, StoreFile, deal_to_files};
//! use ringshare::offline::{Deck, Seeds, Store};
//! use ringshare::prg::RootSeed;
//! use ringshare::{Party, Z2};
//!
//! # let folder = std::env::temp_dir().join(format!("ringshare-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! // The dealer, who then goes. One batch is a sign of 100 values.
//! let mut dry = Party::dry(2);
//! let x = dry.input::<Z2<14>>(0, 100, None)?;
//! dry.sign::<Z2<14>, Z2<14>>(&x, 14)?;
//! let batch = dry.take_dry_run().recipe;
//! let keys = [FileKey::generate()?, FileKey::generate()?];
//! let paths = [folder.join("0.store"), folder.join("1.store")];
//! let seeds = Seeds::derive(&RootSeed::from_bytes([7; 32]), 1, 2);
//! let lot = Lot { setup: None, batch: &batch, count: 10 };
//! deal_to_files(&mut Deck::new(&seeds)?, &seeds, &lot, &[(&paths[0], &keys[0]), (&paths[1], &keys[1])])?;
//!
//! // Party 1, after any number of restarts.
//! let session = StoreFile::inspect(&paths[1], &keys[1])?.session;
//! let ledger = Ledger::create(&folder.join("1.ledger"), session, 1)?; // later: Ledger::open
//! let mut file = StoreFile::open(&paths[1], &keys[1], ledger)?;
//! let mut store = Store::new(file.seeds()); // for Party::from_parts
//! file.fill(&mut store, &batch)?;
//! assert_eq!(file.left(), 9);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chunks;
mod deal;
mod disk;
mod error;
mod head;
mod key;
mod ledger;
mod lot;
mod reader;
pub mod sealed;
mod writer;

pub use deal::deal_to_files;
pub use disk::Fresh;
pub use error::FileError;
pub use head::StoreHead;
pub use key::FileKey;
pub use ledger::Ledger;
pub use lot::Lot;
pub use reader::StoreFile;
pub use writer::StoreWriter;
