//! What can go wrong with files.

use core::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::offline::{DecodeError, Error};

/// Why a file can't be written, read or used.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The system refused something.
    Io {
        /// What was to be done.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system has no random bytes.
    Random,
    /// A key's text is anything but 64 hexadecimal digits.
    Key,
    /// The head of a file is malformed.
    Decode(DecodeError),
    /// A file is longer or shorter than its head says.
    Length {
        /// Bytes that it should have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// Contents are too long for a file.
    TooLong,
    /// The key does not open the file: it is another's, or the file has been changed.
    Sealed,
    /// Something belongs to something else: another party, session, purpose, ….
    Belongs {
        /// What differs.
        what: &'static str,
    },
    /// Another process, or another part of this one, has the ledger open.
    Locked,
    /// Neither copy of the ledger's position can be read.
    Damaged,
    /// An earlier write failed, so that nobody knows what is on disk.
    Failed,
    /// A position behind the ledger's.
    Back {
        /// Where the ledger is.
        from: [u64; 2],
        /// Where it was to go.
        to: [u64; 2],
    },
    /// Every batch of a store file is used.
    Used {
        /// How many it had.
        batches: u64,
    },
    /// Another recipe is next in a store file.
    Recipe {
        /// Whether the setup is next.
        setup: bool,
        /// The digest of the recipe that is next.
        expected: [u8; 32],
        /// The digest of the one that was asked for.
        found: [u8; 32],
    },
    /// A writer has got all items already, or still lacks some.
    Items {
        /// Items that there should be.
        expected: u64,
        /// Items that there are.
        found: u64,
    },
    /// An item can't be dealt or put into the store.
    Offline(Error),
}

impl FileError {
    /// Says of a system's error what was being done, and to which file.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.into(), source }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => write!(f, "can't {doing} {}: {source}", path.display()),
            Self::Random => f.write_str("the system has no random bytes"),
            Self::Key => f.write_str("expected a key of 64 hexadecimal digits"),
            Self::Decode(error) => error.fmt(f),
            Self::Length { expected, found } => {
                write!(f, "expected a file of {expected} bytes, found {found}")
            }
            Self::TooLong => f.write_str("the contents are too long for a file"),
            Self::Sealed => f.write_str("the file has been changed, or was sealed under another key"),
            Self::Belongs { what } => write!(f, "expected the file of this {what}, found that of another"),
            Self::Locked => f.write_str("the ledger is in use elsewhere"),
            Self::Damaged => f.write_str("both copies of the ledger's position are damaged"),
            Self::Failed => f.write_str("an earlier write to the ledger failed: open it again"),
            Self::Back { from, to } => {
                write!(f, "expected a ledger position from {from:?} on, found {to:?}")
            }
            Self::Used { batches } => write!(f, "all {batches} batches are used"),
            Self::Recipe { setup, expected, found } => {
                let [expected, found] = [expected, found]
                    .map(|digest| u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]));
                let next = if *setup { "setup" } else { "batch" };
                write!(f, "expected the recipe of the {next}, of digest {expected:08x}…, found {found:08x}…")
            }
            Self::Items { expected, found } => write!(f, "expected {expected} items, found {found}"),
            Self::Offline(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FileError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => source.source(),
            // The message has the inner error's already.
            _ => None,
        }
    }
}

impl From<DecodeError> for FileError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<Error> for FileError {
    fn from(error: Error) -> Self {
        Self::Offline(error)
    }
}
