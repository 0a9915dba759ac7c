//! A party's state as bytes, to be kept between two runs.
//!
//! Shares, masked matrices, prepared batches and stores are secrets of one party in one session. Their bytes say whose
//! they are, and are taken by nobody else:
//!
//! | bytes | |
//! | --- | --- |
//! | 8 | `RSSTATE1` |
//! | 8 | what it is, such as `store` |
//! | 16 | the session's tag |
//! | 8, 8 | the party, and how many there are |
//! | 32 | the model's digest; zeros if there is none |
//! | 8 | a number: which of several |
//! | | the contents |
//! | 32 | SHA-256 of all before it |
//!
//! The digest finds what was damaged or mixed up by accident. It is no protection from somebody who changes the bytes
//! on purpose, nor are they encrypted: whoever stores them sees to both, for example by `offline::file::sealed`. Bytes that are put back after they have been
//! used make a party use its masks twice.

use sha2::{Digest, Sha256};

use super::{DecodeError, Reader, SessionTag};
use crate::ring::Ring;
use crate::secret::SecretBytes;
use crate::share::{BitShare, Share};

const MAGIC: &[u8; 8] = b"RSSTATE1";
const SHARE: [u8; 8] = *b"share   ";
const BITS: [u8; 8] = *b"bits    ";

/// Whose state it is: what is kept of a party between two runs is taken by nobody else, and in no other session.
///
/// A digest in the bytes finds what was damaged or mixed up by accident. It is no protection from somebody who changes
/// them on purpose, nor are the bytes encrypted: whoever stores them sees to both.
///
/// **Bytes of masks serve once.** A store or a prepared batch that is read a second time, after the first has been used,
/// makes the party use its masks twice, and a mask that is used twice hides nothing. Delete them when they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateId {
    /// The session.
    pub session: SessionTag,
    /// The party.
    pub party: usize,
    /// How many parties there are.
    pub parties: usize,
    /// The digest of the model that it belongs to; zeros if there is none.
    pub model: [u8; 32],
    /// Which of several, such as a batch; 0 if there is one alone.
    pub number: u64,
}

impl StateId {
    fn encode(&self) -> [u8; 72] {
        let mut out = [0; 72];
        out[..16].copy_from_slice(&self.session.0);
        out[16..24].copy_from_slice(&(self.party as u64).to_le_bytes());
        out[24..32].copy_from_slice(&(self.parties as u64).to_le_bytes());
        out[32..64].copy_from_slice(&self.model);
        out[64..].copy_from_slice(&self.number.to_le_bytes());
        out
    }
}

/// Writes a state: what it is, whose, and its contents.
pub(crate) fn write(what: [u8; 8], id: &StateId, contents: impl FnOnce(&mut SecretBytes)) -> SecretBytes {
    let mut out = SecretBytes::zeros(0);
    put(&mut out, MAGIC);
    put(&mut out, &what);
    put(&mut out, &id.encode());
    contents(&mut out);
    let digest: [u8; 32] = Sha256::digest(&*out).into();
    put(&mut out, &digest);
    out
}

/// The contents of a state that is to be this, and this one's.
pub(crate) fn read<'a>(what: [u8; 8], id: &StateId, bytes: &'a [u8]) -> Result<Reader<'a>, DecodeError> {
    let (all, digest) =
        bytes.split_last_chunk::<32>().ok_or(DecodeError::Short { expected: 32, found: bytes.len() })?;
    let mut from = Reader::new(all);
    if from.raw(8)? != MAGIC {
        return Err(DecodeError::Magic);
    }
    if from.raw(8)? != what {
        return Err(DecodeError::Belongs { what: "kind" });
    }
    let found = from.raw(72)?;
    let expected = id.encode();
    let fields = [("session", 0..16), ("party", 16..24), ("number of parties", 24..32), ("model", 32..64)];
    for (what, place) in fields.into_iter().chain([("number", 64..72)]) {
        if found[place.clone()] != expected[place] {
            return Err(DecodeError::Belongs { what });
        }
    }
    let found: [u8; 32] = Sha256::digest(all).into();
    if found == *digest { Ok(from) } else { Err(DecodeError::Digest) }
}

impl<R: Ring> Share<R> {
    /// The share as bytes, by which `id` finds it again ([`from_bytes`](Self::from_bytes)).
    pub fn to_bytes(&self, id: &StateId) -> SecretBytes {
        write(SHARE, id, |out| {
            put_number(out, R::BITS.into());
            self.write(out);
        })
    }

    /// The share that [`to_bytes`](Self::to_bytes) made these bytes of under the same id.
    ///
    /// # Errors
    /// If the bytes are damaged, or of anything else.
    pub fn from_bytes(bytes: &[u8], id: &StateId) -> Result<Self, DecodeError> {
        let mut from = read(SHARE, id, bytes)?;
        if from.number()? != u64::from(R::BITS) {
            return Err(DecodeError::Belongs { what: "ring" });
        }
        let share = from.part(Self::read)?;
        from.finish()?;
        Ok(share)
    }
}

impl BitShare {
    /// The share as bytes, by which `id` finds it again ([`from_bytes`](Self::from_bytes)).
    pub fn to_bytes(&self, id: &StateId) -> SecretBytes {
        write(BITS, id, |out| self.write(out))
    }

    /// The share that [`to_bytes`](Self::to_bytes) made these bytes of under the same id.
    ///
    /// # Errors
    /// If the bytes are damaged, or of anything else.
    pub fn from_bytes(bytes: &[u8], id: &StateId) -> Result<Self, DecodeError> {
        let mut from = read(BITS, id, bytes)?;
        let share = from.part(Self::read)?;
        from.finish()?;
        Ok(share)
    }
}

/// Appends bytes as they are.
pub(crate) fn put(out: &mut SecretBytes, bytes: &[u8]) {
    out.append(bytes.len()).copy_from_slice(bytes);
}

/// Appends a number.
pub(crate) fn put_number(out: &mut SecretBytes, number: u64) {
    put(out, &number.to_le_bytes());
}
