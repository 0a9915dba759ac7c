//! Masked lookups of 4, 8 and 12 bits, and of pairs: the dealer's CPU time an entry, and a party's a lookup,
//! of the one that has a correction and of one that has none.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringshare::correlation::Lookup;
use ringshare::function::Table;
use ringshare::offline::{Deck, Seeds, Store};
use ringshare::prg::RootSeed;
use ringshare::ring::{Ring, Z2};
use ringshare::share::Share;

/// Entries of all tables together.
const ENTRIES: usize = 1 << 20;

fn lookups<O: Ring>(c: &mut Criterion, name: &str, table: &Table) {
    let len = ENTRIES >> table.index_bits();
    let request = Lookup::<O>::request(len, table);
    let seeds = Seeds::derive(&RootSeed::from_bytes([1; 32]), 0, 2);
    let mut deck = Deck::new(&seeds).expect("a deck");
    let (_, mut correction) = deck.deal(&request).expect("a deal").expect("a correction");
    let mut group = c.benchmark_group("lookup");
    group.sample_size(10);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));

    group.throughput(Throughput::Elements(ENTRIES as u64));
    group.bench_function(BenchmarkId::new(format!("dealer/{name}"), O::BITS), |b| {
        b.iter_custom(|iterations| {
            let start = ThreadTime::now();
            (0..iterations).for_each(|_| deck.deal_into(&request, &mut correction).expect("a deal"));
            start.elapsed()
        });
    });

    group.throughput(Throughput::Elements(len as u64));
    let x = Share::<Z2<14>>::zeros(len);
    for party in 0..2 {
        let id = BenchmarkId::new(format!("party {party}/{name}"), O::BITS);
        group.bench_function(id, |b| {
            b.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    let mut store = Store::new(seeds.row(party).expect("a row"));
                    let own = (party == 0).then(|| correction.clone());
                    store.put(request.clone(), own).expect("a correction");
                    let lookup = Lookup::<O>::take(&mut store, len, table).expect("an item");
                    let start = ThreadTime::now();
                    let pair = table.bits()[1] > 0;
                    let (opened, masked) = if pair { lookup.mask_pair(&x, &x) } else { lookup.mask(&x) };
                    // One party's masks are as good an index as the sum of all.
                    black_box(masked.finish(&opened).expect("entries"));
                    total += start.elapsed();
                }
                total
            });
        });
    }
}

fn benches(c: &mut Criterion) {
    for bits in [4, 8, 12] {
        let (table, pairs) = (Table::new(bits, |x| 7 * x), Table::pairs([bits / 2; 2], |a, b| a * b));
        lookups::<Z2<14>>(c, &format!("{bits} bits"), &table);
        lookups::<Z2<64>>(c, &format!("{bits} bits"), &table);
        lookups::<Z2<14>>(c, &format!("{bits} bits of a pair"), &pairs);
    }
}

criterion_group!(group, benches);
criterion_main!(group);
