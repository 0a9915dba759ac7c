//! The first message of each end: who it is, whom it expects, and the terms.
//!
//! A message is a head and a body. Numbers are little-endian.
//!
//! | bytes | head |
//! | --- | --- |
//! | 8 | "ringlink" |
//! | 1 | the protocol's version, 1 |
//! | 1 | the kind: 1 hello, 2 refusal, 3 welcome |
//! | 2 | bytes of the body, at most 2048 |
//!
//! The body of a refusal is a text in UTF-8, in every version. A welcome has none. A hello is:
//!
//! | bytes | |
//! | --- | --- |
//! | 8 | session |
//! | 2 | number of parties |
//! | 5 | own role: kind (0 party, 1 dealer, 2 owner, 3 client) and number |
//! | 5 | the role that the other end should have |
//! | 16 | token, which is that of the link's other connection, too |
//! | 1 | which way this connection carries data: 0 from who dials, 1 to who dials |
//! | 1 | how many digests follow, at most 16 |
//! | 1, n, 32 | of each: bytes of the name, the name, the digest |
//! | 2, n | bytes of the note, at most 256; the note |

use core::fmt;
use std::string::String;
use std::vec::Vec;

use super::role::Role;
use super::terms::{Terms, is_name};

/// What the first message of an end says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The terms of the end that sent it.
    pub terms: Terms,
    /// Who it says it is.
    pub role: Role,
    /// Whom it expects at the other end.
    pub peer: Role,
    /// What the two connections of a link have in common, and no other.
    pub token: [u8; 16],
    /// Whether this connection carries data to the end that dialled.
    pub back: bool,
}

/// A message that is none of this protocol, or of another version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HelloError {
    /// The bytes begin otherwise.
    Magic {
        /// The first of them.
        found: [u8; 8],
    },
    /// Another version of the protocol.
    Version {
        /// Which.
        found: u8,
    },
    /// A message of another kind.
    Kind {
        /// Which.
        found: u8,
    },
    /// A field is not of the form that it has in this protocol.
    Field {
        /// Which.
        field: &'static str,
    },
    /// The message ends within a field.
    Short {
        /// Which.
        field: &'static str,
    },
    /// So many bytes follow the last field.
    Long {
        /// How many.
        bytes: usize,
    },
}

impl fmt::Display for HelloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A handshake's first record, or an alert.
            Self::Magic { found: [0x15 | 0x16, 0x03, ..] } => {
                f.write_str("expected a plain hello, found TLS")
            }
            Self::Magic { .. } => f.write_str("expected a hello of this protocol, found other bytes"),
            Self::Version { found } => write!(f, "expected protocol version {VERSION}, found {found}"),
            Self::Kind { found } => write!(f, "expected another kind of message, found kind {found}"),
            Self::Field { field } => write!(f, "expected a hello in its form, found another {field}"),
            Self::Short { field } => write!(f, "expected a whole hello, found its end within the {field}"),
            Self::Long { bytes } => write!(f, "expected the end of a hello, found {bytes} more bytes"),
        }
    }
}

impl core::error::Error for HelloError {}

/// The protocol's version.
pub(super) const VERSION: u8 = 1;
const MAGIC: [u8; 8] = *b"ringlink";
/// The longest body, in bytes. That of a hello is at most 1336.
pub(super) const BODY: usize = 2048;

/// The head of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) length: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Hello = 1,
    Refusal = 2,
    Welcome = 3,
}

impl Head {
    pub(super) const LEN: usize = 12;

    /// Whether these may be the first bytes of a message.
    pub(super) fn begins(bytes: &[u8]) -> Result<(), HelloError> {
        let bytes = &bytes[..bytes.len().min(MAGIC.len())];
        if MAGIC.starts_with(bytes) {
            return Ok(());
        }
        let mut found = [0; MAGIC.len()];
        found[..bytes.len()].copy_from_slice(bytes);
        Err(HelloError::Magic { found })
    }

