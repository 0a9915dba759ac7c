//! One function at every party.

use core::iter;
use std::boxed::Box;
use std::thread;
use std::time::Duration;
use std::vec::Vec;

use super::session::{Session, SimError, Task};
use crate::net::{Counting, Counts, Memory, NetError, Network, Topology, Transport};
use crate::offline::{DryRun, Recipe};
use crate::prg::RootSeed;
use crate::protocol::{Dealer, Error, Party};

/// A simulation: parties and a dealer as threads, which run one function.
///
/// ```
/// use ringshare::{Simulation, Z2};
///
/// let run = Simulation::new(3).run(|party| {
///     let x = party.input::<Z2<14>>(0, 1, (party.id() == 0).then_some(&[7]))?;
///     let square = party.multiply(&x, &x)?;
///     party.reveal(&square, 2) // party 2 alone learns it
/// });
/// assert_eq!(run.unwrap().outputs, [None, None, Some(vec![49])]);
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    parties: usize,
    seed: u64,
    topology: Topology,
    timeout: Duration,
}

/// The results of a simulation, and what it took.
#[derive(Clone, Debug)]
pub struct Run<O> {
    /// Every party's result.
    pub outputs: Vec<O>,
    /// What every party's transport counted: what it sent while the function ran, and everything that it received, frames
    /// of the dealer included. The dealer's first frame counts as a round.
    pub counts: Vec<Counts>,
    /// What the dry run found.
    pub dry: DryRun,
}

impl Simulation {
    /// A simulation of `parties` parties, 2 to 16. By default the [seed](Self::seed) is 0, and a party waits 60 seconds for
    /// a frame ([`timeout`](Self::timeout)). A simulation hides nothing from whoever knows its seed.
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
    /// All parties and the dry run must take the same steps: what `f` does may depend on the party's number and on public
    /// shapes, but not on opened values, which are all zero in the dry run.
    ///
    /// # Errors
    /// If the dry run or a party fails (the error that began it), or the number of parties is not in 2..=16.
    pub fn run<O: Send>(
        &self,
        f: impl Fn(&mut Party) -> Result<O, Error> + Sync,
    ) -> Result<Run<O>, SimError> {
        let plan: &dyn Fn(&mut Party) -> Result<(), Error> = &|party| f(party).map(drop);
        let dry = self.dry_run(plan)?;
        let mut outputs: Vec<Option<O>> = (0..self.parties).map(|_| None).collect();
        let counts = self.run_tasks(&dry.recipe, tasks(&f, &mut outputs))?;
        // Whoever ends without an error has a result.
        Ok(Run { outputs: outputs.into_iter().flatten().collect(), counts, dry })
    }

    /// Runs a task at every party. It knows nothing of what a function returns, so that it is compiled once.
    fn run_tasks(&self, recipe: &Recipe, mut tasks: Vec<Task<'_>>) -> Result<Vec<Counts>, SimError> {
        let ends = Memory::mesh(self.parties + 1, self.timeout).into_iter().map(Counting::new).collect();
        let mut session = Session::open(ends, self.seed, &self.root())?;
        session.set_topology(self.topology);
        session.deal(recipe)?;
        let phase = session.each("party", &mut tasks, |party, task| {
            let counts = |party: &Party| {
                let transport = party.network().transport::<Counting<Memory>>();
                transport.map(Counting::counts).unwrap_or_default()
            };
            let before = counts(party);
            task(party)?;
            let mut after = counts(party);
            // What was announced to the dealer is no part of the task.
            after.sent_frames -= before.sent_frames;
            after.sent_bytes -= before.sent_bytes;
            Ok(after)
        })?;
        session.finish()?;
        Ok(phase.steps.into_iter().map(|step| step.output).collect())
    }

    /// Runs `f` once without a network, to find what it takes.
    ///
    /// # Errors
    /// If `f` fails, or the number of parties is not in 2..=16.
    pub fn dry_run<O>(&self, f: impl Fn(&mut Party) -> Result<O, Error>) -> Result<DryRun, SimError> {
        let here = |error| SimError { peer: 0, error };
        self.check().map_err(here)?;
        let mut party = Party::dry(self.parties);
        party.network_mut().set_topology(self.topology);
        f(&mut party).map_err(here)?;
        Ok(party.take_dry_run())
    }

    /// Runs `f` at every party and the dealer's part over given transports, one for each party and
    /// the dealer's last, and returns everyone's result: `None` is the dealer's. Errors are in it. Whoever
    /// fails tells the others.
    ///
    /// # Panics
    /// If `f` panics at a party.
    pub fn run_over<T: Transport + Send + 'static, O: Send>(
        &self,
        ends: Vec<T>,
        recipe: &Recipe,
        f: impl Fn(&mut Party) -> Result<O, Error> + Sync,
    ) -> Vec<Result<Option<O>, Error>> {
        let mut outputs: Vec<Option<O>> = (0..self.parties).map(|_| None).collect();
        let network = |(id, end)| Network::new(end, id, self.parties, self.seed);
        let networks = ends.into_iter().enumerate().map(network).collect();
        let results = self.run_tasks_over(networks, recipe, tasks(&f, &mut outputs));
        // The dealer has none.
        let outputs = outputs.into_iter().chain(iter::repeat_with(|| None));
        results.into_iter().zip(outputs).map(|(result, output)| result.map(|()| output)).collect()
    }

    fn run_tasks_over(
        &self,
        networks: Vec<Result<Network, NetError>>,
        recipe: &Recipe,
        tasks: Vec<Task<'_>>,
    ) -> Vec<Result<(), Error>> {
        let root = &self.root();
        let deal = |network| {
            let mut dealer = Dealer::open(network, root)?;
            dealer.deal(recipe).inspect_err(|error| dealer.abort(error))
        };
        let step = |mut network: Network, mut task: Task<'_>| {
            network.set_topology(self.topology);
            let mut party = Party::join(network)?;
            let mut all = || {
                party.receive(recipe)?;
                task(&mut party)?;
                party.finish()
            };
            all().inspect_err(|error| party.abort(error))
        };
        thread::scope(|scope| {
            // The dealer has no task. Ends beyond it are an error.
            let tasks = tasks.into_iter().map(Some).chain(iter::repeat_with(|| None));
            let mut threads = Vec::new();
            for (network, task) in networks.into_iter().zip(tasks) {
                threads.push(scope.spawn(move || match task {
                    Some(task) => step(network?, task),
                    None => deal(network?),
                }));
            }
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

/// A function at every party, each with a place for its result.
fn tasks<'a, O: Send>(
    f: &'a (impl Fn(&mut Party) -> Result<O, Error> + Sync),
    outputs: &'a mut [Option<O>],
) -> Vec<Task<'a>> {
    let task = |output: &'a mut Option<O>| -> Task<'a> {
        Box::new(move |party| f(party).map(|of_party| *output = Some(of_party)))
    };
    outputs.iter_mut().map(task).collect()
}
