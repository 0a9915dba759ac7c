//! Sessions whose phases are counted by the transports, and timed.

use std::time::Duration;

use cpu_time::ThreadTime;
use ringshare::net::{Counting, Counts, Delayed, Header, Link, Memory, Topology};
use ringshare::offline::Recipe;
use ringshare::prg::RootSeed;
use ringshare::protocol::{self, Dealer, Family, Party};
use ringshare::sim::SimError;

/// Transports that count, over links that take their time.
pub type End = Counting<Delayed<Memory>>;

/// A session over these.
pub type Session = ringshare::sim::Session;

/// Nobody waits longer for another, delays aside.
const PATIENCE: Duration = Duration::from_secs(120);

/// What dealing took.
#[derive(Clone, Copy, Debug)]
pub struct Dealt {
    /// CPU time of the dealer.
    pub cpu: Duration,
    /// Bytes of corrections that the parties received, headers aside.
    pub bytes: u64,
}

/// What a phase took at one party.
#[derive(Debug)]
pub struct Step<O> {
    /// What it gave.
    pub output: O,
    /// CPU time.
    pub cpu: Duration,
    /// Rounds.
    pub rounds: u32,
    /// Bytes sent, headers aside.
    pub sent: u64,
}

/// Opens a session of `parties` parties, who compare by `family` and open directly.
///
/// # Errors
/// If the protocol that begins it fails.
pub fn open(parties: usize, family: Family, link: Link) -> Result<Session, SimError> {
    // What the dealer sends comes before the online phase: it need not be waited for.
    let between = |from, to| if from < parties && to < parties { link } else { Link::default() };
    let ends = Delayed::mesh(Memory::mesh(parties + 1, PATIENCE), between);
    // Nothing here is anyone's secret.
    let root = RootSeed::from_bytes([1; 32]);
    let mut session = Session::open(ends.into_iter().map(Counting::new).collect(), 0, &root)?;
    session.set_topology(Topology::Direct);
    session.set_comparison(family);
    Ok(session)
}

/// Deals to the parties.
///
/// # Errors
/// If dealing or receiving fails.
pub fn deal(session: &mut Session, recipe: &Recipe) -> Result<Dealt, SimError> {
    let deal = |dealer: &mut Dealer| {
        let cpu = ThreadTime::now();
        dealer.deal(recipe)?;
        Ok(cpu.elapsed())
    };
    // Beside the corrections comes the dealer's agreement: the recipe's digest, and the window.
    let agreement = recipe.digest().len() as u64 + 8;
    let receive = |party: &mut Party| {
        let before = counts(party);
        party.receive(recipe)?;
        let now = counts(party);
        let frames = now.received_frames - before.received_frames;
        Ok(now.received_bytes - before.received_bytes - Header::LEN as u64 * frames - agreement)
    };
    let (cpu, received) = session.deal_by(deal, receive)?;
    Ok(Dealt { cpu, bytes: received.steps.iter().map(|step| step.output).sum() })
}

/// Runs one phase at every party with its state. Returns what it took at each, and the time on the clock from the
/// first start to the last end.
///
/// # Errors
/// The error that began it, if the phase fails at some party.
pub fn each<S: Send, O: Send>(
    session: &mut Session,
    states: &mut [S],
    phase: impl Fn(&mut Party, &mut S) -> Result<O, protocol::Error> + Sync,
) -> Result<(Vec<Step<O>>, Duration), SimError> {
    let phase = session.each("party", states, |party, state| {
        let (before, cpu) = (counts(party), ThreadTime::now());
        let output = phase(party, state)?;
        let (cpu, now) = (cpu.elapsed(), counts(party));
        let frames = now.sent_frames - before.sent_frames;
        let sent = now.sent_bytes - before.sent_bytes - Header::LEN as u64 * frames;
        Ok(Step { output, cpu, rounds: now.rounds - before.rounds, sent })
    })?;
    let wall = phase.wall();
    Ok((phase.steps.into_iter().map(|step| step.output).collect(), wall))
}

fn counts(party: &Party) -> Counts {
    party.network().transport::<End>().map(Counting::counts).unwrap_or_default()
}
