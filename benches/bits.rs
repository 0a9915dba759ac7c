//! Bits of 2^20 values between two parties: the sign by a tree of borrows, from numbers to bits and back, and
//! choosing by a bit; of a party online CPU time and time on the clock, and CPU time of the dealer.

#![allow(missing_docs)]

mod quick;
mod session;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ringshare::protocol::{Error, Family, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::{BitShare, Share};

fn len() -> usize {
    quick::of(1 << 20)
}

type Program<'a, R> = &'a (dyn Fn(&mut Party, &Share<R>) -> Result<(), Error> + Sync);

fn run<R: Ring>(c: &mut Criterion, what: &str, program: Program<'_, R>) {
    let mut group = c.benchmark_group("bits");
    group.throughput(Throughput::Elements(len() as u64)).sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    let mut session = session::open(2);
    session.set_comparison(Family::Bitwise);
    let values = |party: usize| {
        let word = R::Word::truncate64((party as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Share::<R>::from_words(vec![word; len()])
    };
    let recipe = session::recipe(&session, |party| program(party, &Share::zeros(len())));
    for phase in ["online", "online on the clock", "dealer"] {
        group.bench_function(format!("{what}/{phase}/{} bits", R::BITS), |b| {
            b.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    let dealing = session::deal(&mut session, &recipe);
                    let step = |party: &mut Party, (): &mut ()| program(party, &values(party.id()));
                    let (_, running) = session::each(&mut session, &mut [(), ()], step);
                    total += match phase {
                        "online" => running.cpu,
                        "dealer" => dealing,
                        _ => running.wall,
                    };
                }
                total
            });
        });
    }
}

fn width<R: Ring>(c: &mut Criterion) {
    run::<R>(c, "sign", &|party, x| party.sign::<R, R>(x, R::BITS).map(|y| drop(black_box(y))));
    run::<R>(c, "negative bits", &|party, x| party.negative_bits(x, R::BITS).map(|y| drop(black_box(y))));
    run::<R>(c, "bits", &|party, x| party.bits(x, R::BITS).map(|y| drop(black_box(y))));
    run::<R>(c, "select", &|party, x| {
        party.select_bits(&BitShare::zeros(len()), x).map(|y| drop(black_box(y)))
    });
    run::<R>(c, "arithmetic", &|party, _| {
        party.arithmetic::<R>(&BitShare::zeros(len())).map(|y| drop(black_box(y)))
    });
}

fn benches(c: &mut Criterion) {
    width::<Z2<14>>(c);
    width::<Z2<32>>(c);
    width::<Z2<64>>(c);
}

criterion_group!(group, benches);
criterion_main!(group);
