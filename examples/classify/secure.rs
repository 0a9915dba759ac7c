//! The shared evaluation: the parties and the dealer as threads of this process.
//!
//! Party 0 owns the model, party 1 the images, and party 1 alone learns the classes. Every phase of every batch is run
//! by itself, so that its cost can be told.

use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use ringshare::correlation::compare::sign_values;
use ringshare::correlation::{Dealer, DryRun, Recipe};
use ringshare::net::{Memory, Network, Topology};
use ringshare::nn::{Architecture, Layer, Prepared, Sequential, Weights};
use ringshare::prg::RootSeed;
use ringshare::protocol::{self, Family, Party};
use ringshare::ring::{Ring, Word, Z2};

use crate::args;
use crate::error::Error;
use crate::memory::{ThreadCpu, peak_rss};
use crate::model::Model;
use crate::report::{Phase, Phases};

/// The ring of the whole model; layers count fewer bits of it.
type R = Z2<16>;
/// The ring that classes are told in.
type Class = Z2<8>;

const MODEL_OWNER: usize = 0;
const IMAGE_OWNER: usize = 1;

/// Nobody waits longer for another.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the parties and the dealer are to do.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) model: &'a Model,
    /// `[n, in]`
    pub(crate) inputs: &'a [u8],
    /// Bits of each layer's result that count: for the last layer, of differences of logits.
    pub(crate) bits: &'a [u32],
    pub(crate) parties: usize,
    pub(crate) batch: usize,
    pub(crate) comparison: Family,
    pub(crate) topology: args::Topology,
    pub(crate) seed: Option<u64>,
    /// Whether to reveal the logits beside the classes.
    pub(crate) logits: bool,
}

/// What comes of it.
#[derive(Debug)]
pub(crate) struct Secure {
    /// `[n]`
    pub(crate) classes: Vec<u8>,
    /// `[n, classes]`, if they were to be revealed.
    pub(crate) logits: Option<Vec<i32>>,
    pub(crate) phases: Phases,
}

/// Runs the parties and the dealer.
///
/// # Errors
/// A protocol that fails at some party.
pub(crate) fn run(job: &Job<'_>, progress: &ProgressBar) -> Result<Secure, Error> {
    let architecture = job.architecture()?;
    let mut ends = Memory::mesh(job.parties + 1, PATIENCE);
    let session = job.seed.unwrap_or_default();
    let root = job.root()?;
    let last = ends.pop().ok_or_else(|| Error::Wrong("expected an end for the dealer".into()))?;
    let dealer = Network::new(last, job.parties, job.parties, session);
    let mut dealer = Dealer::open(dealer, &root).map_err(|e| failed("the dealer", e))?;
    let mut sides = Vec::new();
    for (id, end) in ends.into_iter().enumerate() {
        let mut network = Network::new(end, id, job.parties, session);
        network.set_topology(job.library_topology());
        let mut party = Party::join(network).map_err(|e| failed(&format!("party {id}"), e))?;
        party.set_comparison(job.common());
        sides.push(Side { party, model: None, prepared: None, found: None });
    }

    let mut phases = Phases::default();
    let mut dry = Party::dry(job.parties);
    dry.network_mut().set_topology(job.library_topology());
    dry.set_comparison(job.common());
    let dry_model = Sequential::<R>::share(&mut dry, MODEL_OWNER, &architecture, None);
    let dry_model = dry_model.map_err(|e| failed("the dry run", e))?;
    let setup = dry.take_dry_run();
    let [dealt, received] = deal(&mut dealer, &mut sides, &setup.recipe)?;
    phases.setup = dealt;
    phases.setup += received;
    phases.setup += each("setup", &mut sides, |side| side.setup(job, &architecture))?;

    let width = job.model.layers[0].inputs;
    let mut secure = Secure { classes: Vec::new(), logits: job.logits.then(Vec::new), phases };
    let mut plan: Option<(usize, DryRun)> = None;
    for batch in job.inputs.chunks(job.batch * width) {
        let rows = batch.len() / width;
        let recipe = match plan.take() {
            Some((planned, recipe)) if planned == rows => recipe,
            _ => {
                let done = job.dry_batch(&mut dry, &dry_model, rows);
                done.map_err(|e| failed("the dry run", e))?;
                dry.take_dry_run()
            }
        };
        let [dealt, received] = deal(&mut dealer, &mut sides, &recipe.recipe)?;
        secure.phases.dealer += dealt;
        secure.phases.offline += received;
        secure.phases.offline += each("offline", &mut sides, |side| side.offline(rows))?;
        let mut found = None;
        secure.phases.online += each("online", &mut sides, |side| side.online(job, batch, rows))?;
        for side in &mut sides {
            found = found.or(side.found.take());
        }
        let (classes, logits) = found.ok_or_else(|| Error::Wrong("expected classes, found none".into()))?;
        secure.classes.extend(classes);
        if let Some(all) = &mut secure.logits {
            all.extend(logits);
        }
        progress.inc(rows as u64);
        plan = Some((rows, recipe));
    }
    each("finish", &mut sides, |side| Ok(side.party.network_mut().finish()?))?;
    Ok(secure)
}

