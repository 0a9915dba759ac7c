//! Parties and a dealer that run one phase after another.

use core::fmt;
use std::boxed::Box;
use std::string::String;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

use crate::net::{NetError, Network, Topology, Transport};
use crate::offline::{DryRun, Recipe};
use crate::prg::RootSeed;
use crate::protocol::{Dealer, Error, Family, Party};

/// The parties and the dealer of a session, kept between its phases.
///
/// ```
/// use std::time::Duration;
/// use ringshare::net::Memory;
/// use ringshare::prg::RootSeed;
/// use ringshare::ring::Z2;
/// use ringshare::sim::Session;
///
/// let ends = Memory::mesh(4, Duration::from_secs(60)); // three parties and the dealer
/// let mut session = Session::open(ends, 1, &RootSeed::from_bytes([7; 32]))?;
/// let plan = session.plan(|party| party.input::<Z2<14>>(0, 1, None).and_then(|x| party.sign::<_, Z2<14>>(&x, 14)))?;
/// session.deal(&plan.recipe)?;
/// let mut inputs = [Some([16_380u16]), None, None]; // −4 of party 0
/// let phase = session.each("sign", &mut inputs, |party, x| {
///     let x = party.input::<Z2<14>>(0, 1, x.as_ref().map(|x| &x[..]))?;
///     let sign = party.sign::<_, Z2<14>>(&x, 14)?;
///     party.open(&sign)
/// })?;
/// assert_eq!(phase.steps[2].output, [16_383]); // −1
/// assert_eq!(phase.rounds(), plan.rounds + 1);
/// session.finish()?;
/// # Ok::<(), ringshare::sim::SimError>(())
/// ```
pub struct Session {
    dealer: Dealer,
    parties: Vec<Party>,
    topology: Topology,
}

/// The result of a phase at one party, and what it took.
#[derive(Clone, Debug)]
pub struct Step<O> {
    /// The result.
    pub output: O,
    /// Rounds.
    pub rounds: u32,
    /// Bytes sent, headers included.
    pub sent_bytes: u64,
    start: Instant,
    end: Instant,
}

/// The results of a phase at all parties, and what it took.
#[derive(Clone, Debug)]
pub struct Phase<O> {
    /// One for each party.
    pub steps: Vec<Step<O>>,
}

impl<O> Phase<O> {
    /// The most rounds of any party.
    pub fn rounds(&self) -> u32 {
        self.steps.iter().map(|step| step.rounds).max().unwrap_or_default()
    }

    /// The most bytes that any party sent, headers included.
    pub fn sent_bytes(&self) -> u64 {
        self.steps.iter().map(|step| step.sent_bytes).max().unwrap_or_default()
    }

    /// From the first start to the last end.
    pub fn wall(&self) -> Duration {
        let start = self.steps.iter().map(|step| step.start).min();
        let end = self.steps.iter().map(|step| step.end).max();
        start.zip(end).map_or(Duration::ZERO, |(start, end)| end - start)
    }
}

/// The error of a simulation.
#[derive(Debug)]
pub struct SimError {
    /// The party that failed; the number of parties stands for the dealer.
    pub peer: usize,
    /// The error.
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

impl Session {
    /// Opens a session over these ends, one for each party and the dealer's last. Number and root must be fresh, as for
    /// [`Dealer::open`].
    ///
    /// # Errors
    /// If there are no parties, or the transport fails.
    pub fn open<T: Transport + Send + 'static>(
        ends: Vec<T>,
        number: u64,
        root: &RootSeed,
    ) -> Result<Self, SimError> {
        let count = ends.len().saturating_sub(1);
        let (mut dealer, mut networks) = (None, Vec::new());
        for (id, end) in ends.into_iter().enumerate() {
            let network = Network::new(end, id, count, number).map_err(Error::from).map_err(at(id))?;
            if id == count {
                dealer = Some(Dealer::open(network, root).map_err(at(count))?);
            } else {
                networks.push(network);
            }
        }
        let joined = networks.into_iter().enumerate();
        let parties =
            joined.map(|(id, network)| Party::join(network).map_err(at(id))).collect::<Result<_, _>>()?;
        let none = Error::Range { what: "parties of a session", least: 1, most: u64::MAX, found: 0 };
        let dealer = dealer.ok_or(SimError { peer: 0, error: none })?;
        Ok(Self { dealer, parties, topology: Topology::default() })
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.parties.len()
    }

