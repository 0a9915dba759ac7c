//! A session's seeds.

use alloc::vec::Vec;

use crate::prg::{RootSeed, Seed};

/// One seed for each party, which the dealer alone shares with it, and one for each pair of parties:
/// a symmetric matrix. Party i gets row i, whose place i is its own seed and place j the one that it
/// shares with party j.
pub struct Seeds {
    rows: Vec<Vec<Seed>>,
}

impl Seeds {
    /// The seeds of a session of `parties` parties. All masks of the session are made of them, so no
    /// root may be used for two sessions of one number.
    pub fn derive(root: &RootSeed, session: u64, parties: usize) -> Self {
        let seed = |i: usize, j: usize| root.session_seed(session, i as u64, j as u64);
        Self { rows: (0..parties).map(|i| (0..parties).map(|j| seed(i, j)).collect()).collect() }
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.rows.len()
    }

    /// What party `party` gets.
    ///
    /// # Panics
    /// If there is no such party.
    pub fn row(&self, party: usize) -> &[Seed] {
        &self.rows[party]
    }

    /// The parties' own seeds.
    pub fn own(&self) -> impl Iterator<Item = &Seed> {
        self.rows.iter().enumerate().map(|(party, row)| &row[party])
    }
}
