//! What a computation takes from the dealer, found by a dry run of it.
//!
//! **As bytes:** `RSRECIPE`, the version, the number of items, and for each item the name of its kind and its shape, each
//! with its length in front. The digest is SHA-256 of these bytes. Parties and dealer compare it before anything is dealt.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::{DEFAULT_LIMIT, DecodeError, Reader, Registry, Request, Writer};

const MAGIC: [u8; 8] = *b"RSRECIPE";
const VERSION: u64 = 1;

/// The items that a computation takes from the dealer, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe(pub Vec<Request>);

impl Recipe {
    /// The items.
    pub fn requests(&self) -> &[Request] {
        &self.0
    }

    /// Bytes of correction that the dealer sends `party`, without frame headers.
    pub fn dealer_bytes(&self, party: usize) -> u64 {
        let own = self.0.iter().filter_map(Request::correction).filter(|&(recipients, _)| party < recipients);
        own.map(|(_, bytes)| bytes as u64).fold(0, u64::saturating_add)
    }

    /// The recipe as bytes, for a dealer elsewhere.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        MAGIC.iter().for_each(|&byte| out.byte(byte));
        out.number(VERSION);
        out.number(self.0.len() as u64);
        for request in &self.0 {
            out.bytes(request.name().as_bytes());
            out.bytes(&request.encode());
        }
        out.finish()
    }

    /// Reads a recipe whose kinds are in the registry ([`correlation::registry`](crate::correlation::registry) has those
    /// of this crate). Every item of the result can be dealt to `parties` parties in at most [16 GiB](DEFAULT_LIMIT); to
    /// allow less, [`check`](Self::check) the recipe.
    ///
    /// ```
    /// use ringshare::correlation::{Triple, registry};
    /// use ringshare::offline::Recipe;
    /// use ringshare::ring::Z2;
    ///
    /// let recipe = Recipe(vec![Triple::<Z2<14>>::request(5)]);
    /// let copy = Recipe::from_bytes(&recipe.to_bytes(), &registry(), 2)?;
    /// assert_eq!(copy, recipe);
    /// assert_eq!(copy.digest(), recipe.digest());
    /// # Ok::<(), ringshare::offline::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// If the bytes are anything else.
    pub fn from_bytes(bytes: &[u8], registry: &Registry, parties: usize) -> Result<Self, DecodeError> {
        let Some(rest) = bytes.strip_prefix(&MAGIC) else { return Err(DecodeError::Magic) };
        let mut from = Reader::new(rest);
        let found = from.number()?;
        if found != VERSION {
            return Err(DecodeError::Version { expected: VERSION, found });
        }
        // Two lengths an item.
        let count = from.count(16)?;
        let mut requests = Vec::with_capacity(count);
        for _ in 0..count {
            let name = from.bytes()?;
            let name = core::str::from_utf8(name).map_err(|_| DecodeError::Shape { what: "kind's name" })?;
            requests.push(registry.decode(name, from.bytes()?)?);
        }
        from.finish()?;
        let recipe = Self(requests);
        recipe.check(parties, DEFAULT_LIMIT).map_err(DecodeError::Request)?;
        Ok(recipe)
    }

    /// Checks that every item can be dealt to `parties` parties, with at most `limit` bytes for each vector that it
    /// allocates.
    ///
    /// # Errors
    /// If an item can't be dealt, or may need more memory.
    pub fn check(&self, parties: usize, limit: u64) -> Result<(), super::Error> {
        self.0.iter().try_for_each(|request| request.check(parties, limit))
    }

    /// SHA-256 of the recipe's bytes.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }
}

/// What one protocol costs, among parties that open directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rounds.
    pub rounds: u32,
    /// Bits that every party sends to every other.
    pub opened_bits: u64,
    /// Bytes of corrections that the dealer sends, to all parties together.
    pub dealer_bytes: u64,
}

impl Cost {
    /// The cost of this followed by `next`.
    pub fn then(self, next: Self) -> Self {
        Self {
            rounds: self.rounds + next.rounds,
            opened_bits: self.opened_bits + next.opened_bits,
            dealer_bytes: self.dealer_bytes + next.dealer_bytes,
        }
    }
}

/// What a dry run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DryRun {
    /// What the dealer must deal.
    pub recipe: Recipe,
    /// Rounds.
    pub rounds: u32,
    /// Bytes that the party would send, headers included.
    pub sent_bytes: u64,
}
