//! The shared evaluation: the parties and the dealer as threads of this process.
//!
//! Party 0 owns the model, party 1 owns the images, and only party 1 learns the classes. Every phase of every batch runs
//! separately, so that its cost can be measured.

use std::ops::Range;
use std::time::Instant;

use indicatif::ProgressBar;
use ringshare::correlation::compare::sign_values;
use ringshare::net::Topology;
use ringshare::nn::{Architecture, Input, Prepared, Quantised, Sequential, Weights};
use ringshare::protocol::{self, Family, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::with_ring;

use crate::args;
use crate::error::Error;
use crate::planner::Planner;
use crate::report::Phases;
use crate::session::{self, Session};

/// The ring of the revealed classes.
type Class = Z2<8>;

pub(crate) const MODEL_OWNER: usize = 0;
const IMAGE_OWNER: usize = 1;

/// The inputs of a network for some images.
#[derive(Clone, Copy)]
pub enum Images<'a> {
    /// Pixels, and how one becomes a number.
    Pixels(&'a [u8], Input),
    /// The numbers themselves.
    Numbers(&'a [f32]),
}

impl Images<'_> {
    /// How many they are, each of `width` inputs.
    fn len(self, width: usize) -> usize {
        let inputs = match self {
            Self::Pixels(pixels, _) => pixels.len(),
            Self::Numbers(numbers) => numbers.len(),
        };
        inputs / width
    }

    /// Some of the inputs.
    fn part(self, inputs: Range<usize>) -> Vec<f32> {
        match self {
            Self::Pixels(pixels, input) => input.encode(&pixels[inputs]),
            Self::Numbers(numbers) => numbers[inputs].to_vec(),
        }
    }
}

/// The job of the parties and the dealer.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The weights.
    pub weights: &'a Quantised,
    /// The layers and how many bits count in each; differences of logits fit the last one's.
    pub architecture: &'a Architecture,
    /// `[n, in]`
    pub images: Images<'a>,
    /// Parties, without the dealer.
    pub parties: usize,
    /// The most images that are evaluated together.
    pub batch: usize,
    /// How values are compared.
    pub comparison: Family,
    /// How a vector is opened.
    pub topology: args::Topology,
    /// What all randomness is drawn from; none if it is fresh.
    pub seed: Option<u64>,
    /// Whether to find and reveal the classes.
    pub classes: bool,
    /// Whether to reveal the logits.
    pub logits: bool,
}

/// The outcome of a job.
#[derive(Debug)]
pub struct Secure {
    /// `[n]`, if they were revealed.
    pub classes: Vec<u8>,
    /// `[n, classes]`, if they were revealed.
    pub logits: Option<Vec<i64>>,
    /// What it cost.
    pub phases: Phases,
    /// One for the input, one for every layer, and one for the classes.
    pub steps: Vec<Step>,
}

/// Seconds of a step, summed over the batches.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// CPU time of the dealer, before the images are known.
    pub dealer_s: f64,
    /// On the clock at the image owner.
    pub online_s: f64,
}

/// Runs the parties and the dealer.
///
/// # Errors
/// A protocol that fails at some party.
pub fn run(job: &Job<'_>, progress: &ProgressBar) -> Result<Secure, Error> {
    with_ring!(job.architecture.ring(), R in [16, 32, 64] => Run::<R>::open(job)?.all(progress))
}

/// A run over the ring R.
struct Run<'a, R: Ring> {
    job: &'a Job<'a>,
    session: Session,
    sides: Vec<Side<R>>,
    planner: Planner<'a, R>,
    steps: Vec<Step>,
}

/// Classes and logits of a batch.
type Found = (Vec<u8>, Vec<i64>);

/// One party's state.
struct Side<R: Ring> {
    id: usize,
    model: Option<Sequential<R>>,
    prepared: Option<Prepared<R>>,
    /// Seconds online.
    steps: Vec<f64>,
    /// At the party that learns it.
    found: Option<Found>,
}

impl<'a, R: Ring> Run<'a, R> {
    fn open(job: &'a Job<'a>) -> Result<Self, Error> {
        let planner = Planner::new(job)?;
        let session = session::open(job)?;
        let steps = vec![0.0; job.steps()];
        let side = |id| Side { id, model: None, prepared: None, steps: steps.clone(), found: None };
        let sides = (0..job.parties).map(side).collect();
        Ok(Self { job, session, sides, planner, steps: vec![Step::default(); job.steps()] })
    }

    fn all(mut self, progress: &ProgressBar) -> Result<Secure, Error> {
        let (job, width) = (self.job, self.job.architecture.inputs());
        let mut phases = Phases::default();
        let (session, sides) = (&mut self.session, &mut self.sides);
        let [dealt, received] = session::deal(session, &self.planner.setup.recipe, &mut |_, _| ())?;
        phases.setup = dealt;
        phases.setup += received;
        phases.setup += session::each(session, "setup", sides, &|party, side| side.setup(job, party))?;
        let (mut classes, mut logits) = (Vec::new(), job.logits.then(Vec::new));
        let images = job.images.len(width);
        for first in (0..images).step_by(job.batch) {
            let rows = job.batch.min(images - first);
            // One batch at a time: all images as integers would take more memory than the model.
            let batch = job.weights.encode(&job.images.part(first * width..(first + rows) * width));
            let batch = batch.map_err(|e| Error::Wrong(e.to_string()))?;
            let found = self.batch(&batch, rows, &mut phases)?;
            classes.extend(found.0);
            if let Some(all) = &mut logits {
                all.extend(found.1);
            }
            progress.inc(rows as u64);
        }
        self.session.finish()?;
        for (step, online_s) in self.steps.iter_mut().zip(&self.sides[IMAGE_OWNER].steps) {
            step.online_s = *online_s;
        }
        Ok(Secure { classes, logits, phases, steps: self.steps })
    }

