//! What is dealt ahead of time.

use crate::offline::Recipe;

/// What is dealt into one file a party.
#[derive(Clone, Copy, Debug)]
pub struct Lot<'a> {
    /// What the parties take once, in front of all batches, if they have not taken it before.
    pub setup: Option<&'a Recipe>,
    /// What they take for a batch.
    pub batch: &'a Recipe,
    /// How many batches there are.
    pub count: u64,
}

impl<'a> Lot<'a> {
    /// The recipes in the order in which they are dealt.
    pub(super) fn recipes(&self) -> impl Iterator<Item = &'a Recipe> + use<'a> {
        let (batch, count) = (self.batch, self.count);
        self.setup.into_iter().chain((0..count).map(move |_| batch))
    }
}
