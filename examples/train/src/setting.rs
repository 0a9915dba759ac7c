//! What all parties and the dealer know of a run before it begins.

use ringshare::nn::train::{Program, Secure, TrainError, TrainOptions, Trainer};
use ringshare::nn::{Forecast, Input, Model};
use ringshare::offline::{DryRun, Recipe};
use ringshare::prg::{Prg, Seed};
use ringshare::protocol::{Error, Party};

use crate::task::{self, Task};

/// The most images that are scored together, and the most elements of a value of all of them.
const SCORED: usize = 500;
const ELEMENTS: usize = 1 << 22;

/// A run.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The network; its weights are looked at by its owner alone.
    pub model: Model,
    /// How it is trained.
    pub options: TrainOptions,
    /// Names of the layers that are trained; none for all.
    pub tuned: Vec<String>,
    /// How a pixel becomes a number.
    pub input: Input,
    /// Parties.
    pub parties: usize,
    /// Training images of all holders together.
    pub images: usize,
    /// Test images.
    pub tests: usize,
    /// Images of a full batch.
    pub batch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Learning rates of the epochs; the last one goes on.
    pub rates: Vec<f64>,
    /// Steps in which the rate rises to the first.
    pub warmup: usize,
    /// Steps at the end of an epoch whose weights are averaged for its score; 0 for the last alone.
    pub average: usize,
    /// Steps between two losses that are opened; 0 for none.
    pub loss_every: usize,
    /// What the order of the images is drawn from. It is public.
    pub order: u64,
}

/// A recipe for each kind of step, the empty one last: it ends the run.
pub struct Recipes(Vec<(Option<Task>, DryRun)>);

impl Setting {
    /// The layers to train.
    ///
    /// # Errors
    /// If a layer can't be trained or the options do not fit.
    pub fn program(&self) -> Result<Program, TrainError> {
        Program::tuning(&self.model, self.options, &|name| {
            self.tuned.is_empty() || self.tuned.iter().any(|tuned| tuned == name)
        })
    }

    /// Steps of an epoch.
    pub fn steps(&self) -> usize {
        self.images.div_ceil(self.batch)
    }

    /// The learning rate of a step, counted over all epochs.
    pub fn rate(&self, step: usize) -> f64 {
        let rate = self.rates.get(step / self.steps()).or(self.rates.last()).copied().unwrap_or(0.1);
        // From a twentieth on, so that no rate is too small for the formats.
        if step < self.warmup { rate * ((step + 1) as f64 / self.warmup as f64).max(0.05) } else { rate }
    }

    /// The logarithm of the number of steps that are averaged, if more than one are.
    pub fn averaged(&self) -> Option<u32> {
        self.average.min(self.steps()).checked_ilog2().filter(|log| *log > 0)
    }

    /// Whether the weights after this step of an epoch are among those that are averaged.
    pub fn is_averaged(&self, of_epoch: usize) -> bool {
        self.averaged().is_some_and(|log| of_epoch + (1 << log) >= self.steps())
    }

    /// Checks the learning rates of all steps.
    ///
    /// # Errors
    /// If one does not fit the formats.
    pub fn check_rates(&self, program: &Program) -> Result<(), TrainError> {
        let steps = self.steps();
        // In an epoch a rate never falls, and all batches but the last are full.
        for (epoch, of_epoch) in (0..self.epochs)
            .flat_map(|epoch| [0, steps.saturating_sub(2), steps - 1].map(|step| (epoch, step)))
        {
            let found = self.rate(epoch * steps + of_epoch);
            let [least, most] = program.rates(self.batch.min(self.images - of_epoch * self.batch));
            if !(least..=most).contains(&found) {
                return Err(TrainError::Range { what: "learning rate", least, most, found });
            }
        }
        Ok(())
    }

    /// What to know of a learning rate that single steps follow by more than a quarter off, if there is one.
    pub fn coarse(&self, program: &Program) -> Option<String> {
        let unit = program.rate_unit(self.batch);
        let is_coarse = |rate: &&f64| {
            let part = (**rate / unit).fract();
            part.max(1. - part) * unit > **rate / 4. && (0.01..0.99).contains(&part)
        };
        let rate = self.rates.iter().find(is_coarse)?;
        let below = (rate / unit).floor();
        Some(format!(
            "learning rate {rate}, batches of {}: single steps are by {below} or {} times {unit}, and by {rate} in the mean; smaller batches, or fewer fractional bits of values and gradients (--bits), make that finer",
            self.batch,
            below + 1.
        ))
    }