    fn batch(&mut self, batch: &[i64], rows: usize, phases: &mut Phases) -> Result<Found, Error> {
        let (job, session, sides, steps) = (self.job, &mut self.session, &mut self.sides, &mut self.steps);
        let plan = self.planner.batch(rows)?;
        let mut dealt = |request: usize, seconds: f64| steps[plan.steps[request]].dealer_s += seconds;
        let [dealt, received] = session::deal(session, &plan.run.recipe, &mut dealt)?;
        phases.dealer += dealt;
        phases.offline += received;
        phases.offline += session::each(session, "offline", sides, &|party, side| side.offline(party, rows))?;
        let online = |party: &mut _, side: &mut Side<R>| side.online(job, party, batch, rows);
        phases.online += session::each(session, "online", sides, &online)?;
        let found = sides.iter_mut().filter_map(|side| side.found.take()).next();
        found.ok_or_else(|| Error::Wrong("expected classes, found none".into()))
    }
}

impl<R: Ring> Side<R> {
    fn setup(&mut self, job: &Job<'_>, party: &mut Party) -> Result<(), protocol::Error> {
        let weights: Option<&dyn Weights<R::Word>> = (self.id == MODEL_OWNER).then_some(job.weights as _);
        self.model = Some(Sequential::share(party, MODEL_OWNER, job.architecture, weights)?);
        Ok(())
    }

    fn offline(&mut self, party: &mut Party, rows: usize) -> Result<(), protocol::Error> {
        if let Some(model) = &self.model {
            self.prepared = Some(model.prepare(party, rows)?);
        }
        Ok(())
    }

    fn online(
        &mut self,
        job: &Job<'_>,
        party: &mut Party,
        batch: &[i64],
        rows: usize,
    ) -> Result<(), protocol::Error> {
        let (Some(model), Some(prepared)) = (&self.model, self.prepared.take()) else { return Ok(()) };
        let images = (self.id == IMAGE_OWNER)
            .then(|| batch.iter().map(|&x| R::Word::from_signed(x.into())).collect::<Vec<_>>());
        let (mut last, steps) = (Instant::now(), &mut self.steps);
        let mut watch = |step: usize, _: &mut Party| {
            let now = Instant::now();
            steps[step] += (now - std::mem::replace(&mut last, now)).as_secs_f64();
        };
        self.found = job.evaluate(party, model, prepared, rows, images.as_deref(), &mut watch)?;
        Ok(())
    }
}

impl Job<'_> {
    /// One batch online: input, network, classes, and revealing what is asked for. `watch` is called after each step.
    pub(crate) fn evaluate<R: Ring>(
        &self,
        party: &mut Party,
        model: &Sequential<R>,
        prepared: Prepared<R>,
        rows: usize,
        images: Option<&[R::Word]>,
        watch: &mut dyn FnMut(usize, &mut Party),
    ) -> Result<Option<Found>, protocol::Error> {
        let (architecture, bits) = (model.architecture(), model.bits_out());
        let x = party.input::<R>(IMAGE_OWNER, rows * architecture.inputs(), images)?;
        watch(0, party);
        let comparison = self.comparison;
        let sign = |party: &mut Party, x: &Share<R>, bits| match comparison {
            // The bits of the values do not matter: outside its exact range, such a sign is nearly random.
            Family::Legendre(variant) => party.legendre::<R, R>(x, bits, variant, sign_values::<R>()),
            _ => party.sign(x, bits),
        };
        let layer = |layer: usize, party: &mut Party| watch(layer + 1, party);
        let logits = model.forward_watched(party, prepared, x, sign, layer)?;
        let classes = if self.classes {
            let classes = party.argmax::<R, Class>(&logits, architecture.outputs(), bits)?;
            party.reveal(&classes, IMAGE_OWNER)?
        } else {
            None
        };
        let logits = if self.logits { party.reveal_modulo(&logits, bits, IMAGE_OWNER)? } else { None };
        watch(self.steps() - 1, party);
        let signed = |logit: R::Word| logit.signed(bits) as i64;
        let logits: Option<Vec<i64>> = logits.map(|logits| logits.into_iter().map(signed).collect());
        let learns = classes.is_some() || logits.is_some();
        Ok(learns.then(|| (classes.unwrap_or_default(), logits.unwrap_or_default())))
    }

    /// The input, every layer, and the classes.
    fn steps(&self) -> usize {
        self.architecture.layers().len() + 2
    }

    /// The family of all comparisons but signs.
    pub(crate) fn common(&self) -> Family {
        if let Family::Legendre(_) = self.comparison { Family::default() } else { self.comparison }
    }

    pub(crate) fn library_topology(&self) -> Topology {
        match self.topology {
            args::Topology::Auto => Topology::Auto,
            args::Topology::Direct => Topology::Direct,
            args::Topology::Scatter => Topology::Scatter,
        }
    }
}
