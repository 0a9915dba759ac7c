//! Sign and ReLU of 2^20 values: online at a party (wall time for two parties, each on a core of its own; CPU time of the
//! busiest party for more), and at the dealer.

#![allow(missing_docs)]

mod quick;
mod session;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;

fn len() -> usize {
    quick::of(1 << 20)
}

/// What a party does with its values.
type Step<R> = fn(&mut Party, &Share<R>) -> Result<Share<R>, Error>;

fn bench<R: Ring>(c: &mut Criterion, [group, case]: [&str; 2], all_parties: &[usize], step: Step<R>) {
    let mut group = c.benchmark_group(group);
    group.throughput(Throughput::Elements(len() as u64)).sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for &parties in all_parties {
        let mut session = session::open(parties);
        let mut all = vec![(); parties];
        let share = |party: usize| {
            let word = R::Word::truncate64((party as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            Share::<R>::from_words(vec![word; len()])
        };
        let recipe = session::recipe(&session, |party| step(party, &Share::zeros(len())));
        group.bench_function(BenchmarkId::new(format!("online/{case}"), parties), |b| {
            b.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    session::deal(&mut session, &recipe);
                    let online = |party: &mut Party, (): &mut ()| {
                        step(party, &share(party.id())).map(|y| drop(black_box(y)))
                    };
                    let (_, cost) = session::each(&mut session, &mut all, online);
                    total += if parties == 2 { cost.wall } else { cost.cpu };
                }
                total
            });
        });
        group.bench_function(BenchmarkId::new(format!("dealer/{case}"), parties), |b| {
            b.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    total += session::deal(&mut session, &recipe);
                    session::each(&mut session, &mut all, |party, ()| step(party, &share(party.id())));
                }
                total
            });
        });
    }
}

fn sign<R: Ring>(c: &mut Criterion) {
    bench::<R>(c, ["sign", &format!("{} bits", R::BITS)], &[2, 3, 5, 7], |party, x| party.sign(x, R::BITS));
}

fn benches(c: &mut Criterion) {
    sign::<Z2<8>>(c);
    sign::<Z2<10>>(c);
    sign::<Z2<12>>(c);
    sign::<Z2<14>>(c);
    sign::<Z2<16>>(c);
    sign::<Z2<20>>(c);
    sign::<Z2<24>>(c);
    sign::<Z2<32>>(c);
    sign::<Z2<64>>(c);
    bench::<Z2<14>>(c, ["relu", "14 bits"], &[2], |party, x| party.relu(x, 14));
    bench::<Z2<32>>(c, ["relu", "20 bits by 2^8"], &[2], |party, x| party.relu_truncate(x, 20, 8));
    bench::<Z2<64>>(c, ["relu", "64 bits"], &[2], |party, x| party.relu(x, 64));
}

criterion_group!(group, benches);
criterion_main!(group);