/// Classes and logits of a batch.
type Found = (Vec<u8>, Vec<i32>);

/// One party's state.
struct Side {
    party: Party<Memory>,
    model: Option<Sequential<R>>,
    prepared: Option<Prepared<R>>,
    /// At the party that learns it.
    found: Option<Found>,
}

/// Runs the dealer, and lets the parties receive each item before the next, so that none is held twice. Returns what
/// dealing and what receiving took.
fn deal(dealer: &mut Dealer<Memory>, sides: &mut [Side], recipe: &Recipe) -> Result<[Phase; 2], Error> {
    let before = dealer.sent_bytes().to_vec();
    let (mut dealt, mut received) = (Phase::default(), Phase::default());
    for request in recipe.requests() {
        let item = Recipe(vec![request.clone()]);
        let (start, cpu) = (Instant::now(), ThreadCpu::start());
        dealer.deal(&item).map_err(|e| failed("the dealer", e))?;
        dealt.wall_s += start.elapsed().as_secs_f64();
        dealt.cpu_s += cpu.seconds();
        let (start, cpu) = (Instant::now(), ThreadCpu::start());
        for (id, side) in sides.iter_mut().enumerate() {
            side.party.receive(&item).map_err(|e| failed(&format!("party {id}"), e))?;
        }
        // Only one party gets a correction: what this took, it took.
        received.wall_s += start.elapsed().as_secs_f64();
        received.cpu_s += cpu.seconds();
    }
    let sent = dealer.sent_bytes().iter().zip(before).map(|(now, before)| now - before);
    dealt.dealer_bytes = sent.max().unwrap_or(0);
    for phase in [&mut dealt, &mut received] {
        phase.cpu_all_s = phase.cpu_s;
        phase.peak_rss_bytes = peak_rss();
    }
    Ok([dealt, received])
}

