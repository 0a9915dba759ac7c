//! A party: finds the others, sets up or restores its share of the model, and serves clients until it is told to stop.

mod place;
mod serve;
mod setup;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use ringshare::nn::{Prepared, Sequential};
use ringshare::offline::file::FileError;
use ringshare::offline::{Recipe, SessionTag};
use ringshare::protocol;
use ringshare::ring::Ring;
use ringshare::{Party, with_ring};
use serde::Serialize;

use self::place::Place;
pub(crate) use self::place::store_path;
use crate::config::Config;
use crate::course::Course;
use crate::desk::Desk;
use crate::error::Error;
use crate::meter::Peer;
use crate::program::Program;
use crate::state::Note;
use crate::stats::{self, Clock, Phase, Phases};

/// Without requests, the parties tell each other as often that they are there.
const BEAT: Duration = Duration::from_secs(1);
/// What a party tells the dealer at an orderly end.
pub(crate) const OVER: &str = "the session is over";
/// What to do where a store file has no more.
const DEAL_AGAIN: &str =
    "let the dealer deal a new session, with another number and folders of state and files";
/// Batches that the ledger is ahead: as many at most are given up after a crash.
const RESERVE: u64 = 16;

/// What a party has done, at its end.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Stats {
    /// Which party.
    pub party: usize,
    /// Images answered.
    pub images: u64,
    /// Batches evaluated.
    pub batches: u64,
    /// Rounds of the network.
    pub rounds: u32,
    /// Seconds of serving.
    pub serving_s: f64,
    /// Of these, seconds in the online phase.
    pub online_s: f64,
    /// The numbers of the batches that were used: first, and one behind the last.
    pub used: Vec<[u64; 2]>,
    /// All peers, the dealer last; nothing for this party itself.
    pub peers: Vec<Peer>,
    /// What each phase took.
    pub phases: Phases,
    /// The most memory that the process had.
    pub peak_rss_bytes: u64,
}

/// Runs a party until a signal, or a peer, ends it. Statistics go to a file, or to standard output for "-".
///
/// # Errors
/// What ended it.
pub fn run(config: &Config, id: usize, stats: Option<&Path>, stop: &Arc<AtomicBool>) -> Result<Stats, Error> {
    if id >= config.parties.len() {
        return Err(Error::Usage(format!("--id {id}: expected a party below {}", config.parties.len())));
    }
    let begun = Instant::now();
    let program = Program::load(config)?;
    let found = with_ring!(program.public.ring(), R in [16, 32, 64] => {
        let place = Place::new(config, &program, id)?;
        let (mut service, setup) = place.join::<R>(stop, begun)?;
        let served = match service.set_up(setup) {
            Ok(true) => service.serve(),
            Ok(false) => service.end(),
            Err(error) => Err(error),
        };
        service.close(served)
    })?;
    if let Some(path) = stats {
        stats::write(&found, path)?;
    }
    Ok(found)
}

/// A party that serves.
struct Service<'a, R: Ring> {
    place: Place<'a>,
    party: Party,
    tag: SessionTag,
    /// Where all went on.
    all: Note,
    at: Course,
    /// Batches announced, or given up.
    announced: u64,
    /// Batches that the ledger allows.
    reserved: u64,
    /// What is dealt for a batch on this model.
    batch: Recipe,
    desk: Arc<Desk>,
    stop: Arc<AtomicBool>,
    /// Why nobody is taken in any more, if it came to that.
    broken: Receiver<Error>,
    model: Option<Sequential<R>>,
    /// The numbers of the batches in the store.
    dealt: VecDeque<u64>,
    ready: Option<(u64, Prepared<R>)>,
    clock: Clock,
    stats: Stats,
}

impl<R: Ring> Service<'_, R> {
    fn failed(&self, error: protocol::Error) -> Error {
        Error::protocol(&error, self.place.program.parties)
    }

    fn file(error: &FileError) -> Error {
        Error::File(error.to_string())
    }

    /// Lets the ledger know of so many batches.
    fn advance(&mut self, batches: u64) -> Result<(), Error> {
        let position = self.at.after(batches);
        let ledger = self.place.ledger.as_mut();
        ledger.map_or(Ok(()), |ledger| ledger.advance(position)).map_err(|e| Self::file(&e))
    }

    /// Counts what has passed since the last call to a phase.
    fn lap(&mut self, phase: impl Fn(&mut Phases) -> &mut Phase) {
        let took = self.clock.lap(self.party.network().rounds());
        phase(&mut self.stats.phases).add(took);
    }

    /// Tells the others why, if it has failed, and gathers what there is to say.
    fn close(mut self, served: Result<(), Error>) -> Result<Stats, Error> {
        self.stop.store(true, Ordering::Relaxed);
        if let Err(error) = &served {
            self.party.network_mut().abort(&error.to_string());
        }
        self.desk.close();
        served?;
        self.lap(|phases| &mut phases.finish);
        self.stats.party = self.place.id;
        self.stats.images = self.desk.answered();
        self.stats.rounds = self.party.network().rounds();
        self.stats.peers = self.clock.peers();
        self.stats.peak_rss_bytes = stats::peak_rss();
        Ok(self.stats)
    }
}

/// A place for the stop of a program by signals. The second signal ends the process at once: it may be waiting for others.
///
/// # Errors
/// If the system refuses.
pub fn stop_on_signals() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 1, stop.clone())
            .and_then(|_| signal_hook::flag::register(signal, stop.clone()))
            .map_err(|e| Error::Other(format!("signals: {e}")))?;
    }
    Ok(stop)
}
