//! The cost of a computation, before it is run.
//!
//! A dry run ([`Party::dry`]) finds the recipe, the rounds and the bytes; these are exact. The memory is the most that a
//! party holds of correlations: the corrections that it was dealt and what it expands offline (masked matrices and their
//! products), without temporary buffers. The times are estimates. Every request needs a known number of multiply-adds,
//! pseudorandom bytes, packed bytes and table entries, at a party offline, at a party online, and at the dealer. The rate
//! of each was measured on one core of one machine with AVX-512 ([`rates`]). A machine that takes twice as long has a scale
//! of 2 ([`Forecast::scaled`]). The times exclude the network, which adds rounds times its latency and bytes divided by
//! its bandwidth.

#[cfg(feature = "std")]
mod scale;

use core::fmt;

use super::{Architecture, Sequential};
use crate::offline::{DryRun, Work, rates};
use crate::protocol::error::range;
use crate::protocol::{Error, Family, Party};
use crate::ring::Ring;

/// The cost of one run of a computation at each party and at the dealer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    /// Rounds.
    pub rounds: u32,
    /// Bytes that a party sends, headers included.
    pub sent_bytes: u64,
    /// Bytes of corrections that the dealer sends to all parties together, without headers.
    pub dealer_bytes: u64,
    /// Bytes of correlated randomness that party 0 holds.
    pub memory_bytes: u64,
    /// Seconds on one core of a party before its input is known.
    pub offline_seconds: f64,
    /// Seconds on one core of a party once the input is known.
    pub online_seconds: f64,
    /// Seconds on one core of the dealer.
    pub dealer_seconds: f64,
}

impl Forecast {
    /// The cost of what a dry run of `parties` parties found.
    pub fn new(run: &DryRun, parties: usize) -> Self {
        let requests = run.recipe.requests();
        let mut work = Work::default();
        requests.iter().for_each(|request| work += request.work(parties));
        // What a party takes to pack what it sends and to add what comes.
        let peers = parties.saturating_sub(1).max(1) as f64;
        let packed = run.sent_bytes as f64 * rates::PACKED * (1.0 / peers + 1.0);
        let dealt = |party| run.recipe.dealer_bytes(party);
        Self {
            rounds: run.rounds,
            sent_bytes: run.sent_bytes,
            dealer_bytes: (0..parties).map(dealt).fold(0, u64::saturating_add),
            memory_bytes: work.expanded.saturating_add(dealt(0)),
            offline_seconds: work.offline * 1e-9,
            online_seconds: (work.online + f64::from(run.rounds) * rates::ROUND + packed) * 1e-9,
            dealer_seconds: work.dealer * 1e-9,
        }
    }

    /// The cost of a model with secret weights and comparisons by `family`: of its setup, and of a batch of `rows` inputs,
    /// including the masks of the inputs.
    ///
    /// # Errors
    /// If the architecture is for another ring, or a layer compares more bits than the family takes.
    pub fn of_model<R: Ring>(
        architecture: &Architecture,
        parties: usize,
        rows: usize,
        family: Family,
    ) -> Result<[Self; 2], Error> {
        // Whose model and images they are costs nothing.
        Ok(dry_runs::<R>(architecture, [0, 0], parties, rows, family)?.map(|run| Self::new(&run, parties)))
    }

    /// The same cost on a machine that takes `scale` times as long.
    pub fn scaled(self, scale: f64) -> Self {
        Self {
            offline_seconds: self.offline_seconds * scale,
            online_seconds: self.online_seconds * scale,
            dealer_seconds: self.dealer_seconds * scale,
            ..self
        }
    }

    /// How many times as long this machine takes as the one on which the rates were measured: the geometric mean of the
    /// ratios for a matrix product and for pseudorandom bytes, each of which runs for some milliseconds.
    #[cfg(feature = "std")]
    pub fn measure_scale() -> f64 {
        scale::measure()
    }
}

/// Dry runs of the setup of a model with secret weights and of a batch of `rows` inputs, their own masks included. The
/// owners are those of the model and of the inputs.
pub(super) fn dry_runs<R: Ring>(
    architecture: &Architecture,
    owners: [usize; 2],
    parties: usize,
    rows: usize,
    family: Family,
) -> Result<[DryRun; 2], Error> {
    range("parties of a dry run", 2, u16::MAX.into(), parties as u64)?;
    let mut party = Party::dry(parties);
    party.set_comparison(family);
    let model = Sequential::<R>::share(&mut party, owners[0], architecture, None)?;
    let setup = party.take_dry_run();
    let prepared = model.prepare(&mut party, rows)?;
    let x = party.input(owners[1], rows * architecture.inputs(), None)?;
    model.forward(&mut party, prepared, x)?;
    Ok([setup, party.take_dry_run()])
}

/// One line: `rounds 5, sent 1.2 MB, dealt 340 kB, held 12 MB; offline 1.2 ms, online 1.4 ms, dealer 3.0 ms`.
impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [sent, dealt, held] =
            [self.sent_bytes, self.dealer_bytes, self.memory_bytes].map(|bytes| Amount(bytes as f64, BYTES));
        let [offline, online, dealer] =
            [self.offline_seconds, self.online_seconds, self.dealer_seconds].map(|s| Amount(s * 1e6, TIMES));
        write!(f, "rounds {}, sent {sent}, dealt {dealt}, held {held}; ", self.rounds)?;
        write!(f, "offline {offline}, online {online}, dealer {dealer}")
    }
}

const BYTES: [&str; 4] = ["B", "kB", "MB", "GB"];
const TIMES: [&str; 3] = ["µs", "ms", "s"];

/// A number in units that each are a thousand of the one before, with two digits or more.
struct Amount<const N: usize>(f64, [&'static str; N]);

impl<const N: usize> fmt::Display for Amount<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut number, mut unit) = (self.0, 0);
        while number >= 999.5 && unit + 1 < N {
            (number, unit) = (number / 1e3, unit + 1);
        }
        let digits = usize::from(number < 9.95 && (unit > 0 || number != libm::floor(number)));
        write!(f, "{number:.digits$} {}", self.1[unit])
    }
}
