//! The generator, from one block to many.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use ringshare::prg::{Prg, RootSeed, Seed};

/// Words set and words added, aligned and not, and the expansion of keys.
pub(crate) fn prg(c: &mut Criterion) {
    let prg = Prg::new(&Seed::from_bytes([1; 16]));
    let mut group = c.benchmark_group("prg");
    for bytes in [16, 256, 1024, 4096, 65536] {
        group.throughput(Throughput::Bytes(bytes as u64));
        let mut out = vec![0u16; bytes / 2];
        for (name, index) in [("words", 0), ("words, unaligned", 1)] {
            group.bench_function(BenchmarkId::new(name, bytes), |b| {
                b.iter(|| prg.words(0, index, black_box(&mut out)))
            });
        }
        group.bench_function(BenchmarkId::new("add_words", bytes), |b| {
            b.iter(|| prg.add_words(0, 0, black_box(&mut out)))
        });
    }
    group.finish();

    let mut group = c.benchmark_group("prg lookups");
    for lookups in [1, 64, 4096] {
        group.throughput(Throughput::Elements(lookups));
        let indices: Vec<u64> = (0..lookups).map(|i| 64 * i + i % 61).collect();
        let mut out = vec![0u16; indices.len()];
        group.bench_function(BenchmarkId::from_parameter(lookups), |b| {
            b.iter(|| prg.words_at(0, &indices, black_box(&mut out)))
        });
    }
    group.finish();

    let root = RootSeed::from_bytes([1; 32]);
    c.bench_function("root seed", |b| b.iter(|| root.seed(black_box(1), 2, 3)));
    let seed = Seed::from_bytes([1; 16]);
    c.bench_function("key expansion", |b| b.iter(|| Prg::new(black_box(&seed))));
}
