//! The parties and the dealer: their ends of a network in memory, and phases that are timed.

use std::thread;
use std::time::{Duration, Instant};

use ringshare::correlation::{Dealer, Recipe};
use ringshare::net::{Memory, Network, Topology};
use ringshare::prg::RootSeed;
use ringshare::protocol::{self, Family, Party};

use crate::error::Error;
use crate::memory::{ThreadCpu, peak_rss};
use crate::report::Phase;

/// Nobody waits longer for another.
const PATIENCE: Duration = Duration::from_secs(120);

/// All who take part.
pub(crate) struct Session {
    dealer: Dealer<Memory>,
    parties: Vec<Party<Memory>>,
}

impl Session {
    /// Lets the parties join. All randomness is drawn from the seed if there is one, else it is fresh.
    ///
    /// # Errors
    /// If the system gives no randomness or the protocol fails.
    pub(crate) fn open(
        parties: usize,
        seed: Option<u64>,
        family: Family,
        topology: Topology,
    ) -> Result<Self, Error> {
        let mut ends = Memory::mesh(parties + 1, PATIENCE);
        let session = seed.unwrap_or_default();
        let last = ends.pop().ok_or_else(|| Error::Wrong("expected an end for the dealer".into()))?;
        let dealer = Network::new(last, parties, parties, session);
        let dealer = Dealer::open(dealer, &root(seed)?).map_err(|e| failed("the dealer", e))?;
        let joined = ends.into_iter().enumerate().map(|(id, end)| {
            let mut network = Network::new(end, id, parties, session);
            network.set_topology(topology);
            let mut party = Party::join(network).map_err(|e| failed(&format!("party {id}"), e))?;
            party.set_comparison(family);
            Ok(party)
        });
        Ok(Self { dealer, parties: joined.collect::<Result<_, Error>>()? })
    }

    /// Runs the dealer, and lets the parties receive each item before the next, so that none is held twice. `watch`
    /// learns the seconds that dealing each request took. Returns what dealing and what receiving took.
    ///
    /// # Errors
    /// If dealing fails.
    pub(crate) fn deal(
        &mut self,
        recipe: &Recipe,
        mut watch: impl FnMut(usize, f64),
    ) -> Result<[Phase; 2], Error> {
        let before = self.dealer.sent_bytes().to_vec();
        let (mut dealt, mut received) = (Phase::default(), Phase::default());
        for (number, request) in recipe.requests().iter().enumerate() {
            let item = Recipe(vec![request.clone()]);
            let (start, cpu) = (Instant::now(), ThreadCpu::start());
            self.dealer.deal(&item).map_err(|e| failed("the dealer", e))?;
            let seconds = start.elapsed().as_secs_f64();
            watch(number, seconds);
            dealt.wall_s += seconds;
            dealt.cpu_s += cpu.seconds();
            let (start, cpu) = (Instant::now(), ThreadCpu::start());
            for (id, party) in self.parties.iter_mut().enumerate() {
                party.receive(&item).map_err(|e| failed(&format!("party {id}"), e))?;
            }
            // Only one party gets a correction: what this took, it took.
            received.wall_s += start.elapsed().as_secs_f64();
            received.cpu_s += cpu.seconds();
        }
        let sent = self.dealer.sent_bytes().iter().zip(before).map(|(now, before)| now - before);
        dealt.dealer_bytes = sent.max().unwrap_or(0);
        for phase in [&mut dealt, &mut received] {
            phase.cpu_all_s = phase.cpu_s;
            phase.peak_rss_bytes = peak_rss();
        }
        Ok([dealt, received])
    }

    /// Runs one phase at every party with its state, each in a thread of its own, which profilers see under the phase's
    /// name.
    ///
    /// # Errors
    /// If the phase fails at some party.
    pub(crate) fn each<S: Send>(
        &mut self,
        name: &str,
        states: &mut [S],
        phase: impl Fn(&mut Party<Memory>, &mut S) -> Result<(), protocol::Error> + Sync,
    ) -> Result<Phase, Error> {
        let start = Instant::now();
        let phase = &phase;
        let results: Vec<_> = thread::scope(|scope| {
            let sides = self.parties.iter_mut().zip(states);
            let threads: Vec<_> = sides
                .map(|(party, state)| {
                    thread::Builder::new().name(name.into()).spawn_scoped(scope, move || {
                        let (rounds, sent) = (party.network().rounds(), party.network().sent_bytes());
                        let cpu = ThreadCpu::start();
                        phase(party, state)?;
                        let network = party.network();
                        Ok((cpu.seconds(), network.rounds() - rounds, network.sent_bytes() - sent))
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.map(|thread| thread.join())).collect()
        });
        let mut all = Phase { wall_s: start.elapsed().as_secs_f64(), ..Phase::default() };
        for (id, result) in results.into_iter().enumerate() {
            let who = format!("party {id}");
            let result = result.map_err(|e| Error::Wrong(format!("{who}: {e}")))?;
            let result = result.map_err(|_| Error::Wrong(format!("{who} panicked")))?;
            let (cpu_s, rounds, sent) = result.map_err(|e: protocol::Error| failed(&who, e))?;
            all.cpu_s = all.cpu_s.max(cpu_s);
            all.cpu_all_s += cpu_s;
            all.rounds = all.rounds.max(rounds.into());
            all.sent_bytes = all.sent_bytes.max(sent);
        }
        all.peak_rss_bytes = peak_rss();
        Ok(all)
    }

    /// Ends the session in agreement.
    ///
    /// # Errors
    /// If a party saw something else.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        let mut states = vec![(); self.parties.len()];
        self.each("finish", &mut states, |party, ()| Ok(party.network_mut().finish()?)).map(drop)
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

/// Says at whom a protocol failed.
pub(crate) fn failed(who: &str, error: protocol::Error) -> Error {
    Error::Wrong(format!("{who}: {error}"))
}
