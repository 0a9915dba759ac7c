//! Every fault at every frame: a clear error or the right result at every party, in time, always.

mod agreement;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ringshare::net::{Direction, Fault, Faults, Header, Kind, Memory, Topology, Tracing};
use ringshare::offline::Recipe;
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;
use ringshare::sim::Simulation;

type R = Z2<14>;
type End = Faults<Memory>;

/// How long a party waits for a frame where frames get lost.
const SHORT: Duration = Duration::from_millis(250);
/// Where none does.
const LONG: Duration = Duration::from_secs(30);
/// A run, all parties' waiting included, takes no longer than that on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    Open,
    Product,
    Sign,
    LongSign,
    Argmax,
}

const PROGRAMS: [Program; 5] =
    [Program::Open, Program::Product, Program::Sign, Program::LongSign, Program::Argmax];

const VALUES: [u16; 6] = [5, 0, 16_383, 9000, 7, 7];

const WIDE: [u64; 6] = [5, 0, (1 << 33) - 1, 1 << 20, 7, 1 << 21];

impl Program {
    fn run(self, party: &mut Party) -> Result<Vec<u16>, Error> {
        let own = party.id() == 1;
        let x: Share<R> = party.input(1, VALUES.len(), own.then_some(&VALUES[..]))?;
        let y: Share<R> = match self {
            Self::Open => x,
            Self::Product => party.multiply(&x, &x)?,
            Self::Sign => party.sign(&x, 14)?,
            // Three rounds, and levels of products.
            Self::LongSign => {
                let x: Share<Z2<33>> = party.input(1, WIDE.len(), own.then_some(&WIDE[..]))?;
                party.sign(&x, 21)?
            }
            Self::Argmax => party.argmax(&x, 3, 14)?,
        };
        party.open(&y)
    }

