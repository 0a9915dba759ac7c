//! What a party does, and what the dealer does: the same in one process and between several.
//!
//! The dealer deals whatever all parties announce, some tasks ahead of what they do, so that it works meanwhile.

use std::collections::VecDeque;
use std::iter;
use std::time::{Duration, Instant};

use classify::memory::ThreadCpu;
use ringshare::nn::train::{Secure, Trainer};
use ringshare::protocol::{Dealer, Error, Party};

use crate::holder::Holder;
use crate::setting::{Recipes, Setting};
use crate::task::{self, Task};

/// Corrections that may be on their way: those of a step, most of which are for the gradients of the weights.
const WINDOW: u64 = 1 << 27;

/// Tasks that are announced while one is done: enough for the dealer to work whenever the parties wait for one another.
const AHEAD: usize = 2;

/// What is told of a run while it goes on. A function that is told returns whether the run is to go on.
pub enum Event<'a> {
    /// A step is done: its number over all epochs, and its mean loss where that was opened.
    Step(usize, Option<f64>),
    /// An epoch is done, and the test images are classified.
    Epoch(Epoch),
    /// The network after a step, for a checkpoint.
    Trained(&'a Trainer),
}

/// What an epoch took at a party.
#[derive(Clone, Debug, Default)]
pub struct Epoch {
    /// Its number, from 1.
    pub number: usize,
    /// Its steps that this run took: not all where it goes on within the epoch, and none where the epoch was left to be scored.
    pub steps: usize,
    /// Seconds on the clock.
    pub wall: f64,
    /// Of these, waiting for the dealer and receiving.
    pub offline: f64,
    /// CPU seconds of the party.
    pub cpu: f64,
    /// Bytes that the party sent.
    pub sent: u64,
    /// Seconds of scoring the test images, which are not among those above.
    pub scored: f64,
    /// The classes of the test images.
    pub classes: Vec<u8>,
}

/// Deals until the parties end the run. Returns CPU seconds, and bytes that went to party 0.
///
/// # Errors
/// If a party fails or announces something else.
pub fn deal(dealer: &mut Dealer, recipes: &Recipes) -> Result<(f64, u64), Error> {
    let (all, cpu) = (recipes.all(), ThreadCpu::start());
    while dealer.deal_one_of(&all)? != recipes.end() {}
    Ok((cpu.seconds(), dealer.sent_bytes()[0]))
}

