//! Signs by Legendre symbols, 2^18 values at a time: online at a party (wall time for two parties, CPU time of the
//! busiest for three), and at the dealer; and the symbols alone.

#![allow(missing_docs)]

mod quick;
mod session;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringshare::correlation::compare::legendre::Variant;
use ringshare::protocol::{Family, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;

type R = Z2<14>;

fn len() -> usize {
    quick::of(1 << 18)
}

fn signs(c: &mut Criterion) {
    let mut group = c.benchmark_group("legendre");
    group.throughput(Throughput::Elements(len() as u64)).sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for variant in Variant::ALL {
        for parties in [2, 3] {
            let mut session = session::open(parties);
            session.set_comparison(Family::Legendre(variant));
            let mut all = vec![(); parties];
            let sign = |party: &mut Party| party.sign::<R, R>(&Share::zeros(len()), variant.bits());
            let recipe = session::recipe(&session, sign);
            group.bench_function(BenchmarkId::new(format!("online/{variant:?}"), parties), |b| {
                b.iter_custom(|iterations| {
                    let mut total = Duration::ZERO;
                    for _ in 0..iterations {
                        session::deal(&mut session, &recipe);
                        let online = |party: &mut _, (): &mut ()| sign(party).map(|y| drop(black_box(y)));
                        let (_, cost) = session::each(&mut session, &mut all, online);
                        total += if parties == 2 { cost.wall } else { cost.cpu };
                    }
                    total
                });
            });
            group.bench_function(BenchmarkId::new(format!("dealer/{variant:?}"), parties), |b| {
                b.iter_custom(|iterations| {
                    let mut total = Duration::ZERO;
                    for _ in 0..iterations {
                        total += session::deal(&mut session, &recipe);
                        session::each(&mut session, &mut all, |party, ()| sign(party));
                    }
                    total
                });
            });
        }
    }
}

fn symbols(c: &mut Criterion) {
    let mut group = c.benchmark_group("symbols");
    let field = Variant::Bsgn0.field();
    let values: Vec<u64> = (1..4097).map(|i| field.mul(i, 0x9e37_79b9_7f4a_7c15)).collect();
    let mut negative = vec![0; 64];
    group.throughput(Throughput::Elements(4096));
    group.bench_function("4096", |b| b.iter(|| field.symbols(black_box(&values), &mut negative)));
}

criterion_group!(group, symbols, signs);
criterion_main!(group);
