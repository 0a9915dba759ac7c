//! What a subtraction takes from the dealer.

use super::{BitProducts, Circuit, EdaBits, Level};
use crate::offline::Recipe;
use crate::ring::Ring;

impl Circuit {
    /// What `len` differences of `bits` bits of numbers of R take, in order: the edaBits, and the products
    /// of every level.
    ///
    /// # Panics
    /// If `bits` is below 2.
    pub fn recipe<R: Ring>(self, len: usize, bits: u32) -> Recipe {
        assert!(bits >= 2, "a difference of {bits} bits");
        let edabits = EdaBits::<R>::request(len, bits, self.pairs(bits));
        let products = |level: Level| BitProducts::request(len, level.masks(), level.pairs().clone());
        Recipe(core::iter::once(edabits).chain(self.levels(bits).map(products)).collect())
    }
}
