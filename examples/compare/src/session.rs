//! Parties and a dealer whose phases are run, counted and timed one by one.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use ringshare::correlation::{Dealer, Recipe};
use ringshare::net::{Counting, Counts, Delayed, Header, Link, Memory, Network, Topology};
use ringshare::prg::RootSeed;
use ringshare::protocol::{self, Family, Party};

use crate::error::Error;

/// Transports that count, over links that take their time.
pub(crate) type End = Counting<Delayed<Memory>>;

/// Nobody waits longer for another, delays aside.
const PATIENCE: Duration = Duration::from_secs(120);

/// A session whose parties are kept between phases.
pub(crate) struct Session {
    dealer: Dealer<End>,
    parties: Vec<Party<End>>,
}

/// What dealing took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dealt {
    /// CPU time of the dealer.
    pub(crate) cpu: Duration,
    /// Bytes that the parties received, headers aside.
    pub(crate) bytes: u64,
}

/// What a phase took at one party.
#[derive(Debug)]
pub(crate) struct Step<O> {
    pub(crate) output: O,
    pub(crate) cpu: Duration,
    pub(crate) rounds: u32,
    /// Bytes sent, headers aside.
    pub(crate) sent: u64,
}

impl Session {
    /// Opens a session of `parties` parties, who compare by `family` and open directly.
    ///
    /// # Errors
    /// If the protocol that begins it fails.
    pub(crate) fn open(parties: usize, family: Family, link: Link) -> Result<Self, Error> {
        // What the dealer sends comes before the online phase: it need not be waited for.
        let between = |from, to| if from < parties && to < parties { link } else { Link::default() };
        let ends = Delayed::mesh(Memory::mesh(parties + 1, PATIENCE), between);
        let mut ends: Vec<End> = ends.into_iter().map(Counting::new).collect();
        let last = ends.pop().ok_or_else(|| Error::Wrong("expected an end for the dealer".into()))?;
        // Nothing here is anyone's secret.
        let root = RootSeed::from_bytes([1; 32]);
        let dealer = Dealer::open(Network::new(last, parties, parties, 0), &root);
        let mut session = Self { dealer: dealer.map_err(|e| failed("the dealer", e))?, parties: Vec::new() };
        for (id, end) in ends.into_iter().enumerate() {
            let mut network = Network::new(end, id, parties, 0);
            network.set_topology(Topology::Direct);
            let mut party = Party::join(network).map_err(|e| failed(&format!("party {id}"), e))?;
            party.set_comparison(family);
            session.parties.push(party);
        }
        Ok(session)
    }

    /// Deals, which is what is timed, and lets the parties receive.
    ///
    /// # Errors
    /// If either fails.
    pub(crate) fn deal(&mut self, recipe: &Recipe) -> Result<Dealt, Error> {
        let cpu = ThreadTime::now();
        self.dealer.deal(recipe).map_err(|e| failed("the dealer", e))?;
        let mut dealt = Dealt { cpu: cpu.elapsed(), bytes: 0 };
        for (id, party) in self.parties.iter_mut().enumerate() {
            let before = counts(party);
            party.receive(recipe).map_err(|e| failed(&format!("party {id}"), e))?;
            let now = counts(party);
            let frames = now.received_frames - before.received_frames;
            dealt.bytes += now.received_bytes - before.received_bytes - Header::LEN as u64 * frames;
        }
        Ok(dealt)
    }

    /// Runs one phase at every party, each in a thread of its own with its own input. Returns what it
    /// took at each, and the time on the clock from the first start to the last end.
    ///
    /// # Errors
    /// The error of the first party that fails.
    pub(crate) fn each<I: Sync, O: Send>(
        &mut self,
        inputs: &[I],
        phase: impl Fn(&mut Party<End>, &I) -> Result<O, protocol::Error> + Sync,
    ) -> Result<(Vec<Step<O>>, Duration), Error> {
        let (phase, ready) = (&phase, &Barrier::new(self.parties.len()));
        let run = |party: &mut Party<End>, input: &I| {
            let before = counts(party);
            ready.wait();
            let (start, cpu) = (Instant::now(), ThreadTime::now());
            let output = phase(party, input)?;
            let (cpu, end) = (cpu.elapsed(), Instant::now());
            let now = counts(party);
            let frames = now.sent_frames - before.sent_frames;
            let sent = now.sent_bytes - before.sent_bytes - Header::LEN as u64 * frames;
            Ok((Step { output, cpu, rounds: now.rounds - before.rounds, sent }, start, end))
        };
        let results: Vec<_> = thread::scope(|scope| {
            let spawn = |(party, input)| scope.spawn(move || run(party, input));
            let threads: Vec<_> = self.parties.iter_mut().zip(inputs).map(spawn).collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        let (mut steps, mut times) = (Vec::new(), Vec::new());
        for (id, result) in results.into_iter().enumerate() {
            let who = format!("party {id}");
            let result = result.map_err(|_| Error::Wrong(format!("{who} panicked")))?;
            let (step, start, end) = result.map_err(|e: protocol::Error| failed(&who, e))?;
            steps.push(step);
            times.push((start, end));
        }
        let start = times.iter().map(|(start, _)| *start).min();
        let end = times.iter().map(|(_, end)| *end).max();
        let wall = start.zip(end).map_or(Duration::ZERO, |(start, end)| end - start);
        Ok((steps, wall))
    }
}

fn counts(party: &Party<End>) -> Counts {
    party.network().transport().map(Counting::counts).unwrap_or_default()
}

fn failed(who: &str, error: protocol::Error) -> Error {
    Error::Wrong(format!("{who}: {error}"))
}
