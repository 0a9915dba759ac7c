//! What can go wrong while a link is set up.

use core::fmt;
use core::time::Duration;
use std::io;
use std::string::{String, ToString};
use std::vec::Vec;

use super::role::Role;
use super::text::TextError;

/// Who is, or claims to be, at the other end of a connection, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The role that was dialled, or that a connection claims; none before it claims one.
    pub role: Option<Role>,
    /// The address that was dialled, or that the connection comes from.
    pub at: String,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role {
            Some(role) => write!(f, "{role} at {}", self.at),
            None => f.write_str(&self.at),
        }
    }
}

/// An error in setting up a link. Messages name the peer, what was expected and what came, and nothing secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum LinkError {
    /// A text is no role, or no address.
    Text(TextError),
    /// This end's own terms, role or addresses can't be used.
    Setting {
        /// What is wrong.
        what: String,
    },
    /// This end's own certificates or key can't be used.
    Identity {
        /// What is wrong.
        what: String,
    },
    /// The system refuses this end to listen, or a thread.
    System {
        /// What was refused.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody was reached at an address within the time limit.
    Unreachable {
        /// Who was dialled.
        peer: Peer,
        /// The limit.
        limit: Duration,
        /// Why the last attempt failed.
        source: io::Error,
    },
    /// A connection broke, ended or took too long before the link was set up.
    Lost {
        /// Who is at the other end.
        peer: Peer,
        /// What happened.
        source: io::Error,
    },
    /// TLS, or a certificate, is not as it should be.
    Tls {
        /// Who is at the other end.
        peer: Peer,
        /// What was expected and what came.
        reason: String,
    },
    /// The other end does not speak this protocol.
    Bytes {
        /// Who is at the other end.
        peer: Peer,
        /// What was expected and what came.
        reason: String,
    },
    /// The ends differ in something that they should have in common. The other end has been told.
    Differs {
        /// Who is at the other end.
        peer: Peer,
        /// What differs.
        field: String,
        /// What this end has.
        expected: String,
        /// What the other has.
        found: String,
    },
    /// A second link of a peer that may have one.
    Twice {
        /// Who wants it.
        peer: Peer,
    },
    /// The other end refused the link.
    Refused {
        /// Who is at the other end.
        peer: Peer,
        /// Its reason, at most 512 bytes, printable.
        line: String,
    },
    /// Peers of a mesh did not come in time.
    Missing {
        /// Who did not.
        roles: Vec<Role>,
        /// The limit.
        limit: Duration,
    },
}

impl LinkError {
    /// What the other end is told, without who it is: it knows.
    pub(super) fn line(&self) -> String {
        Line(self).to_string()
    }

    fn peer(&self) -> Option<&Peer> {
        match self {
            Self::Unreachable { peer, .. }
            | Self::Lost { peer, .. }
            | Self::Tls { peer, .. }
            | Self::Bytes { peer, .. }
            | Self::Differs { peer, .. }
            | Self::Twice { peer }
            | Self::Refused { peer, .. } => Some(peer),
            _ => None,
        }
    }
}

impl From<TextError> for LinkError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

/// The message without the peer.
struct Line<'a>(&'a LinkError);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            LinkError::Text(error) => error.fmt(f),
            LinkError::Setting { what } | LinkError::Identity { what } => f.write_str(what),
            LinkError::System { what, source } => write!(f, "{what}: {source}"),
            LinkError::Unreachable { limit, source, .. } => {
                write!(f, "not reached within {limit:?}: {source}")
            }
            LinkError::Lost { source, .. } => write!(f, "the connection was lost in set-up: {source}"),
            LinkError::Tls { reason, .. } | LinkError::Bytes { reason, .. } => f.write_str(reason),
            LinkError::Differs { field, expected, found, .. } => {
                write!(f, "expected {field} {expected}, found {found}")
            }
            LinkError::Twice { peer } => match peer.role {
                Some(role) => write!(f, "expected one link of {role}, found a second"),
                None => f.write_str("expected one link, found a second"),
            },
            LinkError::Refused { line, .. } => write!(f, "refused this end: {line}"),
            LinkError::Missing { roles, limit } => {
                let names: Vec<String> = roles.iter().map(Role::to_string).collect();
                write!(f, "not connected within {limit:?}: {}", names.join(", "))
            }
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer() {
            Some(peer) => write!(f, "{peer}: {}", Line(self)),
            None => Line(self).fmt(f),
        }
    }
}

impl core::error::Error for LinkError {}

/// The most bytes of a text that another end is told, or has told.
pub(super) const LINE: usize = 512;

/// The first 512 bytes at most of a text, cut between two characters, without control characters.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::new();
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if printable.len() + c.len_utf8() > LINE {
            break;
        }
        printable.push(c);
    }
    printable
}
