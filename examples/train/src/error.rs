//! Errors outside the protocols.

use std::fmt;
use std::path::{Path, PathBuf};

use ringshare::nn::train::TrainError;
use ringshare::protocol;

/// An error that ends the program: one line, and the exit code.
#[derive(Debug)]
pub enum Error {
    /// Arguments that do not fit each other or the data.
    Usage(String),
    /// A file.
    File {
        /// Which.
        path: PathBuf,
        /// What was expected and what was found, or the system's reason.
        reason: String,
    },
    /// A run that failed.
    Run(String),
    /// A protocol that failed.
    Protocol(protocol::Error),
    /// A process among others.
    Party(party::error::Error),
}

impl Error {
    /// The error about a file.
    pub fn file(path: &Path, reason: impl ToString) -> Self {
        Self::File { path: path.into(), reason: reason.to_string() }
    }

    /// 2 for arguments and a party's own data, that of the `party` example between processes, 1 for all else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Protocol(protocol::Error::Own { .. }) => 2,
            Self::Party(error) => error.code(),
            Self::File { .. } | Self::Run(_) | Self::Protocol(_) => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(reason) | Self::Run(reason) => f.write_str(reason),
            Self::Protocol(error) => error.fmt(f),
            Self::Party(error) => error.fmt(f),
            Self::File { path, reason } => write!(f, "{}: {reason}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

impl From<TrainError> for Error {
    fn from(error: TrainError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<protocol::Error> for Error {
    fn from(error: protocol::Error) -> Self {
        Self::Protocol(error)
    }
}

impl From<party::error::Error> for Error {
    fn from(error: party::error::Error) -> Self {
        Self::Party(error)
    }
}

impl From<classify::error::Error> for Error {
    fn from(error: classify::error::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

/// The error of the network within an error, or the error itself.
pub fn innermost(error: &protocol::Error) -> &protocol::Error {
    let mut inner = error;
    while let protocol::Error::Layer { error, .. } = inner {
        inner = error;
    }
    if matches!(inner, protocol::Error::Net(_)) { inner } else { error }
}