/// Trains from the trainer's step on to the end, and ends the dealer's run. Returns the mean of the weights of the last steps, if they are
/// averaged.
///
/// # Errors
/// As [`Trainer::step`], or if the other parties do not begin at the same step.
pub fn train(
    party: &mut Party,
    setting: &Setting,
    recipes: &Recipes,
    holder: &Holder<'_>,
    trainer: &mut Trainer,
    tell: &mut dyn FnMut(Event<'_>) -> Result<(), Error>,
) -> Result<Option<Trainer>, Error> {
    party.set_window(WINDOW);
    let (steps, from) = (setting.steps(), trainer.steps() as usize);
    let mut run =
        Run { party, setting, recipes, tasks: Box::new(tasks(setting, from)), announced: VecDeque::new() };
    let mut mean = None;
    if ends_epoch(setting, from) {
        // The checkpoint was written before the epoch was scored.
        mean = run.end_epoch(trainer, holder, Epoch { number: from / steps, ..Epoch::default() }, tell)?;
    }
    for epoch in from / steps..setting.epochs {
        let order = setting.order(epoch);
        let sent = run.party.network().sent_bytes();
        let (start, cpu, mut offline) = (Instant::now(), ThreadCpu::start(), Duration::ZERO);
        let first = trainer.steps() as usize % steps;
        for step in first..steps {
            let begun = Instant::now();
            run.next()?;
            offline += begun.elapsed();
            let rows = Setting::rows(&order, step, setting.batch);
            let batch = holder.batch(trainer.program(), setting.input, rows)?;
            let number = trainer.steps() as usize;
            let wants_loss = matches!(setting.step(number), Task::Step { wants_loss: true, .. });
            let mut secure = Secure::new(run.party, setting.options.rounding);
            let loss = trainer.step(&mut secure, batch, setting.rate(number), wants_loss)?;
            if setting.is_averaged(step) {
                trainer.accumulate();
            }
            let loss = loss.map(|loss| run.party.open(&loss)).transpose()?;
            let mean = |opened: Vec<u64>| opened[0] as f64 / 4096. / rows.len() as f64;
            tell(Event::Step(number, loss.map(mean)))?;
            tell(Event::Trained(trainer))?;
        }
        let (wall, cpu, offline) = (start.elapsed().as_secs_f64(), cpu.seconds(), offline.as_secs_f64());
        let sent = run.party.network().sent_bytes() - sent;
        let taken = steps - first;
        let done = Epoch { number: epoch + 1, steps: taken, wall, offline, cpu, sent, ..Epoch::default() };
        mean = run.end_epoch(trainer, holder, done, tell)?;
    }
    run.next()?;
    run.party.finish()?;
    Ok(mean)
}

/// Whether training goes on behind the last step of an epoch.
fn ends_epoch(setting: &Setting, from: usize) -> bool {
    from > 0 && from.is_multiple_of(setting.steps())
}

/// All tasks from a step on, and the end behind them.
fn tasks(setting: &Setting, from: usize) -> impl Iterator<Item = Option<Task>> {
    let scoring = |steps| ends_epoch(setting, steps).then(|| setting.scoring()).into_iter().flatten();
    let steps = (from..setting.epochs * setting.steps())
        .flat_map(move |step| iter::once(setting.step(step)).chain(scoring(step + 1)));
    scoring(from).chain(steps).map(Some).chain([None])
}

/// A party in its session.
struct Run<'a> {
    party: &'a mut Party,
    setting: &'a Setting,
    recipes: &'a Recipes,
    /// Those that are not announced yet.
    tasks: Box<dyn Iterator<Item = Option<Task>> + 'a>,
    /// Those that are announced and not received.
    announced: VecDeque<Option<Task>>,
}

impl Run<'_> {
    /// Receives what the next task takes, and announces those that come then.
    fn next(&mut self) -> Result<(), Error> {
        while self.announced.len() <= AHEAD
            && let Some(task) = self.tasks.next()
        {
            self.party.announce(self.recipes.of(task))?;
            self.announced.push_back(task);
        }
        self.party.collect(self.recipes.of(self.announced.pop_front().flatten()))
    }

    /// Scores an epoch that is done. Returns the mean of the weights of its last steps, if they are averaged.
    fn end_epoch(
        &mut self,
        trainer: &mut Trainer,
        holder: &Holder<'_>,
        mut done: Epoch,
        tell: &mut dyn FnMut(Event<'_>) -> Result<(), Error>,
    ) -> Result<Option<Trainer>, Error> {
        let begun = Instant::now();
        let mean;
        (done.classes, mean) = self.score(trainer, holder)?;
        trainer.forget();
        done.scored = begun.elapsed().as_secs_f64();
        tell(Event::Epoch(done))?;
        Ok(mean)
    }

    fn score(&mut self, trainer: &Trainer, holder: &Holder<'_>) -> Result<(Vec<u8>, Option<Trainer>), Error> {
        let (mut classes, mut from) = (Vec::with_capacity(self.setting.tests), 0);
        let mut mean = None;
        for task in self.setting.scoring() {
            self.next()?;
            if let Task::Average { log } = task {
                mean =
                    Some(trainer.averaged(&mut Secure::new(self.party, self.setting.options.rounding), log)?);
            }
            let Task::Score { rows } = task else { continue };
            let trainer = mean.as_ref().unwrap_or(trainer);
            let batch = holder.tests(trainer.program(), self.setting.input, from..from + rows)?;
            let mut secure = Secure::new(self.party, self.setting.options.rounding);
            let z = trainer.outputs(&mut secure, batch.inputs())?;
            classes.extend(task::classes(self.party, trainer, &z)?);
            from += rows;
        }
        Ok((classes, mean))
    }
}
