//! The in-memory party simulator: n parties and a dealer as threads.
//!
//! Every party runs the same function. A dry run of it gives the recipe, the dealer deals it, the
//! parties run. Results depend on the seed alone, not on how the threads take turns.
//!
//! ```
//! use ringshare::ring::Z2;
//! use ringshare::sim::Simulation;
//!
//! let run = Simulation::new(3).seed(7).run(|party| {
//!     let values = (party.id() == 1).then_some([5u16, 16_380].as_slice()); // 5 and −4
//!     let x = party.input::<Z2<14>>(1, 2, values)?;
//!     let s = party.sign::<Z2<14>, Z2<8>>(&x, 14)?;
//!     party.open(&s)
//! })?;
//! assert_eq!(run.outputs[0], [1, 255]); // +1 and −1
//! assert_eq!(run.dry.rounds, 3);
//! # Ok::<(), ringshare::sim::SimError>(())
//! ```

use core::fmt;
use std::string::ToString;
use std::thread;
use std::time::Duration;
use std::vec::Vec;

use crate::correlation::{Dealer, DryRun, Recipe};
use crate::net::{Counting, Counts, Memory, NetError, Network, Topology, Transport};
use crate::prg::RootSeed;
use crate::protocol::{Error, Party};

/// A simulation to be run.
#[derive(Clone, Debug)]
pub struct Simulation {
    parties: usize,
    seed: u64,
    topology: Topology,
    timeout: Duration,
}

/// What a simulation gave.
#[derive(Clone, Debug)]
pub struct Run<O> {
    /// Every party's result.
    pub outputs: Vec<O>,
    /// What every party's transport counted, the dealer's frames to it included: the dealer's first
    /// frame is a round.
    pub counts: Vec<Counts>,
    /// What the dry run found.
    pub dry: DryRun,
}

/// The error of a simulation.
#[derive(Debug)]
pub struct SimError {
    /// Whose it is; the number of parties for the dealer.
    pub peer: usize,
    /// What it is.
    pub error: Error,
}

impl fmt::Display for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "party {}: {}", self.peer, self.error)
    }
}

impl core::error::Error for SimError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        // The message has the inner error's already.
        self.error.source()
    }
}

/// The parties' transport in a simulation.
pub type SimTransport = Counting<Memory>;

