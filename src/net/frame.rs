//! The header that every frame opens with.
//!
//! | bytes | field | checked against |
//! | --- | --- | --- |
//! | 0..8 | session | the receiver's session |
//! | 8..16 | sequence | frames from this sender so far |
//! | 16..24 | length of the payload, bytes | what the protocol step needs |
//! | 24..28 | round | nothing: the causal depth, see below |
//! | 28..30 | kind | the protocol step |
//! | 30..32 | sender | the peer it came from |
//!
//! All little-endian. The *round* is a Lamport clock: one more than the highest round among the
//! frames that its sender had received. The highest round of a run is its number of rounds.

use super::NetError;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[non_exhaustive]
pub enum Kind {
    /// Shares of a ring vector to be opened.
    Open = 1,
    /// Sums of one party's slice, of an opening by reduce-scatter and all-gather.
    Gather = 2,
    /// Shares of bits to be opened.
    OpenBits = 3,
    /// Sums of one party's slice of bits.
    GatherBits = 4,
    /// Shares of a ring vector for one party's eyes.
    Reveal = 5,
    /// The dealer's seed for a party.
    Seed = 6,
    /// The dealer's correction of one correlation.
    Correction = 7,
    /// The end of a run: what its sender did, for all parties to compare.
    Finish = 8,
    /// Shares of elements of a prime field to be opened.
    OpenField = 9,
    /// Sums of one party's slice of field elements.
    GatherField = 10,
    /// A party's recipe, window and family, before the dealer deals.
    Announce = 12,
    /// The dealer's word that all parties have announced its recipe.
    Agree = 13,
    /// A party's word that the dealer may go on.
    Credit = 14,
    /// The last frame of a sender that failed: who began it, and why. Its number is far from the others: no bit or two
    /// that flip make a reason to be printed of a share.
    Abort = 0xffff,
}

impl Kind {
    /// Whether it belongs to no protocol among the parties, and has no part in the count of rounds.
    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Announce | Self::Agree | Self::Credit)
    }
}

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The session.
    pub session: u64,
    /// How many frames this sender sent to this receiver before.
    pub sequence: u64,
    /// Bytes behind the header.
    pub length: u64,
    /// Causal depth.
    pub round: u32,
    /// What for, a [`Kind`] as a number.
    pub kind: u16,
    /// Who sent it.
    pub sender: u16,
}

impl Header {
    /// Bytes of an encoded header.
    pub const LEN: usize = 32;

    /// The header as bytes.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.session.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.length.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.round.to_le_bytes());
        bytes[28..30].copy_from_slice(&self.kind.to_le_bytes());
        bytes[30..].copy_from_slice(&self.sender.to_le_bytes());
        bytes
    }

    /// Reads the header of a frame; `None` if the frame is too short for one.
    pub fn decode(frame: &[u8]) -> Option<Self> {
        frame.first_chunk().map(Self::from_bytes)
    }

    /// Reads a header.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let long = |at: usize| {
            let mut raw = [0; 8];
            raw.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(raw)
        };
        let tail = long(24);
        Self {
            session: long(0),
            sequence: long(8),
            length: long(16),
            round: tail as u32,
            kind: (tail >> 32) as u16,
            sender: (tail >> 48) as u16,
        }
    }

    /// Holds a header that came from `peer` against the one that should come.
    ///
    /// # Errors
    /// [`NetError::Header`] with the first field that differs.
    pub fn check(&self, peer: usize, expected: &Header) -> Result<(), NetError> {
        let fields = [
            ("session", expected.session, self.session),
            ("sender", expected.sender as u64, self.sender as u64),
            ("sequence number", expected.sequence, self.sequence),
            ("kind", expected.kind as u64, self.kind as u64),
            ("length", expected.length, self.length),
        ];
        for (field, expected, found) in fields {
            if expected != found {
                return Err(NetError::Header { peer, field, expected, found });
            }
        }
        Ok(())
    }
}
