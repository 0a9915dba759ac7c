//! Dry runs of the shared evaluation: what is to be dealt, and what it will cost.

use ringshare::correlation::DryRun;
use ringshare::nn::{Layer, Nowhere, Sequential};
use ringshare::protocol::{self, Party};
use ringshare::ring::{Ring, Z2};

use crate::error::Error;
use crate::secure::{Job, MODEL_OWNER};
use crate::session::failed;

/// What the setup and a full batch take, by a dry run.
#[derive(Debug)]
pub(crate) struct Dry {
    pub(crate) setup: DryRun,
    /// From the product masks of the offline half to the classes.
    pub(crate) batch: DryRun,
}

/// What a run would take.
///
/// # Errors
/// If the layers do not fit the comparison.
pub(crate) fn dry(job: &Job<'_>) -> Result<Dry, Error> {
    match job.architecture.ring() {
        16 => Planner::<Z2<16>>::new(job)?.dry(),
        32 => Planner::<Z2<32>>::new(job)?.dry(),
        _ => Planner::<Z2<64>>::new(job)?.dry(),
    }
}

/// A party that runs dry to find the recipes.
pub(crate) struct Planner<'a, R: Ring> {
    job: &'a Job<'a>,
    party: Party<Nowhere>,
    model: Sequential<R>,
    pub(crate) setup: DryRun,
    last: Option<Plan>,
}

/// What a batch takes.
pub(crate) struct Plan {
    rows: usize,
    pub(crate) run: DryRun,
    /// For every request of the recipe the step that it is for.
    pub(crate) steps: Vec<usize>,
}

impl<'a, R: Ring> Planner<'a, R> {
    /// Runs the setup dry.
    ///
    /// # Errors
    /// If the layers do not fit the comparison.
    pub(crate) fn new(job: &'a Job<'a>) -> Result<Self, Error> {
        let mut party = Party::dry(job.parties);
        party.network_mut().set_topology(job.library_topology());
        party.set_comparison(job.common());
        let model = Sequential::share(&mut party, MODEL_OWNER, job.architecture, None);
        let model = model.map_err(|e| failed("the dry run", e))?;
        let setup = party.take_dry_run();
        Ok(Self { job, party, model, setup, last: None })
    }

    /// What a batch of `rows` images takes.
    pub(crate) fn batch(&mut self, rows: usize) -> Result<&Plan, Error> {
        let plan = match self.last.take() {
            Some(plan) if plan.rows == rows => plan,
            _ => self.plan(rows).map_err(|e| failed("the dry run", e))?,
        };
        Ok(self.last.insert(plan))
    }

    fn plan(&mut self, rows: usize) -> Result<Plan, protocol::Error> {
        let prepared = self.model.prepare(&mut self.party, rows)?;
        let mut run = self.party.take_dry_run();
        let layers = self.job.architecture.layers().iter().enumerate();
        let weighted = layers.filter(|(_, l)| matches!(l, Layer::Linear { .. } | Layer::Convolution { .. }));
        // The offline half asks for a product a layer.
        let mut steps: Vec<usize> = weighted.map(|(layer, _)| layer + 1).collect();
        steps.resize(run.recipe.requests().len(), 0);
        let watch = |step, party: &mut Party<Nowhere>| {
            let more = party.take_dry_run();
            run.recipe.0.extend(more.recipe.0);
            run.rounds += more.rounds;
            run.sent_bytes += more.sent_bytes;
            steps.resize(run.recipe.0.len(), step);
        };
        self.job.evaluate(&mut self.party, &self.model, prepared, rows, None, watch)?;
        Ok(Plan { rows, run, steps })
    }

    fn dry(mut self) -> Result<Dry, Error> {
        let rows = self.job.batch;
        let batch = self.plan(rows).map_err(|e| failed("the dry run", e))?.run;
        Ok(Dry { setup: self.setup, batch })
    }
}