    /// All parties open vectors this way from now on.
    pub fn set_topology(&mut self, topology: Topology) {
        self.topology = topology;
        self.parties.iter_mut().for_each(|party| party.network_mut().set_topology(topology));
    }

    /// All parties compare by this family from now on.
    pub fn set_comparison(&mut self, family: Family) {
        self.parties.iter_mut().for_each(|party| party.set_comparison(family));
    }

    /// Every party lets the dealer run so many bytes ahead from now on: see [`Party::set_window`].
    pub fn set_window(&mut self, bytes: u64) {
        self.parties.iter_mut().for_each(|party| party.set_window(bytes));
    }

    /// Finds by a dry run what a function takes at a party.
    ///
    /// # Errors
    /// If it fails.
    pub fn plan<O>(&self, f: impl FnOnce(&mut Party) -> Result<O, Error>) -> Result<DryRun, SimError> {
        let mut dry = Party::dry(self.parties.len());
        dry.network_mut().set_topology(self.topology);
        if let Some(party) = self.parties.first() {
            dry.set_comparison(party.comparison());
        }
        f(&mut dry).map_err(at(0))?;
        Ok(dry.take_dry_run())
    }

    /// Deals a recipe to the parties.
    ///
    /// # Errors
    /// If dealing or receiving fails.
    pub fn deal(&mut self, recipe: &Recipe) -> Result<(), SimError> {
        self.deal_by(|dealer| dealer.deal(recipe), |party| party.receive(recipe)).map(drop)
    }

    /// Runs one function at the dealer and, at the same time, another at every party, each in a thread of its own.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use ringshare::{net::Memory, prg::RootSeed, ring::Z2, sim::Session};
    /// # let ends = Memory::mesh(3, Duration::from_secs(60));
    /// # let mut session = Session::open(ends, 1, &RootSeed::from_bytes([7; 32]))?;
    /// let plan = session.plan(|party| party.input::<Z2<14>>(0, 1, None).and_then(|x| party.sign::<_, Z2<14>>(&x, 14)))?;
    /// let mut dealt = Vec::new(); // one item after the other
    /// session.deal_by(
    ///     |dealer| dealer.deal_watched(&plan.recipe, &mut |item| dealt.push(item)),
    ///     |party| party.receive(&plan.recipe),
    /// )?;
    /// assert_eq!(dealt, [0, 1]);
    /// # Ok::<(), ringshare::sim::SimError>(())
    /// ```
    ///
    /// # Errors
    /// If either fails: the error that began it.
    pub fn deal_by<D: Send, O: Send>(
        &mut self,
        deal: impl FnOnce(&mut Dealer) -> Result<D, Error> + Send,
        receive: impl Fn(&mut Party) -> Result<O, Error> + Sync,
    ) -> Result<(D, Phase<O>), SimError> {
        let (dealer, parties) = (&mut self.dealer, &mut self.parties);
        let mut states = parties.iter().map(|_| ()).collect::<Vec<_>>();
        thread::scope(|scope| {
            let dealt = scope.spawn(|| deal(&mut *dealer).inspect_err(|error| dealer.abort(error)));
            let received = run("receive", parties, &mut states, |party, ()| receive(party));
            let dealt = dealt.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let count = received.len();
            match dealt {
                Ok(dealt) => Ok((dealt, collect(received)?)),
                Err(error) => {
                    let mut all: Vec<Result<Step<O>, Error>> = received;
                    all.push(Err(error));
                    Err(cause(all).unwrap_or(SimError { peer: count, error: NetError::Broken.into() }))
                }
            }
        })
    }

