//! Where a session stands, in setups and batches: the same for the parties and the dealer.

use ringshare::offline::Recipe;

use crate::error::Error;
use crate::program::Program;
use crate::state::Note;

/// How far a session has come.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// Setups begun.
    pub setups: u64,
    /// Batches used, or given up.
    pub batches: u64,
    /// Items of a setup and of a batch.
    items: [u64; 2],
}

impl Course {
    /// Where a session stands that all agree to be there.
    ///
    /// # Errors
    /// If the model was shared after batches of another size than the settings have now.
    pub fn new(program: &Program, all: &Note) -> Result<Self, Error> {
        let items = program.recipes().map(|recipe| recipe.requests().len() as u64);
        let [used, setups] = all.position;
        let mut course = Self { setups, batches: 0, items };
        course.batches = course.batches_in(used, setups);
        let earlier = all.model.saturating_sub(1);
        let before = earlier
            .saturating_mul(items[0])
            .saturating_add(course.batches_in(all.before, earlier).saturating_mul(items[1]));
        if all.model > 0 && before != all.before {
            return Err(Error::Refused(format!(
                "expected the settings with which the model was shared: {} items had been used before, and batches are of {} now",
                all.before, items[1]
            )));
        }
        Ok(course)
    }

    /// Batches among the first items, of which so many setups are some. A peer's note may hold any numbers.
    fn batches_in(&self, items: u64, setups: u64) -> u64 {
        items.saturating_sub(setups.saturating_mul(self.items[0])).div_ceil(self.items[1].max(1))
    }

    /// The position for a ledger, after so many batches.
    pub fn after(&self, batches: u64) -> [u64; 2] {
        let items = self.setups.saturating_mul(self.items[0]);
        [items.saturating_add(batches.saturating_mul(self.items[1])), self.setups]
    }

    /// What has been dealt. The setup that the parties' model is of is in its place: the masks of its matrices are drawn
    /// by the numbers of its items. Of the others, only how many there are matters.
    pub fn dealt<'a>(&self, program: &'a Program, all: &Note) -> impl Iterator<Item = &'a Recipe> {
        let [setup, batch] = program.recipes();
        let setups = all.model.saturating_sub(1).min(self.setups);
        let batches = match all.model {
            0 => 0,
            _ => self.batches_in(all.before, setups).min(self.batches),
        };
        let first = repeat(setup, setups).chain(repeat(batch, batches));
        first.chain(repeat(setup, self.setups - setups)).chain(repeat(batch, self.batches - batches))
    }
}

fn repeat(recipe: &Recipe, times: u64) -> impl Iterator<Item = &Recipe> {
    (0..times).map(move |_| recipe)
}
