//! Every family of comparisons at 2^14 values: a party online and the dealer, CPU time of the busiest.
#![allow(missing_docs)]

#[path = "../examples/compare/src/families.rs"]
#[allow(dead_code)]
mod families;
mod quick;
#[allow(dead_code)]
mod session;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use ringshare::net::Topology;
use ringshare::protocol::{Error, Family, Party};
use ringshare::ring::{Ring, Word};
use ringshare::share::Share;
use ringshare::with_ring;

use families::ring_bits;

fn len() -> usize {
    quick::of(1 << 14)
}

/// One family, bit length and number of parties.
#[derive(Clone, Copy)]
struct Case {
    family: Family,
    bits: u32,
    parties: usize,
}

impl Case {
    fn compare<R: Ring>(self, party: &mut Party, x: &Share<R>) -> Result<(), Error> {
        party.sign::<R, R>(black_box(x), self.bits).map(drop)
    }

    fn bench<R: Ring>(self, c: &mut Criterion) {
        let mut session = session::open(self.parties);
        session.set_comparison(self.family);
        session.set_topology(Topology::Direct);
        // Not every family takes every case.
        let Ok(plan) = session.plan(|party| self.compare::<R>(party, &Share::zeros(len()))) else { return };
        // Shares of numbers that are small enough for every family.
        let share =
            |party: usize| Share::<R>::from_words(vec![R::Word::truncate64(u64::from(party == 0)); len()]);
        let mut shares: Vec<_> = (0..self.parties).map(share).collect();
        let mut group = c.benchmark_group(format!("compare/{}", self.family));
        group.throughput(Throughput::Elements(len() as u64)).sample_size(10);
        group.warm_up_time(Duration::from_millis(50)).measurement_time(Duration::from_millis(200));
        // The slow families would run fifty times instead of ten, and the statistics take longer than the runs.
        group.sampling_mode(SamplingMode::Flat).nresamples(1000);
        for (phase, name) in ["online", "dealer"].into_iter().enumerate() {
            let id = BenchmarkId::new(format!("{name}/{} bits", self.bits), self.parties);
            group.bench_function(id, |b| {
                b.iter_custom(|iterations| {
                    let mut total = Duration::ZERO;
                    for _ in 0..iterations {
                        let dealer = session::deal(&mut session, &plan.recipe);
                        let compare = |party: &mut _, x: &mut Share<R>| self.compare::<R>(party, x);
                        let (_, online) = session::each(&mut session, &mut shares, compare);
                        total += [online.cpu, dealer][phase];
                    }
                    total
                });
            });
        }
    }
}

fn benches(c: &mut Criterion) {
    for family in Family::ALL {
        for bits in [8, 14, 32, 64] {
            for parties in [2, 3] {
                let case = Case { family, bits, parties };
                with_ring!(ring_bits(family, bits), R => case.bench::<R>(c));
            }
        }
    }
}

criterion_group!(group, benches);
criterion_main!(group);
