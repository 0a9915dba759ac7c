//! What ends a role, and its exit code.

use std::fmt;
use std::io;
use std::path::Path;

use ringshare::net::NetError;
use ringshare::net::link::LinkError;
use ringshare::protocol;

/// Why a role ended.
#[derive(Debug)]
pub enum Error {
    /// A command line or a configuration that makes no sense: exit code 2.
    Usage(String),
    /// A peer failed, went away or said why it stopped: 3.
    Peer(String),
    /// Somebody was refused, here or there: 4.
    Refused(String),
    /// A file that can't be read or written, is damaged or of something else: 5.
    File(String),
    /// Anything else: 1.
    Other(String),
}

impl Error {
    /// The process's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Other(_) => 1,
            Self::Usage(_) => 2,
            Self::Peer(_) => 3,
            Self::Refused(_) => 4,
            Self::File(_) => 5,
        }
    }

    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        Self::File(format!("{}: {error}", path.display()))
    }

    pub(crate) fn bad(path: &Path, reason: impl fmt::Display) -> Self {
        Self::File(format!("{}: {reason}", path.display()))
    }

    pub(crate) fn config(path: &Path, reason: impl fmt::Display) -> Self {
        Self::Usage(format!("{}: {reason}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text)
            | Self::Peer(text)
            | Self::Refused(text)
            | Self::File(text)
            | Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

/// What a peer is called: the last is the dealer.
pub fn name(peer: usize, parties: usize) -> String {
    if peer == parties { "the dealer".into() } else { format!("party {peer}") }
}

impl Error {
    /// An error in setting up links: somebody who is not there is no refusal.
    pub fn link(error: &LinkError) -> Self {
        let text = error.to_string();
        match error {
            LinkError::Unreachable { .. } | LinkError::Lost { .. } | LinkError::Missing { .. } => {
                Self::Peer(text)
            }
            LinkError::Identity { .. } => Self::File(text),
            LinkError::Text(_) | LinkError::Setting { .. } => Self::Usage(text),
            LinkError::System { .. } => Self::Other(text),
            _ => Self::Refused(text),
        }
    }

    /// An error of the protocol among `parties` parties.
    pub fn protocol(error: &protocol::Error, parties: usize) -> Self {
        match error {
            protocol::Error::Net(NetError::Transport { peer, kind: _, source }) => {
                Self::Peer(format!("{}: {source}", name(*peer, parties)))
            }
            protocol::Error::Net(error) => Self::Peer(error.to_string()),
            error => Self::Other(error.to_string()),
        }
    }
}