    pub(super) fn read(bytes: [u8; Self::LEN]) -> Result<Self, HelloError> {
        Self::begins(&bytes)?;
        let [.., version, kind, low, high] = bytes;
        let found = kind;
        let kind = match kind {
            1 => Some(Kind::Hello),
            2 => Some(Kind::Refusal),
            3 => Some(Kind::Welcome),
            _ => None,
        };
        // Why an end of another version refuses this one can be read.
        if version != VERSION && kind != Some(Kind::Refusal) {
            return Err(HelloError::Version { found: version });
        }
        let length = usize::from(u16::from_le_bytes([low, high]));
        if length > BODY {
            return Err(HelloError::Field { field: "length" });
        }
        Ok(Self { kind: kind.ok_or(HelloError::Kind { found })?, length })
    }
}

/// A whole message. Bodies are no longer than [`BODY`].
pub(super) fn message(kind: Kind, body: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend([VERSION, kind as u8]);
    bytes.extend((body.len() as u16).to_le_bytes());
    bytes.extend(body);
    bytes
}

impl Hello {
    /// Reads a whole message, whatever the bytes are. Allocates no more than a few kilobytes.
    ///
    /// # Errors
    /// If they are not exactly one hello of this version.
    pub fn read(bytes: &[u8]) -> Result<Self, HelloError> {
        let (head, body) = bytes.split_first_chunk().ok_or(HelloError::Short { field: "head" })?;
        let head = Head::read(*head)?;
        if head.kind != Kind::Hello {
            return Err(HelloError::Kind { found: head.kind as u8 });
        }
        if body.len() != head.length {
            return Err(HelloError::Field { field: "length" });
        }
        Self::read_body(body)
    }

    /// The whole message. Terms that can't be encoded are refused before.
    pub fn write(&self) -> Vec<u8> {
        message(Kind::Hello, &self.body())
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let Terms { session, parties, digests, note } = &self.terms;
        let mut body = session.to_le_bytes().to_vec();
        body.extend((*parties as u16).to_le_bytes());
        body.extend(self.role.encode());
        body.extend(self.peer.encode());
        body.extend(self.token);
        body.extend([u8::from(self.back), digests.len() as u8]);
        for (name, digest) in digests {
            body.push(name.len() as u8);
            body.extend(name.as_bytes());
            body.extend(digest);
        }
        body.extend((note.len() as u16).to_le_bytes());
        body.extend(note);
        body
    }

    pub(super) fn read_body(body: &[u8]) -> Result<Self, HelloError> {
        let mut fields = Fields(body);
        let session = u64::from_le_bytes(fields.array("session")?);
        let parties = usize::from(u16::from_le_bytes(fields.array("number of parties")?));
        let role = fields.role("role")?;
        let peer = fields.role("role of the other end")?;
        let token = fields.array("token")?;
        let back = match fields.array("direction")? {
            [0] => false,
            [1] => true,
            _ => return Err(HelloError::Field { field: "direction" }),
        };
        let [count] = fields.array("number of digests")?;
        if usize::from(count) > Terms::DIGESTS {
            return Err(HelloError::Field { field: "number of digests" });
        }
        let mut digests = Vec::new();
        for _ in 0..count {
            let [length] = fields.array("name of a digest")?;
            let name = fields.take("name of a digest", length.into())?;
            if !is_name(name) {
                return Err(HelloError::Field { field: "name of a digest" });
            }
            digests.push((String::from_utf8_lossy(name).into_owned(), fields.array("digest")?));
        }
        let length = usize::from(u16::from_le_bytes(fields.array("note")?));
        if length > Terms::NOTE {
            return Err(HelloError::Field { field: "length of a note" });
        }
        let note = fields.take("note", length)?.to_vec();
        match fields.0.len() {
            0 => Ok(Self { terms: Terms { session, parties, digests, note }, role, peer, token, back }),
            bytes => Err(HelloError::Long { bytes }),
        }
    }
}

/// What is left of a body.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, field: &'static str, length: usize) -> Result<&'a [u8], HelloError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(HelloError::Short { field })?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], HelloError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(HelloError::Short { field })?;
        self.0 = rest;
        Ok(*taken)
    }

    fn role(&mut self, field: &'static str) -> Result<Role, HelloError> {
        Role::decode(self.array(field)?).ok_or(HelloError::Field { field })
    }
}
