//! Products of two matrices that are both met once, as a step of training has them.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use ringshare::linalg::product_add;
use ringshare::ring::Word;

use super::product::words;
use crate::quick;

/// A layer of 784 outputs on a batch of 128 rows of 784: what it gives, the gradient of its inputs, that of its weights. The
/// same of a convolution of 32 channels to 64 by windows of 3×3, unfolded.
const SHAPES: [(&str, [bool; 2], [usize; 3]); 6] = [
    ("X·Wᵀ", [false, true], [128, 784, 784]),
    ("G·W", [false, false], [128, 784, 784]),
    ("Gᵀ·X", [true, false], [784, 128, 784]),
    ("X·Wᵀ, convolution", [false, true], [10816, 288, 64]),
    ("G·W, convolution", [false, false], [10816, 64, 288]),
    ("Gᵀ·X, convolution", [true, false], [64, 10816, 288]),
];

pub(crate) fn benches(c: &mut Criterion) {
    word::<u64>(c, "fresh/u64, 52 bits", 52);
    word::<u64>(c, "fresh/u64", 64);
    word::<u32>(c, "fresh/u32", 32);
}

/// The throughput is in multiplications with their additions.
fn word<W: Word>(c: &mut Criterion, name: &str, bits: u32) {
    let mut group = c.benchmark_group(name);
    for (name, transposed, shape) in SHAPES {
        let [rows, inner, columns] = shape.map(quick::of);
        let (a, b) = (words::<W>(rows * inner), words::<W>(inner * columns));
        let mut z = vec![W::zero(); rows * columns];
        group.throughput(Throughput::Elements((rows * inner * columns) as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| product_add(bits, transposed, [rows, inner, columns], black_box(&a), &b, &mut z));
        });
    }
}
