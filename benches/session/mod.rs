//! Phases of a session in memory, and the time that they take.

use std::time::Duration;

use cpu_time::ThreadTime;
use ringshare::net::Memory;
use ringshare::offline::Recipe;
use ringshare::prg::RootSeed;
use ringshare::protocol::{Dealer, Error, Party};

pub(crate) type Session = ringshare::sim::Session;

/// What a phase took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// On the clock.
    pub(crate) wall: Duration,
    /// CPU time of the busiest party.
    pub(crate) cpu: Duration,
}

/// Opens a session of `parties` parties.
pub(crate) fn open(parties: usize) -> Session {
    let ends = Memory::mesh(parties + 1, Duration::from_secs(60));
    Session::open(ends, 0, &RootSeed::from_bytes([1; 32])).expect("a session")
}

/// The recipe of what a party does.
pub(crate) fn recipe<O>(session: &Session, f: impl FnOnce(&mut Party) -> Result<O, Error>) -> Recipe {
    session.plan(f).expect("a dry run").recipe
}

/// Deals to the parties. Returns the CPU time of the dealer.
pub(crate) fn deal(session: &mut Session, recipe: &Recipe) -> Duration {
    let timed = |dealer: &mut Dealer| {
        let cpu = ThreadTime::now();
        dealer.deal(recipe)?;
        Ok(cpu.elapsed())
    };
    session.deal_by(timed, |party| party.receive(recipe)).expect("dealing").0
}

/// Runs one phase at every party with its state. Returns what it gave each of them, and what it took.
pub(crate) fn each<S: Send, O: Send>(
    session: &mut Session,
    states: &mut [S],
    phase: impl Fn(&mut Party, &mut S) -> Result<O, Error> + Sync,
) -> (Vec<O>, Cost) {
    let timed = |party: &mut Party, state: &mut S| {
        let cpu = ThreadTime::now();
        Ok((phase(party, state)?, cpu.elapsed()))
    };
    let phase = session.each("phase", states, timed).expect("a phase");
    let wall = phase.wall();
    let (outputs, cpu): (_, Vec<_>) = phase.steps.into_iter().map(|step| step.output).unzip();
    (outputs, Cost { wall, cpu: cpu.into_iter().max().unwrap_or_default() })
}
