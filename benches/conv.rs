//! Convolutions as in a small network of images of 28×28: the products in the clear, and between two parties a batch
//! online (on the clock), offline at a party and at the dealer (CPU time).
#![allow(missing_docs)]

mod session;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringshare::correlation::{MaskedMatrix, MatrixProduct};
use ringshare::linalg::{Filters, Packed, Window, multiply_add};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;

use session::Session;

const IMAGES: usize = 16;

/// A layer: image, outputs, groups; all windows are 3×3.
const LAYERS: [(&str, [usize; 3], usize, usize); 3] =
    [("conv1", [28, 28, 1], 32, 1), ("conv2", [26, 26, 32], 64, 1), ("depthwise", [26, 26, 32], 32, 32)];

struct Layer {
    window: Window,
    outputs: usize,
    groups: usize,
}

impl Layer {
    fn inputs(&self) -> usize {
        9 * self.window.image[2] / self.groups
    }

    /// Elements of all images.
    fn image(&self) -> usize {
        IMAGES * self.window.image.iter().product::<usize>()
    }

    /// Places of all images.
    fn places(&self) -> usize {
        let [down, across] = self.window.places().expect("a window that fits");
        IMAGES * down * across
    }
}

fn layers() -> impl Iterator<Item = (&'static str, Layer)> {
    LAYERS.into_iter().map(|(name, image, outputs, groups)| {
        (name, Layer { window: Window::new(image, [3, 3]), outputs, groups })
    })
}

/// Words of no pattern.
fn words<W: Word>(count: usize) -> Vec<W> {
    (0..count as u128)
        .map(|i| W::truncate(i.wrapping_mul(0xda94_2042_e4dd_58b5_9e37_79b9_7f4a_7c15) >> 40))
        .collect()
}

/// The convolution, the product of unfolded images, and the unfolding alone.
fn clear<W: Word>(c: &mut Criterion, name: &str) {
    let mut group = c.benchmark_group(name);
    for (name, layer) in layers() {
        let (inputs, outputs, places) = (layer.inputs(), layer.outputs, layer.places());
        let (images, weights) = (words::<W>(layer.image()), words::<W>(outputs * inputs));
        let filters = Filters::from_rows(outputs, inputs, layer.groups, &weights);
        let mut z = vec![W::zero(); places * outputs];
        group.throughput(Throughput::Elements((places * inputs * outputs) as u64));
        group.bench_function(BenchmarkId::new(name, "convolution"), |bench| {
            bench.iter(|| filters.convolve_add(&layer.window, black_box(&images), &mut z));
        });
        if layer.groups > 1 {
            continue;
        }
        let bits = W::BITS - 6;
        group.bench_function(BenchmarkId::new(name, "convolution modulo fewer bits"), |bench| {
            bench.iter(|| filters.convolve_add_modulo(&layer.window, bits, black_box(&images), &mut z));
        });
        let (packed, mut rows) =
            (Packed::from_rows(outputs, inputs, &weights), vec![W::zero(); places * inputs]);
        group.bench_function(BenchmarkId::new(name, "product of unfolded images"), |bench| {
            bench.iter(|| multiply_add(black_box(&rows), &packed, &mut z));
        });
        group.bench_function(BenchmarkId::new(name, "unfolding"), |bench| {
            bench.iter(|| {
                layer.window.unfold(black_box(&images), 0..layer.window.image[2], 0..places, &mut rows);
            });
        });
    }
}

fn setup<R: Ring>(party: &mut Party, layer: &Layer) -> Result<MaskedMatrix<R>, Error> {
    let inputs = layer.inputs();
    let zeros = |_: &mut _, rows: core::ops::Range<usize>| Ok(Share::zeros(rows.len() * inputs));
    party.mask_filters([layer.outputs, inputs], layer.groups, R::BITS, zeros)
}

fn online<R: Ring>(
    party: &mut Party,
    matrix: &MaskedMatrix<R>,
    prepared: MatrixProduct<R>,
    layer: &Layer,
) -> Result<(), Error> {
    party.product(matrix, prepared, &Share::zeros(layer.image())).map(drop)
}

/// One batch: what dealing, the offline and the online phase take.
fn batch<R: Ring>(session: &mut Session, matrices: &mut [MaskedMatrix<R>], layer: &Layer) -> [Duration; 3] {
    let prepare = |party: &mut Party, matrix: &mut MaskedMatrix<R>| {
        party.prepare_convolution(matrix, &layer.window, IMAGES)
    };
    let recipe = session::recipe(session, |party| prepare(party, &mut matrices[0]));
    let dealer = session::deal(session, &recipe);
    let (prepared, offline) = session::each(session, matrices, prepare);
    let mut batches: Vec<_> = matrices.iter().zip(prepared.into_iter().map(Some)).collect();
    let (_, online) = session::each(session, &mut batches, |party, (matrix, prepared)| {
        online(party, matrix, prepared.take().expect("a prepared batch"), layer)
    });
    [dealer, offline.cpu, online.wall]
}

fn shared<R: Ring>(c: &mut Criterion, name: &str) {
    let mut group = c.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(IMAGES as u64));
    for (name, layer) in layers() {
        let mut session = session::open(2);
        let recipe = session::recipe(&session, |party| setup::<R>(party, &layer));
        session::deal(&mut session, &recipe);
        let setup = |party: &mut _, (): &mut ()| setup::<R>(party, &layer);
        let (mut matrices, _) = session::each(&mut session, &mut [(), ()], setup);
        for (phase, what) in ["dealer", "offline", "online"].into_iter().enumerate() {
            group.bench_function(BenchmarkId::new(name, what), |b| {
                b.iter_custom(|iterations| {
                    (0..iterations).map(|_| batch(&mut session, &mut matrices, &layer)[phase]).sum()
                });
            });
        }
    }
}

fn benches(c: &mut Criterion) {
    clear::<u16>(c, "clear/u16");
    clear::<u32>(c, "clear/u32");
    shared::<Z2<16>>(c, "shared/u16");
    shared::<Z2<32>>(c, "shared/u32");
}

criterion_group!(group, benches);
criterion_main!(group);
