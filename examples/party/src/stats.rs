//! What a role has done, and what it took: by peer and by phase.
//!
//! A round is a one-way trip: all parties send at once, and then receive. Time of a phase is either waiting for a peer's next bytes or
//! computing. Encryption is done by threads of their own, next to both.

use std::io::Write as _;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Instant;

use serde::Serialize;

use crate::error::Error;
use crate::meter::{Notes, Peer};

/// What a phase has taken.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Phase {
    /// Seconds.
    pub wall_s: f64,
    /// Of these, seconds of waiting for peers.
    pub waited_s: f64,
    /// The others.
    pub computing_s: f64,
    /// Rounds of the network.
    pub rounds: u32,
    /// Bytes that went to peers.
    pub sent_bytes: u64,
    /// Bytes that came from peers.
    pub received_bytes: u64,
}

impl Phase {
    /// Adds what it took once more.
    pub fn add(&mut self, other: Self) {
        self.wall_s += other.wall_s;
        self.waited_s += other.waited_s;
        self.computing_s += other.computing_s;
        self.rounds += other.rounds;
        self.sent_bytes += other.sent_bytes;
        self.received_bytes += other.received_bytes;
    }
}

/// The phases of a party, which follow each other and leave nothing out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Phases {
    /// Finding the others, and their seeds.
    pub join: Phase,
    /// From there to the share of the model, with what the dealer deals for it.
    pub setup: Phase,
    /// Taking in what is dealt for the first batches, ahead of any image, and what can be done of them.
    pub offline: Phase,
    /// The same for later batches, while clients are served.
    pub dealt: Phase,
    /// Waiting for clients.
    pub idle: Phase,
    /// Agreeing on what a batch takes. The parties wait here for party 0, which waits for clients.
    pub plan: Phase,
    /// Evaluating batches.
    pub online: Phase,
    /// The end.
    pub finish: Phase,
}

/// Finds what has passed since it was asked last.
#[derive(Debug)]
pub struct Clock {
    notes: Notes,
    at: Instant,
    rounds: u32,
    before: Peer,
}

impl Clock {
    /// Counts from now on, by the notes of a meter.
    pub fn new(notes: Notes, at: Instant) -> Self {
        Self { notes, at, rounds: 0, before: Peer::default() }
    }

    /// The notes of each peer.
    pub fn peers(&self) -> Vec<Peer> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What has passed, up to that many rounds.
    pub fn lap(&mut self, rounds: u32) -> Phase {
        let mut sum = Peer::default();
        for peer in self.notes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            sum.sent_bytes += peer.sent_bytes;
            sum.received_bytes += peer.received_bytes;
            sum.waited_s += peer.waited_s;
        }
        let now = Instant::now();
        let wall_s = (now - self.at).as_secs_f64();
        let waited_s = sum.waited_s - self.before.waited_s;
        let phase = Phase {
            wall_s,
            waited_s,
            computing_s: (wall_s - waited_s).max(0.0),
            rounds: rounds - self.rounds,
            sent_bytes: sum.sent_bytes - self.before.sent_bytes,
            received_bytes: sum.received_bytes - self.before.received_bytes,
        };
        (self.at, self.rounds, self.before) = (now, rounds, sum);
        phase
    }
}

/// Writes statistics as one line of JSON: to a file, or to standard output if it is "-".
///
/// # Errors
/// A file that can't be written.
pub fn write(stats: &impl Serialize, to: &Path) -> Result<(), Error> {
    let line = serde_json::to_string(stats).map_err(|e| Error::Other(e.to_string()))? + "\n";
    let written = if to == Path::new("-") {
        std::io::stdout().write_all(line.as_bytes())
    } else {
        std::fs::write(to, line)
    };
    written.map_err(|e| Error::io(to, &e))
}

/// The most memory that this process has had, in bytes; 0 where the system does not say.
pub fn peak_rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
