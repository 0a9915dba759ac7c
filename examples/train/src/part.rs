//! What one party does from its initial weights to the trained network: the same in one process and between several.

use std::sync::Arc;

use ringshare::nn::Model;
use ringshare::nn::train::Trainer;
use ringshare::prg::Seed;
use ringshare::protocol::{self, Party};

use crate::checkpoint::{Checkpoints, Origin};
use crate::client;
use crate::error::Error;
use crate::holder::Holder;
use crate::resume::{agree, lineage};
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
        client::agree(party, &self.holder.clients)?;
        let (mut trainer, origin) = match &self.kept {
            None => (self.initial()?, None),
            Some(kept) => {
                let (trainer, origin) = self.start(party, kept)?;
                (trainer, Some((kept, origin)))
            }
        };
        let last = self.last_step();
        let Self { setting, recipes, holder, .. } = self;
        let mean = role::train(party, setting, recipes, holder, &mut trainer, &mut |event| {
            if let (Event::Trained(trainer), Some((Kept { files, every, .. }, origin))) = (&event, &origin)
                && (trainer.steps().is_multiple_of(*every) || trainer.steps() == last)
            {
                files.save(origin, trainer).map_err(|error| protocol::Error::Training(error.to_string()))?;
            }
            tell(event)
        })?;
        Ok(mean.unwrap_or(trainer))
    }

    fn last_step(&self) -> u64 {
        (self.setting.epochs * self.setting.steps()) as u64
    }

    fn initial(&self) -> Result<Trainer, Error> {
        let program = self.setting.program()?;
        match &self.initial {
            // Of what does not fit, others hear no weight.
            Initial::Given(model) => Ok(Trainer::given(program, *model).map_err(protocol::Error::from)?),
            Initial::Drawn(seed) => Ok(Trainer::drawn(program, self.setting.parties, seed)),
        }
    }

    /// The network that training begins or goes on with, and of what its checkpoints are.
    fn start(
        &self,
        party: &mut Party,
        Kept { files, resumes, .. }: &Kept,
    ) -> Result<(Trainer, Origin), Error> {
        let setting = self.holder.digest(self.setting);
        if !resumes {
            let trainer = self.initial()?;
            let (run, lineage) = (party.store().session(), lineage(party)?);
            return Ok((trainer, Origin { run, setting, lineage }));
        }
        // All that this party has is read before the others hear of it.
        let (run, held) = files.load(&Arc::new(self.setting.program()?), &setting)?;
        let told: Vec<_> = held.iter().map(|(lineage, trainer)| (trainer.steps(), *lineage)).collect();
        let steps = agree(party, run, &told)?;
        let last = self.last_step();
        if steps > last {
            let reason = format!(
                "--resume: expected a checkpoint within the {last} steps of all epochs, found one of step {steps}"
            );
            return Err(Error::Usage(reason));
        }
        let mut held = held.into_iter().map(|(_, trainer)| trainer);
        let Some(trainer) = held.find(|trainer| trainer.steps() == steps) else {
            return Err(Error::Run(format!("expected a checkpoint of step {steps}, found none")));
        };
        // Whoever takes part in this has read its own: only now may any be removed.
        let lineage = lineage(party)?;
        // The shares of a step have nothing to do with those that another session makes of it.
        files.forget_after(run, steps)?;
        Ok((trainer, Origin { run, setting, lineage }))
    }
}
