//! What a computation takes, found by a dry run of it.

use alloc::vec::Vec;

use super::Request;

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
        own.map(|(_, bytes)| bytes as u64).sum()
    }
}

/// What one protocol costs, among parties that open directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rounds.
    pub rounds: u32,
    /// Bits of its shares that every party sends every other (see each protocol).
    pub opened_bits: u64,
    /// Bytes of corrections that the dealer sends, all told.
    pub dealer_bytes: u64,
}

impl Cost {
    /// This, and then `next`.
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
    /// What the dealer is to deal.
    pub recipe: Recipe,
    /// Rounds.
    pub rounds: u32,
    /// Bytes that the dry-run party would send, headers included.
    pub sent_bytes: u64,
}
