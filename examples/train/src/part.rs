//! What one party does from its initial weights to the trained network: the same in one process and between several.

use ringshare::nn::Model;
use ringshare::nn::train::Trainer;
use ringshare::prg::Seed;
use ringshare::protocol::{self, Party};

use crate::checkpoint::{self, Checkpoints};
use crate::error::Error;
use crate::holder::Holder;
use crate::role::{self, Event};
use crate::setting::{Recipes, Setting};

/// A party's part of a run.
pub struct Part<'a> {
    /// What everybody knows.
    pub setting: &'a Setting,
    /// What is dealt.
    pub recipes: &'a Recipes,
    /// The images of this party.
    pub holder: Holder<'a>,
    /// Where its share of the initial weights comes from.
    pub initial: Initial<'a>,
    /// Its checkpoints, if it keeps any.
    pub kept: Option<Kept>,
}

/// Where a party's share of the initial weights comes from.
pub enum Initial<'a> {
    /// All draw them together, each from a seed of its own.
    Drawn(Seed),
    /// One party has them; none for the others.
    Given(Option<&'a Model>),
}

/// Checkpoints of a party.
pub struct Kept {
    /// Where they are.
    pub files: Checkpoints,
    /// Steps between two; one more follows the last step.
    pub every: u64,
    /// Whether the run goes on from the last ones.
    pub resumes: bool,
}

impl Kept {
    /// Checks that there is one to go on from, or none where a run begins: nobody could tell two runs apart later.
    ///
    /// # Errors
    /// If there is none, or any.
    pub fn check(&self) -> Result<(), Error> {
        if self.resumes { self.files.last().map(drop) } else { self.files.expect_none() }
    }
}

impl Part<'_> {
    /// Trains to the end. Returns the network as it was scored last.
    ///
    /// # Errors
    /// As [`role::train`], or if checkpoints are of another run or can't be written or read.
    pub fn run(
        &self,
        party: &mut Party,
        tell: &mut dyn FnMut(Event<'_>) -> Result<(), protocol::Error>,
    ) -> Result<Trainer, Error> {
        let mut run = party.store().session();
        let mut trainer = self.start(party)?;
        if let Some(Kept { files, resumes: true, .. }) = &self.kept {
            run = files.last()?.0;
        }
        let last = (self.setting.epochs * self.setting.steps()) as u64;
        let mut mean = None;
        let Self { setting, recipes, holder, .. } = self;
        role::train(party, setting, recipes, holder, &mut trainer, &mut |event| {
            match (&event, &self.kept) {
                (Event::Averaged(averaged), _) => mean = Some(averaged.clone()),
                (Event::Trained(trainer), Some(Kept { files, every, .. }))
                    if trainer.steps().is_multiple_of(*every) || trainer.steps() == last =>
                {
                    files.save(run, trainer).map_err(|error| protocol::Error::Training(error.to_string()))?;
                }
                _ => {}
            }
            tell(event)
        })?;
        Ok(mean.unwrap_or(trainer))
    }

    fn start(&self, party: &mut Party) -> Result<Trainer, Error> {
        let program = self.setting.program()?;
        if let Some(Kept { files, resumes: true, .. }) = &self.kept {
            let (run, last) = files.last()?;
            let steps = checkpoint::agree(party, (run, last))?;
            // The shares of a step have nothing to do with those that another session makes of it.
            files.forget_after(run, steps)?;
            return files.load(run, steps, program);
        }
        match &self.initial {
            Initial::Given(model) => Ok(Trainer::given(program, *model)?),
            Initial::Drawn(seed) => Ok(Trainer::drawn(program, self.setting.parties, seed)),
        }
    }
}
