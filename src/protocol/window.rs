//! What a party announces to the dealer, and how far the dealer may run ahead.
//!
//! The corrections for a party are counted into *groups*, in order: each holds at most half a window of bytes, or a single
//! correction that is larger. The dealer begins group g when the party has said that it has taken in group g − 2, so at most two groups are
//! on their way. Both sides count alike. So nothing needs to be sent but an empty *credit* frame for a group, and only for
//! groups that the dealer will wait for.
//!
//! A recipe may be announced while the one before is not taken in. Then the party sends one credit more, when it has taken in
//! all of the one before. Until then the dealer counts the last two groups of that as on their way, and begins the
//! next recipe only if all of it fits the window too. It ends no recipe before this credit has come, so it is never
//! more than two recipes ahead.

use alloc::collections::VecDeque;

use super::Error;
use super::error::range;
use crate::net::{Kind, Network};
use crate::offline::SessionTag;

/// Recipes that a party may have announced and not collected.
pub(super) const MOST_AHEAD: u64 = 1024;

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
    /// How many recipes it has announced before and not collected.
    pub(super) ahead: u64,
}

impl Announcement {
    const NAME: usize = 24;
    pub(super) const LEN: usize = 32 + 8 + 8 + 16 + Self::NAME + 8;

    /// # Panics
    /// If the name is longer than 24 bytes: none is.
    pub(super) fn new(digest: [u8; 32], window: u64, position: u64, session: SessionTag, name: &str) -> Self {
        let mut family = [0; Self::NAME];
        family[..name.len()].copy_from_slice(name.as_bytes());
        Self { digest, window, position, session, family, ahead: 0 }
    }

    /// The same behind so many others that are not collected.
    pub(super) fn ahead(self, ahead: u64) -> Self {
        Self { ahead, ..self }
    }

    pub(super) fn write(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..32].copy_from_slice(&self.digest);
        bytes[32..40].copy_from_slice(&self.window.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.position.to_le_bytes());
        bytes[48..64].copy_from_slice(&self.session.0);
        bytes[64..88].copy_from_slice(&self.family);
        bytes[88..].copy_from_slice(&self.ahead.to_le_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8; Self::LEN]) -> Self {
        let (mut digest, mut session, mut family) = ([0; 32], [0; 16], [0; Self::NAME]);
        digest.copy_from_slice(&bytes[..32]);
        session.copy_from_slice(&bytes[48..64]);
        family.copy_from_slice(&bytes[64..88]);
        let number = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(number)
        };
        let (window, position, ahead) = (number(32), number(40), number(88));
        Self { digest, window, position, session: SessionTag(session), family, ahead }
    }

    /// The family's name, or that it has none.
    pub(super) fn family(&self) -> &str {
        let end = self.family.iter().position(|&byte| byte == 0).unwrap_or(Self::NAME);
        let name = core::str::from_utf8(&self.family[..end]).unwrap_or_default();
        if name.chars().all(|c| c.is_ascii_graphic()) { name } else { "" }
    }
}

/// A recipe that is announced and not collected yet.
pub(super) struct Announced {
    pub(super) digest: [u8; 32],
    pub(super) window: u64,
    /// The numbers of its first item and of the one after its last.
    pub(super) position: u64,
    pub(super) end: u64,
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
    /// Bytes of the group before.
    before: u64,
    /// The groups so far.
    count: usize,
}

impl Groups {
    pub(super) fn new(window: u64) -> Self {
        Self { half: window / 2, filled: 0, before: 0, count: 0 }
    }

    /// Counts a correction, and says which group begins with it, if one does.
    pub(super) fn add(&mut self, bytes: usize) -> Option<usize> {
        let filled = self.filled.saturating_add(bytes as u64);
        if self.count > 0 && filled <= self.half {
            self.filled = filled;
            return None;
        }
        self.before = core::mem::replace(&mut self.filled, bytes as u64);
        self.count += 1;
        Some(self.count - 1)
    }

    /// The groups so far.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bytes of the last two groups.
    fn tail(&self) -> u64 {
        self.before.saturating_add(self.filled)
    }
}

/// What a party has announced, and what is on its way to it, as the dealer knows it.
#[derive(Default)]
pub(super) struct Ahead {
    /// Announcements that came while a credit was waited for.
    announced: VecDeque<[u8; Announcement::LEN]>,
    /// Bytes on their way at the end of the last recipe, if it had corrections for the party.
    last: Option<u64>,
    /// Bytes of the recipe before this one that are on their way until a credit says that it is taken in.
    tail: Option<u64>,
}

impl Ahead {
    /// The party's next announcement.
    pub(super) fn announcement(
        &mut self,
        network: &mut Network,
        party: usize,
    ) -> Result<Announcement, Error> {
        let bytes = match self.announced.pop_front() {
            Some(bytes) => bytes,
            None => {
                let mut bytes = [0; Announcement::LEN];
                network.receive(party, Kind::Announce, &mut bytes)?;
                bytes
            }
        };
        let announcement = Announcement::read(&bytes);
        self.tail = self.last.take().filter(|_| announcement.ahead > 0);
        Ok(announcement)
    }

    /// Begins a recipe with so many bytes for the party: they fit the window, or the recipe before is taken in.
    pub(super) fn begin(
        &mut self,
        network: &mut Network,
        party: usize,
        bytes: u64,
        window: u64,
    ) -> Result<(), Error> {
        let fits = self.tail.is_none_or(|tail| tail.saturating_add(bytes) <= window);
        if fits { Ok(()) } else { self.end_last(network, party) }
    }

    /// Waits until the recipe before is taken in.
    pub(super) fn end_last(&mut self, network: &mut Network, party: usize) -> Result<(), Error> {
        if self.tail.take().is_some() { self.credit(network, party) } else { Ok(()) }
    }

    /// Waits until the group before the last is taken in.
    pub(super) fn end_group(&mut self, network: &mut Network, party: usize) -> Result<(), Error> {
        self.end_last(network, party)?;
        self.credit(network, party)
    }

    /// Ends a recipe, whose corrections for the party were counted so. A dealer that goes has taken all credits that
    /// were sent: those of the recipe itself are sent only where it waits for them, or for another recipe.
    pub(super) fn end(&mut self, network: &mut Network, party: usize, groups: &Groups) -> Result<(), Error> {
        self.last = (groups.count() > 0).then(|| groups.tail());
        self.end_last(network, party)
    }

    /// Waits for a credit, and keeps the announcements that come before it.
    fn credit(&mut self, network: &mut Network, party: usize) -> Result<(), Error> {
        let mut bytes = [0; Announcement::LEN];
        while network.receive_or(party, Kind::Announce, &mut bytes, Kind::Credit)? {
            // A party can't make the dealer keep any number of them.
            range("recipes announced and not collected", 0, MOST_AHEAD, 1 + self.announced.len() as u64)?;
            self.announced.push_back(bytes);
        }
        Ok(())
    }
}
