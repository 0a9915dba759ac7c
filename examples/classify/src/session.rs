//! Sessions whose phases are timed.

use std::time::{Duration, Instant};

use ringshare::net::Memory;
use ringshare::offline::Recipe;
use ringshare::prg::RootSeed;
use ringshare::protocol::{self, Dealer, Party};
use ringshare::sim;

use crate::error::Error;
use crate::memory::{ThreadCpu, peak_rss};
use crate::report::Phase;
use crate::secure::Job;

pub(crate) type Session = sim::Session;

/// What a party with state S does in a phase. Behind a pointer, since sessions are compiled once for every type of it.
pub(crate) type Run<'a, S> = dyn Fn(&mut Party, &mut S) -> Result<(), protocol::Error> + Sync + 'a;

/// Nobody waits longer for another.
const PATIENCE: Duration = Duration::from_secs(120);

/// Corrections are taken in as they come: little of a batch lies in the queues between dealer and parties.
const WINDOW: u64 = 4 << 20;

/// Lets the parties join. All randomness is drawn from the seed if there is one, else it is fresh.
///
/// # Errors
/// If the system gives no randomness or the protocol fails.
pub(crate) fn open(job: &Job<'_>) -> Result<Session, Error> {
    let ends = Memory::mesh(job.parties + 1, PATIENCE);
    let mut session = Session::open(ends, job.seed.unwrap_or_default(), &root(job.seed)?)?;
    session.set_topology(job.library_topology());
    session.set_comparison(job.common());
    session.set_window(WINDOW);
    Ok(session)
}

/// Deals to the parties, who receive meanwhile. `watch` learns the CPU seconds that dealing each request took: on the
/// clock, the dealer may have waited for a party. Returns what dealing took, and receiving beside it: on the clock,
/// what was left to receive when all was dealt.
///
/// # Errors
/// If dealing fails.
pub(crate) fn deal(
    session: &mut Session,
    recipe: &Recipe,
    watch: &mut (dyn FnMut(usize, f64) + Send),
) -> Result<[Phase; 2], Error> {
    let deal = |dealer: &mut Dealer| {
        let before = dealer.sent_bytes().to_vec();
        let (start, cpu, mut last) = (Instant::now(), ThreadCpu::start(), 0.0);
        dealer.deal_watched(recipe, &mut |request| {
            let now = cpu.seconds();
            watch(request, now - std::mem::replace(&mut last, now));
        })?;
        let (wall_s, cpu_s) = (start.elapsed().as_secs_f64(), cpu.seconds());
        let sent = dealer.sent_bytes().iter().zip(before).map(|(now, before)| now - before);
        Ok(Phase {
            wall_s,
            cpu_s,
            cpu_all_s: cpu_s,
            dealer_bytes: sent.max().unwrap_or(0),
            ..Phase::default()
        })
    };
    let (mut dealt, received) = session.deal_by(deal, |party| {
        let cpu = ThreadCpu::start();
        party.receive(recipe)?;
        Ok(cpu.seconds())
    })?;
    let mut received = phase(&received);
    received.wall_s = (received.wall_s - dealt.wall_s).max(0.0);
    dealt.peak_rss_bytes = received.peak_rss_bytes;
    Ok([dealt, received])
}

/// Runs one phase at every party with its state.
///
/// # Errors
/// If the phase fails at some party.
pub(crate) fn each<S: Send>(
    session: &mut Session,
    name: &str,
    states: &mut [S],
    run: &Run<'_, S>,
) -> Result<Phase, Error> {
    let timed = |party: &mut Party, state: &mut S| {
        let cpu = ThreadCpu::start();
        run(party, state)?;
        Ok(cpu.seconds())
    };
    Ok(phase(&session.each(name, states, timed)?))
}

/// What a phase took whose parties say what CPU seconds it took them.
fn phase(run: &sim::Phase<f64>) -> Phase {
    let cpu_s = || run.steps.iter().map(|step| step.output);
    Phase {
        wall_s: run.wall().as_secs_f64(),
        cpu_s: cpu_s().fold(0.0, f64::max),
        cpu_all_s: cpu_s().sum(),
        rounds: run.rounds().into(),
        sent_bytes: run.sent_bytes(),
        dealer_bytes: 0,
        peak_rss_bytes: peak_rss(),
    }
}

/// What all randomness is drawn from.
fn root(seed: Option<u64>) -> Result<RootSeed, Error> {
    let mut bytes = [0; 32];
    match seed {
        Some(seed) => bytes[..8].copy_from_slice(&seed.to_le_bytes()),
        None => getrandom::fill(&mut bytes).map_err(|e| Error::Wrong(e.to_string()))?,
    }
    Ok(RootSeed::from_bytes(bytes))
}
