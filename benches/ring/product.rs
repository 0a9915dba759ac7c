//! Matrix products, and the floating point product of the `gemm-f32` crate to hold them against.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use ringshare::linalg::{Filters, Packed, multiply_add};
use ringshare::ring::Word;

use crate::quick;

/// A batch, as in training; few rows; and a vector.
const ROWS: [usize; 4] = [128, 16, 4, 1];

/// Inputs, and outputs.
fn side() -> usize {
    quick::of(4096)
}

pub(crate) fn benches(c: &mut Criterion) {
    word::<u8>(c, "product/u8");
    word::<u16>(c, "product/u16");
    word::<u32>(c, "product/u32");
    word::<u64>(c, "product/u64");
    word::<u128>(c, "product/u128");
    modulo(c);
    signs(c);
    float(c);
    pack(c);
}

/// Words of no pattern.
pub(super) fn words<W: Word>(count: usize) -> Vec<W> {
    (0..count as u128)
        .map(|i| W::truncate(i.wrapping_mul(0xda94_2042_e4dd_58b5_9e37_79b9_7f4a_7c15) >> 40))
        .collect()
}

/// The throughput is in multiplications with their additions.
fn shape(group: &mut BenchmarkGroup<'_, WallTime>, [rows, inputs, outputs]: [usize; 3]) -> String {
    group.throughput(Throughput::Elements((rows * inputs * outputs) as u64));
    format!("{rows}x{inputs}x{outputs}")
}

fn word<W: Word>(c: &mut Criterion, name: &str) {
    let mut group = c.benchmark_group(name);
    for outputs in [side(), 10] {
        let b = Packed::from_rows(outputs, side(), &words::<W>(outputs * side()));
        for rows in ROWS {
            let a = words::<W>(rows * side());
            let mut c = vec![W::zero(); rows * outputs];
            let id = shape(&mut group, [rows, side(), outputs]);
            group.bench_function(id, |bench| bench.iter(|| multiply_add(black_box(&a), &b, &mut c)));
        }
    }
}

/// Of words of 32 bits, modulo 2^24.
fn modulo(c: &mut Criterion) {
    let mut group = c.benchmark_group("product/24 bits of u32");
    let mut filters = Filters::modulo(side(), side(), 1, 24);
    filters.set_rows(0, &words::<u32>(side() * side()));
    for rows in ROWS {
        let a = words::<u32>(rows * side());
        let mut c = vec![0; rows * side()];
        let id = shape(&mut group, [rows, side(), side()]);
        group.bench_function(id, |bench| bench.iter(|| filters.multiply_add(black_box(&a), &mut c)));
    }
}

/// −1 and +1.
fn signs(c: &mut Criterion) {
    let mut group = c.benchmark_group("product/signs of u16");
    let signs: Vec<u16> = words::<u16>(side() * side()).iter().map(|w| 1u16.wrapping_sub(w & 2)).collect();
    let mut b = Filters::signs(side(), side());
    b.set_rows(0, &signs);
    for rows in ROWS {
        let a = words::<u16>(rows * side());
        let mut c = vec![0; rows * side()];
        let id = shape(&mut group, [rows, side(), side()]);
        group.bench_function(id, |bench| bench.iter(|| b.multiply_add(black_box(&a), &mut c)));
    }
}

fn float(c: &mut Criterion) {
    let mut group = c.benchmark_group("product/f32, gemm-f32 crate");
    let b: Vec<f32> = (0..side() * side()).map(|i| (i % 1021) as f32).collect();
    for rows in ROWS {
        let a: Vec<f32> = (0..rows * side()).map(|i| (i % 1031) as f32).collect();
        let mut c = vec![0f32; rows * side()];
        let id = shape(&mut group, [rows, side(), side()]);
        group.bench_function(id, |bench| bench.iter(|| float_product(rows, black_box(&a), &b, &mut c)));
    }
}

/// `c += a · b`, one thread, with `b: [inputs, outputs]`, which is what the crate packs fastest. It is at its best with a
/// result in columns, so this is `cᵀ += bᵀ · aᵀ`.
#[allow(unsafe_code)]
fn float_product(rows: usize, a: &[f32], b: &[f32], c: &mut [f32]) {
    assert!(a.len() == rows * side() && b.len() == side() * side() && c.len() == rows * side());
    // SAFETY: the lengths are those of the shapes and strides.
    unsafe {
        gemm_f32::gemm::f32::get_gemm_fn()(
            side(),
            rows,
            side(),
            c.as_mut_ptr(),
            side() as isize,
            1,
            true,
            b.as_ptr(),
            side() as isize,
            1,
            a.as_ptr(),
            side() as isize,
            1,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm_common::Parallelism::None,
        );
    }
}

fn pack(c: &mut Criterion) {
    let mut group = c.benchmark_group("matrix packing");
    let rows = words::<u16>(side() * side());
    group.throughput(Throughput::Bytes(2 * rows.len() as u64));
    let mut packed = Packed::zeros(side(), side());
    group.bench_function("u16 rows", |bench| bench.iter(|| packed.set_rows(0, black_box(&rows))));
}
