//! One row: deal, compare, check.

use std::time::Duration;

use num_traits::WrappingSub;
use ringshare::net::Link;
use ringshare::offline::Elements;
use ringshare::prg::{Prg, Seed};
use ringshare::protocol::{self, Family, Party};
use ringshare::ring::{Ring, Word};
use ringshare::share::Share;
use ringshare::sim::SimError;
use ringshare::with_ring;
use serde::Serialize;

use crate::args::{Args, Output};
use crate::check::{self, Shared};
use crate::error::Error;
use crate::families;
use crate::session::{self, Dealt, Step};

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// The way to compare.
    pub family: Family,
    /// Bits of a value.
    pub bits: u32,
    /// Parties, without the dealer.
    pub parties: usize,
    /// Values that are compared at once.
    pub count: usize,
    /// What a comparison gives.
    pub output: Output,
    /// Every link between two parties.
    pub link: Link,
    /// Measured runs, after one to warm up.
    pub repeat: u32,
}

/// What it costs. Bits, bytes and times are those of one value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The way to compare, by its name.
    pub family: &'static str,
    /// How it goes about it, in a few words.
    pub plan: String,
    /// Bits of a value.
    pub bits: u32,
    /// Parties, without the dealer.
    pub parties: usize,
    /// Rounds online.
    pub rounds: u32,
    /// Bits that a party sends each other party.
    pub opened_bits: f64,
    /// Bytes that the dealer sends, to all parties together.
    pub dealer_bytes: f64,
    /// CPU time of the costliest party online, in nanoseconds.
    pub party_ns: f64,
    /// CPU time of the dealer, in nanoseconds.
    pub dealer_ns: f64,
    /// Time on the clock online, in nanoseconds.
    pub wall_ns: f64,
}

/// A combination that a family does not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The way to compare, by its name.
    pub family: &'static str,
    /// Bits of a value.
    pub bits: u32,
    /// Parties, without the dealer.
    pub parties: usize,
    /// The family's own reason.
    pub reason: String,
}

/// What comes of a job.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// What was measured.
    Row(Row),
    /// The family does not take the combination.
    Skipped(Skipped),
}

impl Job {
    /// All rows that the arguments ask for, family by family.
    pub fn all(args: &Args) -> Vec<Self> {
        let mut jobs = Vec::new();
        for &family in &args.families {
            for &bits in &args.bits {
                jobs.extend(args.parties.iter().map(|&parties| Self {
                    family,
                    bits,
                    parties: parties as usize,
                    count: args.count as usize,
                    output: args.output,
                    link: args.link(),
                    repeat: args.repeat,
                }));
            }
        }
        jobs
    }

    /// What is shared of the results, `None` for bits.
    pub fn elements<R: Ring>(&self) -> Option<Elements> {
        (self.output == Output::Arithmetic).then(Elements::of::<R>)
    }

    /// What is timed.
    fn compare<R: Ring>(&self, party: &mut Party, x: &Share<R>) -> Result<Shared<R>, protocol::Error> {
        match self.output {
            Output::Arithmetic => party.sign(x, self.bits).map(Shared::Signs),
            Output::Boolean => party.negative_bits(x, self.bits).map(Shared::Bits),
        }
    }
}

/// Measures one row.
///
/// # Errors
/// A result that is not that of plain integers, a count that is not the family's cost, and a protocol
/// that fails at some party.
pub fn measure(job: &Job) -> Result<Outcome, Error> {
    let done = with_ring!(families::ring_bits(job.family, job.bits), R => measure_in::<R>(job));
    done.map_err(|e| match e {
        Error::Wrong(reason) => {
            Error::Wrong(format!("{}, {} bits, {} parties: {reason}", job.family, job.bits, job.parties))
        }
        other => other,
    })
}

fn measure_in<R: Ring>(job: &Job) -> Result<Outcome, Error> {
    let Job { bits, parties, count, .. } = *job;
    let family = job.family.name();
    let mut session = session::open(parties, job.family, job.link)?;
    let recipe = match session.plan(|party| job.compare::<R>(party, &Share::zeros(count))) {
        Ok(plan) => plan.recipe,
        // The family does not do it.
        Err(SimError { error, .. }) => {
            return Ok(Outcome::Skipped(Skipped { family, bits, parties, reason: error.to_string() }));
        }
    };
    let (mut inputs, negative) = inputs::<R>(bits, parties, count);
    let mut times = Times::new(parties);
    let mut counted = None;
    for run in 0..=job.repeat {
        let dealt = session::deal(&mut session, &recipe)?;
        let compare = |party: &mut Party, x: &mut Share<R>| job.compare::<R>(party, x);
        let (steps, wall) = session::each(&mut session, &mut inputs, compare)?;
        // The first run warms up.
        if run > 0 {
            times.take(&dealt, &steps, wall);
        }
        counted = Some(check::cost::<R, _>(job, &dealt, &steps)?);
        let mut results: Vec<Shared<R>> = steps.into_iter().map(|step| step.output).collect();
        check::results(&mut session, &mut results, &negative)?;
    }
    let (rounds, sent, dealt) = counted.unwrap_or_default();
    let each = |time: Duration| time.as_nanos() as f64 / count as f64;
    Ok(Outcome::Row(Row {
        family,
        plan: families::plan(job.family, bits, job.elements::<R>()),
        bits,
        parties,
        rounds,
        opened_bits: 8.0 * sent as f64 / count as f64,
        dealer_bytes: dealt as f64 / count as f64,
        party_ns: each(times.parties.into_iter().max().unwrap_or_default()),
        dealer_ns: each(times.dealer),
        wall_ns: each(times.wall),
    }))
}

/// The least times of all runs.
struct Times {
    parties: Vec<Duration>,
    dealer: Duration,
    wall: Duration,
}

impl Times {
    fn new(parties: usize) -> Self {
        Self { parties: vec![Duration::MAX; parties], dealer: Duration::MAX, wall: Duration::MAX }
    }

    fn take<O>(&mut self, dealt: &Dealt, steps: &[Step<O>], wall: Duration) {
        self.dealer = self.dealer.min(dealt.cpu);
        self.wall = self.wall.min(wall);
        for (least, step) in self.parties.iter_mut().zip(steps) {
            *least = (*least).min(step.cpu);
        }
    }
}

/// Every party's share of the values, and which values are below zero.
fn inputs<R: Ring>(bits: u32, parties: usize, count: usize) -> (Vec<Share<R>>, Vec<bool>) {
    let prg = Prg::new(&Seed::from_bytes([2; 16]));
    let mut random = vec![0u64; 2 * count];
    prg.words(parties as u64, 0, &mut random);
    let least = -1i128 << (bits - 1);
    let edges = [0, -1, 1, least, -(least + 1)];
    // Of every length, so that small values are among the long ones.
    let drawn = random.chunks_exact(2).map(|pair| pair[0].signed(bits) >> (pair[1] % u64::from(bits)));
    let values: Vec<i128> = edges.into_iter().chain(drawn).take(count).collect();
    let mut rest: Vec<R::Word> = values.iter().map(|&value| R::Word::from_signed(value)).collect();
    let mut shares = Vec::new();
    for party in 1..parties {
        let mut share = Share::<R>::zeros(count);
        prg.words(party as u64, 1 << 40, share.expose_mut());
        rest.iter_mut().zip(share.expose()).for_each(|(rest, word)| *rest = rest.wrapping_sub(word));
        shares.push(share);
    }
    shares.push(Share::from_words(rest));
    (shares, values.iter().map(|&value| value < 0).collect())
}
