//! A session's seeds.

use alloc::vec::Vec;
use core::fmt;

use super::Error;
use crate::prg::{RootSeed, Seed};
use crate::secret::public;

/// The session that something belongs to. All parties of a session have the same tag; another root seed or session number
/// gives another. It is public and says nothing of the seeds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionTag(pub [u8; 16]);

impl fmt::Debug for SessionTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionTag({:032x})", u128::from_be_bytes(self.0))
    }
}

/// A symmetric matrix of seeds: one for each party, which only the dealer shares with it, and one for each pair of parties.
/// Party i gets row i: place i is its own seed, and place j the one that it shares with party j. Rows are derived when they
/// are asked for.
pub struct Seeds {
    root: RootSeed,
    session: u64,
    parties: usize,
}

impl Seeds {
    /// The seeds of a session of `parties` parties. All masks of the session follow from them, so a root must never be used
    /// for two sessions of the same number: two [`Deck`](super::Deck)s or [`Store`](super::Store)s that begin on the same
    /// seeds repeat every mask.
    pub fn derive(root: &RootSeed, session: u64, parties: usize) -> Self {
        Self { root: root.clone(), session, parties }
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// The row of `party`.
    ///
    /// # Errors
    /// If there is no such party, or there are more than 65,535.
    pub fn row(&self, party: usize) -> Result<PartySeeds, Error> {
        if party >= self.parties {
            return Err(Error::NoParty { party, parties: self.parties });
        }
        super::range("parties", 1, u16::MAX.into(), self.parties as u64)?;
        let seeds = (0..self.parties).map(|other| self.seed(party, other)).collect();
        Ok(PartySeeds { session: self.tag(), party, seeds })
    }

    /// The parties' own seeds.
    pub(super) fn own(&self) -> impl Iterator<Item = Seed> {
        (0..self.parties).map(|party| self.seed(party, party))
    }

    /// The session's tag.
    pub fn tag(&self) -> SessionTag {
        let mut tag = self.root.tag(self.session);
        public(&mut tag);
        SessionTag(tag)
    }

    fn seed(&self, i: usize, j: usize) -> Seed {
        self.root.session_seed(self.session, i as u64, j as u64)
    }
}

/// A party's row of a session's [`Seeds`], from which its [`Store`](super::Store) is made. A secret of the party and the
/// dealer; place j is known to party j too.
pub struct PartySeeds {
    pub(super) session: SessionTag,
    pub(super) party: usize,
    pub(super) seeds: Vec<Seed>,
}

impl PartySeeds {
    /// The session's tag.
    pub fn session(&self) -> SessionTag {
        self.session
    }

    /// The party.
    pub fn party(&self) -> usize {
        self.party
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.seeds.len()
    }

    /// The seeds: at the party's place its own, at another's the one that the two share.
    pub fn seeds(&self) -> &[Seed] {
        &self.seeds
    }

    /// Bytes of a row of `parties` seeds.
    pub fn len(parties: usize) -> usize {
        16 * (parties + 1)
    }

    /// Writes the session's tag, and then the seeds.
    ///
    /// # Panics
    /// If `out` has another length than [`len`](Self::len) says.
    pub fn write(&self, out: &mut [u8]) {
        assert_eq!(out.len(), Self::len(self.seeds.len()), "bytes of a row of seeds");
        let (tag, seeds) = out.split_at_mut(16);
        tag.copy_from_slice(&self.session.0);
        seeds
            .chunks_exact_mut(16)
            .zip(&self.seeds)
            .for_each(|(out, seed)| out.copy_from_slice(seed.expose()));
    }

    /// The row of `party` that [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// If the bytes are not a whole row, or the row has no place for the party.
    pub fn read(party: usize, bytes: &[u8]) -> Result<Self, Error> {
        let (rows, rest) = bytes.as_chunks::<16>();
        let parties = rows.len().saturating_sub(1);
        if party >= parties || !rest.is_empty() {
            return Err(Error::NoParty { party, parties });
        }
        let seeds = rows[1..].iter().map(|raw| Seed::from_bytes(*raw)).collect();
        Ok(Self { session: SessionTag(rows[0]), party, seeds })
    }
}