    /// The order of the images in an epoch: a permutation that everybody knows.
    pub fn order(&self, epoch: usize) -> Vec<u32> {
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&self.order.to_le_bytes());
        let mut words = vec![0u64; self.images];
        Prg::new(&Seed::from_bytes(seed)).words(epoch as u64, 0, &mut words);
        let mut order: Vec<u32> = (0..self.images as u32).collect();
        // Fisher and Yates.
        for last in (1..order.len()).rev() {
            let other = (u128::from(words[last]) * (last as u128 + 1)) >> 64;
            order.swap(last, other as usize);
        }
        order
    }

    /// The images of a step of an epoch.
    pub fn rows(order: &[u32], step: usize, batch: usize) -> &[u32] {
        &order[step * batch..order.len().min((step + 1) * batch)]
    }

    /// Images that are scored together.
    pub fn scored(&self) -> usize {
        let sizes = self.model.nodes().iter().map(|node| node.shape.iter().product::<usize>());
        (ELEMENTS / sizes.max().unwrap_or(1).max(1)).clamp(1, SCORED)
    }

    /// The tasks that score the network on the test images.
    pub fn scoring(&self) -> impl Iterator<Item = Task> + use<> {
        let (tests, most) = (self.tests, self.scored());
        let scores = (0..tests.div_ceil(most)).map(move |i| Task::Score { rows: most.min(tests - i * most) });
        self.averaged().map(|log| Task::Average { log }).into_iter().chain(scores)
    }

    /// The task of a step, counted over all epochs.
    pub fn step(&self, step: usize) -> Task {
        let of_epoch = step % self.steps();
        let rows = self.batch.min(self.images - of_epoch * self.batch);
        let wants_loss = self.loss_every > 0 && (step + 1).is_multiple_of(self.loss_every);
        Task::Step { rows, wants_loss }
    }

    /// What each kind of task takes, by dry runs.
    ///
    /// # Errors
    /// If the program does not fit, or as its protocols.
    pub fn recipes(&self) -> Result<Recipes, Error> {
        let mut kinds: Vec<Task> = Vec::new();
        let last = self.steps() - 1;
        let rows = [0, last].map(|step| match self.step(step) {
            Task::Step { rows, .. } => rows,
            _ => 0,
        });
        for rows in rows {
            kinds.push(Task::Step { rows, wants_loss: false });
            if self.loss_every > 0 {
                kinds.push(Task::Step { rows, wants_loss: true });
            }
        }
        kinds.extend(self.scoring());
        let mut trainer = Trainer::given(self.program()?, None)?;
        let mut found: Vec<(Option<Task>, DryRun)> = Vec::new();
        for kind in kinds {
            if found.iter().any(|(task, _)| *task == Some(kind)) {
                continue;
            }
            let mut party = Party::dry(self.parties);
            let mut secure = Secure::new(&mut party, self.options.rounding);
            task::dry(&mut secure, &mut trainer, kind, self.rate(0))?;
            if let Task::Score { rows } = kind {
                let z = ringshare::nn::train::Numbers::zeros(rows * trainer.program().outputs());
                task::classes(&mut party, &trainer, &z)?;
            }
            found.push((Some(kind), party.take_dry_run()));
        }
        found.push((None, Party::dry(self.parties).take_dry_run()));
        Ok(Recipes(found))
    }
}

impl Recipes {
    /// The recipe of a task.
    ///
    /// # Panics
    /// If it was not among those of the setting.
    pub fn of(&self, task: Option<Task>) -> &Recipe {
        &self.run(task).recipe
    }

    /// All of them.
    pub fn all(&self) -> Vec<&Recipe> {
        self.0.iter().map(|(_, run)| &run.recipe).collect()
    }

    /// The place of the empty one among all.
    pub fn end(&self) -> usize {
        self.0.len() - 1
    }

    /// What a task would cost.
    ///
    /// # Panics
    /// As [`of`](Self::of).
    pub fn forecast(&self, task: Task, parties: usize) -> Forecast {
        Forecast::new(self.run(Some(task)), parties)
    }

    fn run(&self, task: Option<Task>) -> &DryRun {
        match self.0.iter().find(|(of, _)| *of == task) {
            Some((_, run)) => run,
            None => panic!("a task of the setting, not {task:?}"),
        }
    }
}
