//! What can go wrong on the network.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use crate::ring::PackError;

/// An error of a transport, which says of what kind it is.
pub trait TransportError: core::error::Error {
    /// The kind.
    fn kind(&self) -> ErrorKind;
}

/// What kind of error a transport met, as far as a caller may want to tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A time limit passed.
    TimedOut,
    /// The peer closed the connection, or there is none.
    Closed,
    /// Anything else.
    Other,
}

impl TransportError for core::convert::Infallible {
    fn kind(&self) -> ErrorKind {
        match *self {}
    }
}

#[cfg(feature = "std")]
impl TransportError for std::io::Error {
    fn kind(&self) -> ErrorKind {
        use std::io::ErrorKind as Io;
        match std::io::Error::kind(self) {
            // A socket's own time limit is one or the other, depending on the system.
            Io::TimedOut | Io::WouldBlock => ErrorKind::TimedOut,
            Io::UnexpectedEof
            | Io::BrokenPipe
            | Io::ConnectionReset
            | Io::ConnectionAborted
            | Io::NotConnected => ErrorKind::Closed,
            _ => ErrorKind::Other,
        }
    }
}

/// An error of the network. After one, the party's network is broken and refuses everything:
/// the parties may no longer agree on what has been exchanged. Only arguments that are refused before anything is
/// sent or received leave it as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum NetError {
    /// The transport failed: the peer went away, a time limit passed, a frame was cut.
    Transport {
        /// The peer at the other end.
        peer: usize,
        /// Of what kind the transport's error is.
        kind: ErrorKind,
        /// What the transport said.
        source: Box<dyn core::error::Error + Send + Sync>,
    },
    /// A party, or the dealer, failed and said so.
    Aborted {
        /// Who failed first, as far as whoever told this party knows.
        peer: usize,
        /// Whether that is the dealer.
        dealer: bool,
        /// Its error, at most 256 bytes of it.
        reason: String,
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
    /// A peer says that a party has failed, but not why in UTF-8.
    Reason {
        /// Who sent it.
        peer: usize,
    },
    /// At the end of a run, a party turns out to have taken other steps than this one.
    Disagree {
        /// The other party.
        peer: usize,
        /// What differs.
        what: &'static str,
    },
    /// There is no such peer.
    NoPeer {
        /// The peer that was asked for.
        peer: usize,
        /// How many peers there are of those that may be asked for: with the dealer, except where only parties may.
        peers: usize,
    },
    /// No session has so many parties.
    Parties {
        /// The most that one has.
        most: usize,
        /// How many were asked for.
        found: usize,
    },
    /// An earlier error left the network unusable.
    Broken,
}

impl NetError {
    pub(super) fn transport(peer: usize, error: impl TransportError + Send + Sync + 'static) -> Self {
        Self::Transport { peer, kind: error.kind(), source: Box::new(error) }
    }

    /// What all others may be told of it: the message without what came. Where a stream has slipped or a peer is faulty,
    /// that may be bytes of a share or of a correction.
    pub(crate) fn reason(&self) -> impl fmt::Display {
        Reason(self)
    }
}

struct Reason<'a>(&'a NetError);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            NetError::Header { peer, field, .. } => {
                write!(f, "frame from peer {peer}: expected another {field}")
            }
            NetError::Payload { peer, source: PackError::Element { prime, .. } } => {
                write!(f, "payload from peer {peer}: expected elements below {prime}")
            }
            error => error.fmt(f),
        }
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport { peer, source, .. } => write!(f, "transport to peer {peer}: {source}"),
            Self::Aborted { dealer: true, reason, .. } => write!(f, "the dealer failed: {reason}"),
            Self::Aborted { peer, reason, .. } => write!(f, "party {peer} failed: {reason}"),
            Self::Header { peer, field, expected, found } => {
                write!(f, "frame from peer {peer}: expected {field} {expected}, found {found}")
            }
            Self::Payload { peer, source } => write!(f, "payload from peer {peer}: {source}"),
            Self::Reason { peer } => {
                write!(
                    f,
                    "frame from peer {peer}: expected the reason of a failure in UTF-8, found other bytes"
                )
            }
            Self::Disagree { peer, what } => {
                write!(f, "party {peer} took other steps than this party: they differ in {what}")
            }
            Self::NoPeer { peer, peers } => write!(f, "expected one of {peers} peers, found peer {peer}"),
            Self::Parties { most, found } => write!(f, "expected 1 to {most} parties, found {found}"),
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
