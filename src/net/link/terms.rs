//! What the ends of a link agree on, and how long they wait.

use core::time::Duration;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::error::LinkError;

/// What two ends of a link must have in common. Both compare it before anything else is sent.
///
/// Digests are compared by name: each end must have those of the other. They are public, as is all else here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The session's number, as that of [`Network::new`](crate::net::Network::new).
    pub session: u64,
    /// The number of parties, without the dealer: 1 to 65,535.
    pub parties: usize,
    /// Names and SHA-256 digests, or others of that length, of what both must have alike: "architecture", "formats",
    /// "recipe". At most 16, with different names of 1 to 32 printable ASCII characters.
    pub digests: Vec<(String, [u8; 32])>,
    /// Told to parties and the dealer, and not compared: how far an end has come, for one. At most 256 bytes.
    pub note: Vec<u8>,
}

impl Terms {
    /// The most digests.
    pub const DIGESTS: usize = 16;
    /// The longest name of a digest, in bytes.
    pub const NAME: usize = 32;
    /// The longest note, in bytes.
    pub const NOTE: usize = 256;

    /// Whether they can be sent at all.
    pub(super) fn check(&self) -> Result<(), LinkError> {
        let off = |expected: &str, found: String| {
            Err(LinkError::Setting { what: format!("expected {expected}, found {found}") })
        };
        if !(1..=usize::from(u16::MAX)).contains(&self.parties) {
            return off("1 to 65535 parties", format!("{}", self.parties));
        }
        if self.digests.len() > Self::DIGESTS {
            return off("at most 16 digests", format!("{}", self.digests.len()));
        }
        for (i, (name, _)) in self.digests.iter().enumerate() {
            if !is_name(name.as_bytes()) {
                return off(
                    "a digest's name of 1 to 32 printable ASCII characters",
                    format!("{}", name.escape_debug()),
                );
            }
            if self.digests[..i].iter().any(|(other, _)| other == name) {
                return off("digests of different names", format!("{name} twice"));
            }
        }
        if self.note.len() > Self::NOTE {
            return off("a note of at most 256 bytes", format!("one of {}", self.note.len()));
        }
        Ok(())
    }
}

/// Whether that can be the name of a digest.
pub(super) fn is_name(name: &[u8]) -> bool {
    (1..=Terms::NAME).contains(&name.len())
        && name.iter().all(|&byte| byte == b' ' || byte.is_ascii_graphic())
}

/// Time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All of dialling a peer, or of joining a mesh, with every attempt: 30 seconds unless told otherwise.
    pub connect: Duration,
    /// Setting up one connection, from the first byte to the last: 5 seconds.
    pub handshake: Duration,
    /// A link's reader waits no longer for the next byte: 10 seconds. That is to be more than the longest time that a
    /// peer computes between two frames.
    pub idle: Duration,
    /// The first pause between two attempts to dial, and the longest: 20 milliseconds and 1 second. Every pause is twice
    /// the last.
    pub retry: [Duration; 2],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            handshake: Duration::from_secs(5),
            idle: Duration::from_secs(10),
            retry: [Duration::from_millis(20), Duration::from_secs(1)],
        }
    }
}
