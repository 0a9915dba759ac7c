//! What a party announces to the dealer, and how far the dealer may run ahead.
//!
//! The corrections for a party are counted into *groups*, in order: each holds at most half a window of bytes, or a single
//! correction that is larger. The dealer begins group g when the party has said that it has taken in group g − 2, so at most two groups are
//! on their way. Both sides count alike. So nothing needs to be sent but an empty *credit* frame for a group, and only for
//! groups that the dealer will wait for.

use crate::offline::SessionTag;

/// What a party says of itself before a recipe is dealt.
pub(super) struct Announcement {
    /// The recipe's digest.
    pub(super) digest: [u8; 32],
    /// Bytes of corrections that may be on their way.
    pub(super) window: u64,
    /// The number that the recipe's first item gets.
    pub(super) position: u64,
    /// The session that its masks are of.
    pub(super) session: SessionTag,
    /// The name of its family of comparisons, with zeros behind.
    family: [u8; Self::NAME],
}

impl Announcement {
    const NAME: usize = 24;
    pub(super) const LEN: usize = 32 + 8 + 8 + 16 + Self::NAME;

    /// # Panics
    /// If the name is longer than 24 bytes: none is.
    pub(super) fn new(digest: [u8; 32], window: u64, position: u64, session: SessionTag, name: &str) -> Self {
        let mut family = [0; Self::NAME];
        family[..name.len()].copy_from_slice(name.as_bytes());
        Self { digest, window, position, session, family }
    }

    pub(super) fn write(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..32].copy_from_slice(&self.digest);
        bytes[32..40].copy_from_slice(&self.window.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.position.to_le_bytes());
        bytes[48..64].copy_from_slice(&self.session.0);
        bytes[64..].copy_from_slice(&self.family);
        bytes
    }

    pub(super) fn read(bytes: &[u8; Self::LEN]) -> Self {
        let (mut digest, mut session, mut family) = ([0; 32], [0; 16], [0; Self::NAME]);
        digest.copy_from_slice(&bytes[..32]);
        session.copy_from_slice(&bytes[48..64]);
        family.copy_from_slice(&bytes[64..]);
        let number = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(number)
        };
        Self { digest, window: number(32), position: number(40), session: SessionTag(session), family }
    }

    /// The family's name, or that it has none.
    pub(super) fn family(&self) -> &str {
        let end = self.family.iter().position(|&byte| byte == 0).unwrap_or(Self::NAME);
        let name = core::str::from_utf8(&self.family[..end]).unwrap_or_default();
        if name.chars().all(|c| c.is_ascii_graphic()) { name } else { "" }
    }
}

/// The dealer's word that all parties have announced its recipe.
pub(super) struct Agreement {
    /// The recipe's digest.
    pub(super) digest: [u8; 32],
    /// The party's window, or the dealer's if that is smaller.
    pub(super) window: u64,
}

impl Agreement {
    pub(super) const LEN: usize = 32 + 8;

    pub(super) fn write(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..32].copy_from_slice(&self.digest);
        bytes[32..].copy_from_slice(&self.window.to_le_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8; Self::LEN]) -> Self {
        let (mut digest, mut window) = ([0; 32], [0; 8]);
        digest.copy_from_slice(&bytes[..32]);
        window.copy_from_slice(&bytes[32..]);
        Self { digest, window: u64::from_le_bytes(window) }
    }
}

/// Counts corrections into groups.
#[derive(Clone)]
pub(super) struct Groups {
    half: u64,
    /// Bytes of the last group.
    filled: u64,
    /// The groups so far.
    count: usize,
}

impl Groups {
    pub(super) fn new(window: u64) -> Self {
        Self { half: window / 2, filled: 0, count: 0 }
    }

    /// Counts a correction, and says which group begins with it, if one does.
    pub(super) fn add(&mut self, bytes: usize) -> Option<usize> {
        let filled = self.filled.saturating_add(bytes as u64);
        if self.count > 0 && filled <= self.half {
            self.filled = filled;
            return None;
        }
        self.filled = bytes as u64;
        self.count += 1;
        Some(self.count - 1)
    }

    /// The groups so far.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}
