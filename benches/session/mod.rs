//! Parties and a dealer whose phases are timed one by one.

use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use ringshare::net::{Memory, Network};
use ringshare::offline::Recipe;
use ringshare::prg::RootSeed;
use ringshare::protocol::Dealer;
use ringshare::protocol::{Error, Party};

/// A session whose parties are kept between phases.
pub(crate) struct Session {
    pub(crate) dealer: Dealer<Memory>,
    pub(crate) parties: Vec<Party<Memory>>,
}

/// What a phase took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// On the clock.
    pub(crate) wall: Duration,
    /// CPU time of the busiest party.
    pub(crate) cpu: Duration,
}

impl Session {
    /// Opens a session of `parties` parties.
    pub(crate) fn open(parties: usize) -> Self {
        let mut ends = Memory::mesh(parties + 1, Duration::from_secs(60));
        let root = RootSeed::from_bytes([1; 32]);
        let end = ends.pop().expect("the dealer's end");
        let dealer = Network::new(end, parties, parties, 0).expect("the dealer's network");
        let dealer = Dealer::open(dealer, &root).expect("a dealer");
        let join = |(id, end)| {
            let network = Network::new(end, id, parties, 0).expect("a party's network");
            Party::join(network).expect("a party")
        };
        Self { dealer, parties: ends.into_iter().enumerate().map(join).collect() }
    }

    /// The recipe of what a party does.
    pub(crate) fn recipe(&self, f: impl Fn(&mut Party<Memory>) -> Result<(), Error>) -> Recipe {
        let mut dry = Party::dry(self.parties.len());
        f(&mut dry).expect("a dry run");
        dry.take_dry_run().recipe
    }

    /// Deals, which is what is timed, and lets the parties receive.
    pub(crate) fn deal(&mut self, recipe: &Recipe) -> Cost {
        let (start, cpu) = (Instant::now(), ThreadTime::now());
        self.dealer.deal(recipe).expect("dealing");
        let cost = Cost { wall: start.elapsed(), cpu: cpu.elapsed() };
        self.each(|_, party| party.receive(recipe));
        cost
    }

    /// Runs one phase at every party, each in a thread of its own.
    pub(crate) fn each(&mut self, f: impl Fn(usize, &mut Party<Memory>) -> Result<(), Error> + Sync) -> Cost {
        let f = &f;
        let start = Instant::now();
        let cpu = thread::scope(|scope| {
            let run = |(id, party)| {
                scope.spawn(move || {
                    let cpu = ThreadTime::now();
                    f(id, party).expect("a phase");
                    cpu.elapsed()
                })
            };
            let threads: Vec<_> = self.parties.iter_mut().enumerate().map(run).collect();
            threads.into_iter().map(|thread| thread.join().expect("a party's thread")).max()
        });
        Cost { wall: start.elapsed(), cpu: cpu.unwrap_or_default() }
    }
}
