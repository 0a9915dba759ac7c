//! Sign of 2^20 values: online at a party (wall time for two parties, each on a core of its own; CPU time of the
//! busiest party for more), and at the dealer.

#![allow(missing_docs)]

mod session;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;

use session::Session;

const LEN: usize = 1 << 20;

fn sign<R: Ring>(c: &mut Criterion, bits: u32) {
    let mut group = c.benchmark_group("sign");
    group.throughput(Throughput::Elements(LEN as u64)).sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for parties in [2, 3, 5, 7] {
        let mut session = Session::open(parties);
        let zeros = |party: usize| {
            let word = R::Word::truncate64(party as u64 * 0x9e37_79b9_7f4a_7c15);
            Share::<R>::from_words(vec![word; LEN])
        };
        let recipe = session.recipe(|party| party.sign::<R, R>(&Share::zeros(LEN), bits).map(drop));
        group.bench_function(BenchmarkId::new(format!("online/{bits} bits"), parties), |b| {
            b.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    session.deal(&recipe);
                    let cost = session.each(|id, party| {
                        black_box(party.sign::<R, R>(&zeros(id), bits)?);
                        Ok(())
                    });
                    total += if parties == 2 { cost.wall } else { cost.cpu };
                }
                total
            });
        });
        group.bench_function(BenchmarkId::new(format!("dealer/{bits} bits"), parties), |b| {
            b.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    total += session.deal(&recipe).cpu;
                    session.each(|id, party| party.sign::<R, R>(&zeros(id), bits).map(drop));
                }
                total
            });
        });
    }
}

fn benches(c: &mut Criterion) {
    sign::<Z2<8>>(c, 8);
    sign::<Z2<10>>(c, 10);
    sign::<Z2<12>>(c, 12);
    sign::<Z2<14>>(c, 14);
    sign::<Z2<16>>(c, 16);
    sign::<Z2<20>>(c, 20);
    sign::<Z2<24>>(c, 24);
    sign::<Z2<32>>(c, 32);
    sign::<Z2<64>>(c, 64);
}

criterion_group!(group, benches);
criterion_main!(group);
