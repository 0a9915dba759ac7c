//! Errors outside the protocols: one line each, and the exit code.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ringshare::sim::SimError;

/// The largest file that is read.
const LIMIT: u64 = 1 << 30;

/// An error that ends the program.
#[derive(Debug)]
pub enum Error {
    /// Arguments that do not fit each other or the data.
    Usage(String),
    /// A file that cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file whose contents are not what they should be.
    Bad {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// A result that contradicts the evaluation in the clear.
    Wrong(String),
}

impl Error {
    /// Builds the error about the contents of `path`.
    pub fn bad(path: &Path, reason: impl ToString) -> Self {
        Self::Bad { path: path.into(), reason: reason.to_string() }
    }

    /// Builds the error about access to `path`.
    pub fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    /// 2 for arguments, as is the custom, 1 for all else.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }
}

impl From<SimError> for Error {
    fn from(error: SimError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(reason) | Self::Wrong(reason) => f.write_str(reason),
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Bad { path, reason } => write!(f, "{}: {reason}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Reads a regular file of at most 1 GiB.
///
/// # Errors
/// A file that is missing, unreadable, too large, or not a file (a pipe would block, a device might not end).
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let metadata = fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if !metadata.is_file() {
        return Err(Error::bad(path, "expected a file, found something else"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|e| Error::io(path, e))?;
    if bytes.len() as u64 > LIMIT {
        return Err(Error::bad(path, format_args!("expected at most {LIMIT} bytes, found more")));
    }
    Ok(bytes)
}

/// Checks that a file can be written. Its contents are unchanged, and a new file is removed again.
///
/// # Errors
/// If it cannot.
pub fn writable(path: &Path) -> Result<(), Error> {
    let there = path.exists();
    let opened = File::options().append(true).create(true).open(path);
    opened.and_then(|_| if there { Ok(()) } else { fs::remove_file(path) }).map_err(|e| Error::io(path, e))
}
