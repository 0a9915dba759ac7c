//! Packing of a million elements, by width and word.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use ringshare::prg::{Prg, Seed};
use ringshare::ring::{Word, pack, packed_len, unpack, unpack_add};

const ELEMENTS: usize = 1 << 20;

/// `pack`, `unpack` and `unpack_add`.
pub(crate) fn packing(c: &mut Criterion) {
    widths::<u8>(c, "u8", &[1, 7, 8]);
    widths::<u16>(c, "u16", &[11, 14, 16]);
    widths::<u32>(c, "u32", &[20, 31, 32]);
    widths::<u64>(c, "u64", &[1, 33, 63, 64]);
    widths::<u128>(c, "u128", &[65, 127, 128]);
}

fn widths<W: Word>(c: &mut Criterion, word: &str, widths: &[u32]) {
    let mut words = vec![W::zero(); ELEMENTS];
    Prg::new(&Seed::from_bytes([1; 16])).words(0, 0, &mut words);
    for name in ["pack", "unpack", "unpack_add"] {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(ELEMENTS as u64));
        for &bits in widths {
            let mut bytes = vec![0; packed_len(ELEMENTS, bits)];
            pack(&words, bits, &mut bytes);
            let mut out = vec![W::zero(); ELEMENTS];
            group.bench_function(BenchmarkId::new(word, bits), |b| {
                b.iter(|| match name {
                    "pack" => pack(black_box(&words), bits, &mut bytes),
                    "unpack" => unpack(black_box(&bytes), bits, &mut out).unwrap(),
                    _ => unpack_add(black_box(&bytes), bits, &mut out).unwrap(),
                })
            });
        }
        group.finish();
    }
}