impl Simulation {
    /// Of `parties` parties, 2 to 16. The seed is 0 unless [`seed`](Self::seed) says otherwise: a
    /// simulation hides nothing from whoever knows its seed. A party waits 60 seconds for a frame
    /// unless [`timeout`](Self::timeout) says otherwise.
    pub fn new(parties: usize) -> Self {
        Self { parties, seed: 0, topology: Topology::Auto, timeout: Duration::from_secs(60) }
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// Draws all randomness from this seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Opens vectors this way.
    pub fn topology(mut self, topology: Topology) -> Self {
        self.topology = topology;
        self
    }

    /// Waits this long for a frame before giving up.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs `f` at every party, with what the dealer deals for it.
    ///
    /// All parties, and the dry run, must take the same steps: what `f` does may depend on the
    /// party's number and on public shapes, not on opened values (they are all zero in the dry run).
    ///
    /// # Errors
    /// The error that began it, if any party failed; an error of the dry run; a number of parties that is
    /// not in 2..=16.
    pub fn run<O: Send>(
        &self,
        f: impl Fn(&mut Party<SimTransport>) -> Result<O, Error> + Sync,
    ) -> Result<Run<O>, SimError> {
        let dry = self.dry_run(&f)?;
        let ends = Memory::mesh(self.parties + 1, self.timeout).into_iter().map(Counting::new).collect();
        let counted = |party: &mut Party<SimTransport>| {
            let output = f(party)?;
            let counts = party.network().transport().map(Counting::counts).unwrap_or_default();
            Ok((output, counts))
        };
        let mut run = Run { outputs: Vec::new(), counts: Vec::new(), dry };
        let mut errors = Vec::new();
        for (peer, result) in self.run_over(ends, &run.dry.recipe, counted).into_iter().enumerate() {
            match result {
                Ok(Some((output, counts))) => {
                    run.outputs.push(output);
                    run.counts.push(counts);
                }
                Ok(None) => {}
                Err(error) => errors.push(SimError { peer, error }),
            }
        }
        origin(errors).map_or(Ok(run), Err)
    }

    /// Runs `f` once without a network, to see what it takes.
    ///
    /// # Errors
    /// If `f` fails, or the number of parties is not in 2..=16.
    pub fn dry_run<T: Transport, O>(
        &self,
        f: impl Fn(&mut Party<T>) -> Result<O, Error>,
    ) -> Result<DryRun, SimError> {
        let here = |error| SimError { peer: 0, error };
        self.check().map_err(here)?;
        let mut party = Party::dry(self.parties);
        party.network_mut().set_topology(self.topology);
        f(&mut party).map_err(here)?;
        Ok(party.take_dry_run())
    }

    /// Runs `f` at every party and the dealer's part over given transports, one for each party and
    /// the dealer's last, and returns everyone's result: `None` is the dealer's. Errors are in it. Whoever fails tells
    /// the others.
    ///
    /// # Panics
    /// If `f` panics at a party.
    pub fn run_over<T: Transport + Send, O: Send>(
        &self,
        ends: Vec<T>,
        recipe: &Recipe,
        f: impl Fn(&mut Party<T>) -> Result<O, Error> + Sync,
    ) -> Vec<Result<Option<O>, Error>> {
        let (f, root) = (&f, &self.root());
        thread::scope(|scope| {
            let threads: Vec<_> = ends
                .into_iter()
                .enumerate()
                .map(|(id, end)| {
                    scope.spawn(move || {
                        let mut network = Network::new(end, id, self.parties, self.seed)?;
                        if id == self.parties {
                            let mut dealer = Dealer::open(network, root)?;
                            let dealt = dealer.deal(recipe);
                            dealt.inspect_err(|error| dealer.network_mut().abort(&error.to_string()))?;
                            return Ok(None);
                        }
                        network.set_topology(self.topology);
                        let mut party = Party::join(network)?;
                        let output = run_party(&mut party, recipe, f);
                        output.map(Some).inspect_err(|error| party.network_mut().abort(&error.to_string()))
                    })
                })
                .collect();
            let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().map(join).collect()
        })
    }

    /// What all randomness is drawn from.
    fn root(&self) -> RootSeed {
        let mut root = [0; 32];
        root[..8].copy_from_slice(&self.seed.to_le_bytes());
        RootSeed::from_bytes(root)
    }

    fn check(&self) -> Result<(), Error> {
        let parties = self.parties as u64;
        let range = Error::Range { what: "parties of a simulation", least: 2, most: 16, found: parties };
        if (2..=16).contains(&parties) { Ok(()) } else { Err(range) }
    }
}

/// A party's part of a run.
fn run_party<T: Transport, O>(
    party: &mut Party<T>,
    recipe: &Recipe,
    f: impl Fn(&mut Party<T>) -> Result<O, Error>,
) -> Result<O, Error> {
    party.receive(recipe)?;
    let output = f(party)?;
    party.network_mut().finish(&[])?;
    Ok(output)
}

/// The error that began it, of all errors of a run.
fn origin(errors: Vec<SimError>) -> Option<SimError> {
    let named = errors.iter().find_map(|error| match error.error {
        Error::Net(NetError::Aborted { peer, .. }) => Some(peer),
        _ => None,
    });
    // Without a peer, and told by another, a party has not failed by itself.
    let rank = |error: &SimError| match error.error {
        Error::Net(NetError::Aborted { .. }) => 3,
        Error::Net(NetError::Transport { .. }) => 1 + i32::from(Some(error.peer) != named),
        _ => 0,
    };
    // The first of the least.
    errors.into_iter().min_by_key(rank)
}
