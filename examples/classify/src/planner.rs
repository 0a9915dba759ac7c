//! Dry runs of the evaluation on shares: what the dealer has to deal, and what it will cost.

use ringshare::nn::{Layer, Sequential};
use ringshare::offline::DryRun;
use ringshare::protocol::{self, Party};
use ringshare::ring::Ring;
use ringshare::with_ring;

use crate::error::Error;
use crate::secure::{Job, MODEL_OWNER};

/// Recipes and costs of the setup and of a full batch, by a dry run.
#[derive(Debug)]
pub(crate) struct Dry {
    pub(crate) setup: DryRun,
    /// From the product masks of the offline half to the classes.
    pub(crate) batch: DryRun,
}

/// Finds recipes and costs of a run.
///
/// # Errors
/// If the layers do not fit the comparison.
pub(crate) fn dry(job: &Job<'_>) -> Result<Dry, Error> {
    with_ring!(job.architecture.ring(), R in [16, 32, 64] => Planner::<R>::new(job)?.dry())
}

/// A party that runs dry to find the recipes.
pub(crate) struct Planner<'a, R: Ring> {
    job: &'a Job<'a>,
    /// Over the transport of the run: over another, all protocols would be compiled once more.
    party: Party,
    model: Sequential<R>,
    pub(crate) setup: DryRun,
    last: Option<Plan>,
}

/// Recipe and cost of a batch.
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
        let model = model.map_err(failed)?;
        let setup = party.take_dry_run();
        Ok(Self { job, party, model, setup, last: None })
    }

    /// Recipe and cost of a batch of `rows` images.
    pub(crate) fn batch(&mut self, rows: usize) -> Result<&Plan, Error> {
        let plan = match self.last.take() {
            Some(plan) if plan.rows == rows => plan,
            _ => self.plan(rows).map_err(failed)?,
        };
        Ok(self.last.insert(plan))
    }

    fn plan(&mut self, rows: usize) -> Result<Plan, protocol::Error> {
        let prepared = self.model.prepare(&mut self.party, rows)?;
        let mut run = self.party.take_dry_run();
        let layers = self.job.architecture.layers().iter().enumerate();
        let weighted = layers.filter(|(_, l)| matches!(l, Layer::Linear(_) | Layer::Convolution(_)));
        // The offline half requests one product for each layer.
        let mut steps: Vec<usize> = weighted.map(|(layer, _)| layer + 1).collect();
        steps.resize(run.recipe.requests().len(), 0);
        let mut watch = |step: usize, party: &mut Party| {
            let more = party.take_dry_run();
            run.recipe.0.extend(more.recipe.0);
            run.rounds += more.rounds;
            run.sent_bytes += more.sent_bytes;
            steps.resize(run.recipe.0.len(), step);
        };
        self.job.evaluate(&mut self.party, &self.model, prepared, rows, None, &mut watch)?;
        Ok(Plan { rows, run, steps })
    }

    fn dry(mut self) -> Result<Dry, Error> {
        let rows = self.job.batch;
        let batch = self.plan(rows).map_err(failed)?.run;
        Ok(Dry { setup: self.setup, batch })
    }
}

fn failed(error: protocol::Error) -> Error {
    Error::Wrong(format!("the dry run: {error}"))
}