    fn expected(self) -> Vec<u16> {
        match self {
            Self::Open => VALUES.to_vec(),
            Self::Product => VALUES.iter().map(|x| x.wrapping_mul(*x) & 0x3fff).collect(),
            Self::Sign | Self::LongSign => vec![1, 1, 16_383, 16_383, 1, 1],
            Self::Argmax => vec![0, 1],
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    program: Program,
    parties: usize,
    topology: Topology,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    setting: Setting,
    peer: usize,
    at: usize,
    kind: u16,
    fault: Fault,
    timeout: Duration,
    delay: Duration,
}

impl Setting {
    fn simulation(self) -> Simulation {
        Simulation::new(self.parties).topology(self.topology).seed(3)
    }

    fn recipe(self) -> Recipe {
        self.simulation().dry_run(|party: &mut Party| self.program.run(party)).unwrap().recipe
    }

    /// The kinds of the frames that every peer sends, in order, in a run without faults.
    fn frames(self) -> Vec<Vec<u16>> {
        let kinds: Vec<_> = (0..=self.parties).map(|_| Arc::new(Mutex::new(Vec::new()))).collect();
        let trace = |(end, kinds): (Memory, &Arc<Mutex<Vec<u16>>>)| {
            let kinds = kinds.clone();
            Tracing::new(end, move |direction, _, header: &Header| {
                if direction == Direction::Sent {
                    kinds.lock().unwrap().push(header.kind);
                }
            })
        };
        let ends = Memory::mesh(self.parties + 1, LONG).into_iter().zip(&kinds).map(trace).collect();
        for result in self.simulation().run_over(ends, &self.recipe(), |party| self.program.run(party)) {
            assert!(result.unwrap().is_none_or(|output| output == self.program.expected()));
        }
        kinds.iter().map(|kinds| kinds.lock().unwrap().clone()).collect()
    }

    fn cases(self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (peer, frames) in self.frames().into_iter().enumerate() {
            for (at, kind) in frames.into_iter().enumerate() {
                let case =
                    |fault, timeout, delay| Case { setting: self, peer, at, kind, fault, timeout, delay };
                let lost =
                    [Fault::Drop, Fault::Reorder, Fault::Truncate, Fault::Duplicate, Fault::Disconnect];
                cases.extend(lost.map(|fault| case(fault, SHORT, Duration::ZERO)));
                cases.push(case(Fault::Delay, SHORT, 2 * SHORT));
                cases.push(case(Fault::Delay, LONG, Duration::from_millis(1)));
                // A bit of every checked field of the header, another one every time.
                for (start, bits) in [(0, 64), (64, 64), (128, 64), (224, 16), (240, 16)] {
                    let bit = start + (7 * at + 13 * peer + self.parties) % bits;
                    cases.push(case(Fault::Flip(bit), SHORT, Duration::ZERO));
                }
            }
        }
        cases
    }
}

impl Case {
    fn ends(self) -> Vec<End> {
        let inject = |(id, end): (usize, Memory)| match id == self.peer {
            true => Faults::new(end, self.fault, self.at).delay(if self.delay > SHORT {
                sleep_long
            } else {
                sleep
            }),
            false => Faults::new(end, Fault::Drop, usize::MAX / 2),
        };
        Memory::mesh(self.setting.parties + 1, self.timeout).into_iter().enumerate().map(inject).collect()
    }

    fn check(self, recipe: &Recipe) {
        let began = Instant::now();
        let program = self.setting.program;
        let results = self.setting.simulation().run_over(self.ends(), recipe, |party| program.run(party));
        let took = began.elapsed();
        assert!(took < LIMIT, "took {took:?}");
        let mut errors = Vec::new();
        for result in &results {
            match result {
                Ok(output) => {
                    assert!(output.as_ref().is_none_or(|output| *output == program.expected()), "{output:?}")
                }
                Err(error) => errors.push(error.to_string()),
            }
        }
        for error in &errors {
            let clear = ["expected", "nothing came within", "went away", "disconnected"];
            assert!(clear.iter().any(|text| error.contains(text)), "{error}");
        }
        let parties = &results[..self.setting.parties];
        let failed = parties.iter().filter(|result| result.is_err()).count();
        match self.fault {
            Fault::Delay if self.delay < self.timeout => assert_eq!(errors, [""; 0]),
            // Whether a late frame is too late depends on when the other began to wait.
            Fault::Delay => {}
            // The last copy of a frame may come when nobody listens any more.
            Fault::Duplicate => {}
            // What is lost at the very end is noticed by the one who waits for it.
            _ if self.kind == Kind::Finish as u16 => assert!(failed > 0, "nobody noticed"),
            _ => assert_eq!(failed, self.setting.parties, "not all noticed: {errors:?}"),
        }
        if let Fault::Flip(_) | Fault::Truncate = self.fault {
            let names = |error: &String| error.contains("expected") && error.contains("found");
            assert!(errors.iter().any(names), "{errors:?}");
        }
    }
}

fn sleep() {
    thread::sleep(Duration::from_millis(1));
}

fn sleep_long() {
    thread::sleep(2 * SHORT);
}

/// Runs all cases, many at a time: most of their time is waiting.
fn check(settings: Vec<Setting>) {
    let cases: Vec<(Case, Recipe)> = settings
        .into_iter()
        .flat_map(|setting| setting.cases().into_iter().map(move |case| (case, setting.recipe())))
        .collect();
    let total = cases.len();
    assert!(total > 500, "{total} cases");
    let (cases, next) = (Arc::new(cases), Arc::new(AtomicUsize::new(0)));
    let (done, results) = mpsc::channel();
    for _ in 0..48 {
        let (cases, next, done) = (cases.clone(), next.clone(), done.clone());
        thread::spawn(move || {
            while let Some((case, recipe)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcome = catch_unwind(AssertUnwindSafe(|| case.check(recipe)));
                done.send((*case, outcome.is_ok())).unwrap();
            }
        });
    }
    for _ in 0..total {
        let (case, right) = results.recv_timeout(2 * LIMIT).expect("a run hangs");
        assert!(right, "{case:?}");
    }
}

fn settings(parties: usize, topology: Topology) -> Vec<Setting> {
    PROGRAMS.map(|program| Setting { program, parties, topology }).to_vec()
}

#[test]
fn two_parties_directly() {
    check(settings(2, Topology::Direct));
}

#[test]
fn two_parties_by_scatter() {
    check(settings(2, Topology::Scatter));
}

#[test]
fn three_parties_directly() {
    check(settings(3, Topology::Direct));
}

#[test]
fn three_parties_by_scatter() {
    check(settings(3, Topology::Scatter));
}