    /// Runs one phase at every party with its state, each in a thread of its own that has the phase's name. All begin at the
    /// same time. The dealer does nothing meanwhile. A party that fails tells the others.
    ///
    /// # Errors
    /// The error that began it, if the phase fails at some party.
    ///
    /// # Panics
    /// If there are not as many states as parties, or the phase panics.
    pub fn each<S: Send, O: Send>(
        &mut self,
        name: &str,
        states: &mut [S],
        phase: impl Fn(&mut Party, &mut S) -> Result<O, Error> + Sync,
    ) -> Result<Phase<O>, SimError> {
        assert_eq!(states.len(), self.parties.len(), "states and parties");
        collect(run(name, &mut self.parties, states, phase))
    }

    /// Checks that all parties have taken the same steps ([`Party::finish`]).
    ///
    /// # Errors
    /// If a party has failed or taken other steps.
    pub fn finish(&mut self) -> Result<(), SimError> {
        let mut states: Vec<()> = self.parties.iter().map(|_| ()).collect();
        self.each("finish", &mut states, |party, ()| party.finish()).map(drop)
    }
}

/// Runs a phase at all parties.
fn run<S: Send, O: Send>(
    name: &str,
    parties: &mut [Party],
    states: &mut [S],
    phase: impl Fn(&mut Party, &mut S) -> Result<O, Error> + Sync,
) -> Vec<Result<Step<O>, Error>> {
    let phase = &phase;
    let mut outputs: Vec<Option<O>> = states.iter().map(|_| None).collect();
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for (state, output) in states.iter_mut().zip(&mut outputs) {
        tasks.push(Box::new(move |party| {
            *output = Some(phase(party, &mut *state)?);
            Ok(())
        }));
    }
    let spans = run_tasks(name, parties, tasks);
    let step = |(span, output): (Result<Step<()>, Error>, Option<O>)| {
        let Step { rounds, sent_bytes, start, end, .. } = span?;
        // Whoever ends without an error has a result.
        let output = output.ok_or(NetError::Broken)?;
        Ok(Step { output, rounds, sent_bytes, start, end })
    };
    spans.into_iter().zip(outputs).map(step).collect()
}

/// What one party does in a phase.
pub(super) type Task<'a> = Box<dyn FnMut(&mut Party) -> Result<(), Error> + Send + 'a>;

/// Runs every party's task in a thread of its own. It knows nothing of a phase's types: threads are compiled once, not for
/// every function that is run.
fn run_tasks(name: &str, parties: &mut [Party], tasks: Vec<Task<'_>>) -> Vec<Result<Step<()>, Error>> {
    let ready = &Barrier::new(parties.len());
    let step = move |party: &mut Party, mut task: Task<'_>| {
        let (rounds, sent) = (party.network().rounds(), party.network().sent_bytes());
        ready.wait();
        let start = Instant::now();
        task(party).inspect_err(|error| party.abort(error))?;
        let (end, network) = (Instant::now(), party.network());
        let (rounds, sent_bytes) = (network.rounds() - rounds, network.sent_bytes() - sent);
        Ok(Step { output: (), rounds, sent_bytes, start, end })
    };
    thread::scope(|scope| {
        let spawn = |(party, task)| {
            let thread = thread::Builder::new().name(String::from(name));
            thread.spawn_scoped(scope, move || step(party, task)).expect("a thread")
        };
        let threads: Vec<_> = parties.iter_mut().zip(tasks).map(spawn).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

fn at(peer: usize) -> impl FnOnce(Error) -> SimError {
    move |error| SimError { peer, error }
}

fn collect<O>(results: Vec<Result<Step<O>, Error>>) -> Result<Phase<O>, SimError> {
    let (mut steps, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(step) => {
                steps.push(step);
                errors.push(Ok(()));
            }
            Err(error) => errors.push(Err(error)),
        }
    }
    cause(errors).map_or(Ok(Phase { steps }), Err)
}

/// The error that began it, if there is one.
fn cause<O>(results: Vec<Result<O, Error>>) -> Option<SimError> {
    let all = results.into_iter().enumerate();
    let errors: Vec<SimError> = all.filter_map(|(peer, result)| result.err().map(|e| at(peer)(e))).collect();
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
