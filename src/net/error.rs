//! What can go wrong on the network.

use alloc::boxed::Box;
use core::fmt;

use crate::ring::PackError;

/// An error of the network. After one, the party's network is broken and refuses everything:
/// the parties may no longer agree on what has been exchanged.
#[derive(Debug)]
#[non_exhaustive]
pub enum NetError {
    /// The transport failed: the peer went away, a time limit passed, a frame was cut.
    Transport {
        /// The peer at the other end.
        peer: usize,
        /// What the transport said.
        source: Box<dyn core::error::Error + Send + Sync>,
    },
    /// A frame came that is not the one to come next.
    Header {
        /// Who sent it.
        peer: usize,
        /// Which field of the header is off.
        field: &'static str,
        /// What the field should hold.
        expected: u64,
        /// What it holds.
        found: u64,
    },
    /// A frame's payload is not a canonical vector.
    Payload {
        /// Who sent it.
        peer: usize,
        /// What is wrong with it.
        source: PackError,
    },
    /// There is no such peer.
    NoPeer {
        /// The peer that was asked for.
        peer: usize,
        /// How many there are, the dealer included.
        peers: usize,
    },
    /// An earlier error left the network unusable.
    Broken,
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport { peer, source } => write!(f, "transport to peer {peer}: {source}"),
            Self::Header { peer, field, expected, found } => {
                write!(f, "frame from peer {peer}: expected {field} {expected}, found {found}")
            }
            Self::Payload { peer, source } => write!(f, "payload from peer {peer}: {source}"),
            Self::NoPeer { peer, peers } => write!(f, "expected one of {peers} peers, found peer {peer}"),
            Self::Broken => f.write_str("the network is unusable after an earlier error"),
        }
    }
}

impl core::error::Error for NetError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        // The message has the inner error's already.
        match self {
            Self::Transport { source, .. } => source.source(),
            _ => None,
        }
    }
}
