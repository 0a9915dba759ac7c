//! What ends the program: one line, and the exit code.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use ringshare::sim::SimError;

/// An error that ends the program.
#[derive(Debug)]
pub enum Error {
    /// Arguments that make no sense.
    Usage(String),
    /// A file that cannot be written.
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A result that should not have come out.
    Wrong(String),
}

impl Error {
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