/// Runs one phase at every party, each in a thread of its own, which profilers see under the phase's name.
fn each(
    name: &str,
    sides: &mut [Side],
    phase: impl Fn(&mut Side) -> Result<(), protocol::Error> + Sync,
) -> Result<Phase, Error> {
    let start = Instant::now();
    let phase = &phase;
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = sides
            .iter_mut()
            .map(|side| {
                thread::Builder::new().name(name.into()).spawn_scoped(scope, move || {
                    let (rounds, sent) = (side.party.network().rounds(), side.party.network().sent_bytes());
                    let cpu = ThreadCpu::start();
                    phase(side)?;
                    let network = side.party.network();
                    Ok((cpu.seconds(), network.rounds() - rounds, network.sent_bytes() - sent))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.map(|thread| thread.join())).collect()
    });
    let mut all = Phase { wall_s: start.elapsed().as_secs_f64(), ..Phase::default() };
    for (id, result) in results.into_iter().enumerate() {
        let who = format!("party {id}");
        let result = result.map_err(|e| Error::Wrong(format!("{who}: {e}")))?;
        let result = result.map_err(|_| Error::Wrong(format!("{who} panicked")))?;
        let (cpu_s, rounds, sent) = result.map_err(|e: protocol::Error| failed(&who, e))?;
        all.cpu_s = all.cpu_s.max(cpu_s);
        all.cpu_all_s += cpu_s;
        all.rounds = all.rounds.max(rounds.into());
        all.sent_bytes = all.sent_bytes.max(sent);
    }
    all.peak_rss_bytes = peak_rss();
    Ok(all)
}

impl Side {
    fn setup(&mut self, job: &Job<'_>, architecture: &Architecture) -> Result<(), protocol::Error> {
        let weights = Signs(job.model);
        let weights: Option<&dyn Weights<u16>> = (self.party.id() == MODEL_OWNER).then_some(&weights);
        self.model = Some(Sequential::share(&mut self.party, MODEL_OWNER, architecture, weights)?);
        Ok(())
    }

    fn offline(&mut self, rows: usize) -> Result<(), protocol::Error> {
        if let Some(model) = &self.model {
            self.prepared = Some(model.prepare(&mut self.party, rows)?);
        }
        Ok(())
    }

    fn online(&mut self, job: &Job<'_>, batch: &[u8], rows: usize) -> Result<(), protocol::Error> {
        let (Some(model), Some(prepared)) = (&self.model, self.prepared.take()) else { return Ok(()) };
        let owner = self.party.id() == IMAGE_OWNER;
        let images = owner.then(|| batch.iter().map(|&x| x.into()).collect::<Vec<u16>>());
        self.found = job.evaluate(&mut self.party, model, prepared, rows, images.as_deref())?;
        Ok(())
    }
}

impl Job<'_> {
    /// One batch online: input, network, classes, and who learns them.
    fn evaluate(
        &self,
        party: &mut Party<Memory>,
        model: &Sequential<R>,
        prepared: Prepared<R>,
        rows: usize,
        images: Option<&[u16]>,
    ) -> Result<Option<Found>, protocol::Error> {
        let architecture = model.architecture();
        let bits = self.bits[self.bits.len() - 1];
        let x = party.input::<R>(IMAGE_OWNER, rows * architecture.inputs(), images)?;
        let logits = match self.comparison {
            // Whatever the values' bits: out of its exact range, a sign is as good as random.
            Family::Legendre(variant) => model.forward_with(party, prepared, x, |party, x, bits| {
                party.legendre::<R, R>(x, bits, variant, sign_values::<R>())
            })?,
            _ => model.forward(party, prepared, x)?,
        };
        let classes = party.argmax::<R, Class>(&logits, architecture.outputs(), bits)?;
        let classes = party.reveal(&classes, IMAGE_OWNER)?;
        let logits = if self.logits { party.reveal_low(&logits, bits, IMAGE_OWNER)? } else { None };
        let signed = |logits: Vec<u16>| logits.into_iter().map(|logit| logit.signed(bits) as i32).collect();
        Ok(classes.map(|classes| (classes, logits.map(signed).unwrap_or_default())))
    }

    /// The same without a network.
    fn dry_batch(
        &self,
        dry: &mut Party<Memory>,
        model: &Sequential<R>,
        rows: usize,
    ) -> Result<(), protocol::Error> {
        let prepared = model.prepare(dry, rows)?;
        self.evaluate(dry, model, prepared, rows, None).map(drop)
    }

    fn architecture(&self) -> Result<Architecture, Error> {
        let mut layers = Vec::new();
        for (layer, &bits) in self.model.layers.iter().zip(self.bits) {
            if !layers.is_empty() {
                let Some(&Layer::Linear { bits, .. }) = layers.last() else { continue };
                layers.push(Layer::Sign { bits: bits - self.spare() });
            }
            let bits = bits + self.spare();
            layers.push(Layer::Linear { inputs: layer.inputs, outputs: layer.outputs, bits });
        }
        Architecture::new(layers, R::BITS).map_err(|e| Error::Wrong(e.to_string()))
    }

    /// How everything but the signs is compared.
    fn common(&self) -> Family {
        if let Family::Legendre(_) = self.comparison { Family::default() } else { self.comparison }
    }

    /// Bits of a layer's result beyond its values': Legendre symbols take one.
    fn spare(&self) -> u32 {
        u32::from(matches!(self.comparison, Family::Legendre(_)))
    }

    /// What all randomness is drawn from: fresh, unless a seed is given.
    fn root(&self) -> Result<RootSeed, Error> {
        let mut bytes = [0; 32];
        match self.seed {
            Some(seed) => bytes[..8].copy_from_slice(&seed.to_le_bytes()),
            None => getrandom::fill(&mut bytes).map_err(|e| Error::Wrong(e.to_string()))?,
        }
        Ok(RootSeed::from_bytes(bytes))
    }

    fn library_topology(&self) -> Topology {
        match self.topology {
            args::Topology::Auto => Topology::Auto,
            args::Topology::Direct => Topology::Direct,
            args::Topology::Scatter => Topology::Scatter,
        }
    }
}

/// The model's weights as ring elements.
struct Signs<'a>(&'a Model);

impl Weights<u16> for Signs<'_> {
    fn row(&self, layer: usize, row: usize, out: &mut [u16]) {
        let layer = &self.0.layers[layer];
        let bytes = layer.inputs / 8;
        for (byte, out) in layer.bits[row * bytes..][..bytes].iter().zip(out.chunks_exact_mut(8)) {
            for (i, out) in out.iter_mut().enumerate() {
                // 2·bit − 1
                *out = u16::from(byte >> (7 - i) & 1).wrapping_mul(2).wrapping_sub(1);
            }
        }
    }

    fn bias(&self, layer: usize, out: &mut [u16]) {
        for (out, &bias) in out.iter_mut().zip(&self.0.layers[layer].bias) {
            *out = bias as u16;
        }
    }
}

fn failed(who: &str, error: protocol::Error) -> Error {
    Error::Wrong(format!("{who}: {error}"))
}
