//! The time that requests take on one core.
//!
//! Nanoseconds on one core of a machine with AVX-512, VNNI and vector AES, measured as the processor time of two
//! parties in one process and of the dealer, at perceptrons of 784-784-784-784-784-10 and a convolutional network of
//! 32 and 64 filters, of 14 and 20 bits in words of 16 and 32. The times of comparisons are those by which plans are chosen
//! ([`Plan::estimate`](crate::correlation::compare::Plan::estimate)). For these networks, the forecast of a batch was
//! within a third of the measured time, and that of a single image within a half.

use crate::correlation::Request;

/// A pseudorandom byte that is added to something.
const RANDOM: f64 = 0.08;
/// A byte that is packed, or unpacked and added.
const PACKED: f64 = 0.25;
/// An entry of a table that is dealt: rotated and summed.
const ENTRY: f64 = 1.0;
/// A lookup at a party: one block of the generator.
const LOOKUP: f64 = 12.0;
/// A byte of a matrix that is set in the order of the kernels, in memory that is new.
const SET: f64 = 0.8;
/// A round: handing over frames and waking up.
const ROUND: f64 = 10_000.0;
/// A byte of a matrix that comes from memory.
const MATRIX: f64 = 0.04;
/// A byte of an elementwise step.
const STEP: f64 = 0.1;
/// A level of a tree of a distributed comparison.
const LEVEL: f64 = 6.0;
/// Multiply-adds per nanosecond, by the bytes of a word.
const PRODUCTS: [(u32, f64); 5] = [(8, 220.0), (16, 220.0), (32, 100.0), (64, 30.0), (128, 1.0)];

/// Nanoseconds of a party before and after the input is there, and of the dealer.
#[derive(Default)]
pub(super) struct Work {
    pub(super) offline: f64,
    pub(super) online: f64,
    pub(super) dealer: f64,
}

impl Work {
    /// Adds the time of one item among `parties` parties.
    pub(super) fn add(&mut self, request: &Request, parties: usize) {
        let n = parties as f64;
        match request {
            Request::Input { len, elements, .. } => self.online += RANDOM * bytes(elements.word, *len),
            Request::FixedMask { outputs, inputs, elements, .. } => {
                let weights = bytes(elements.word, outputs.saturating_mul(*inputs));
                self.offline += weights * 2.0 * (RANDOM + SET);
                self.dealer += weights * (n * RANDOM + PACKED);
            }
            Request::FixedProduct { .. } => {
                if let Some(product) = Product::of(request) {
                    self.product(&product, n);
                }
            }
            Request::Triple { len, elements } | Request::Select { len, elements } => {
                let vector = bytes(elements.word, *len);
                self.online += vector * (3.0 * RANDOM + 6.0 * STEP);
                self.dealer += vector * (3.0 * n * RANDOM + PACKED + STEP);
            }
            Request::MatrixTriple { rows, inner, columns, elements } => {
                let [rows, inner, columns] = [rows, inner, columns].map(|&size| size as f64);
                let time = rows * inner * columns / rate(elements.word);
                self.online += 2.0 * time;
                let sides = (rows * inner + inner * columns + rows * columns) * f64::from(elements.word / 8);
                self.online += sides * (RANDOM + STEP);
                self.dealer += time + sides * n * RANDOM;
            }
            Request::Lookup { len, table, output } => {
                let entries = len.saturating_mul(table.entries().len());
                self.online += LOOKUP * *len as f64;
                self.dealer += ENTRY * entries as f64 + n * RANDOM * bytes(output.word, entries);
            }
            Request::Compare { len, plan, .. } => {
                let estimate = plan.estimate();
                self.online += estimate.party_ns * *len as f64;
                // Of two parties: half of it is one's randomness, or nearly.
                self.dealer += estimate.dealer_ns * *len as f64 * n / 2.0;
            }
            Request::Dcf { len, input, .. } => {
                let levels = f64::from(input.bits) * *len as f64;
                self.online += LEVEL * levels;
                self.dealer += 4.0 * LEVEL * levels;
            }
            // Bits, and symbols of a prime field: by the bytes that are dealt.
            _ => {
                let dealt = request.correction().map_or(0, |(_, bytes)| bytes) as f64;
                self.online += dealt * (RANDOM + 4.0 * STEP);
                self.dealer += dealt * (n * RANDOM + 4.0 * STEP);
            }
        }
    }

    fn product(&mut self, product: &Product, n: f64) {
        let word = f64::from(product.word / 8);
        let [inputs, outputs, weights] =
            [product.inputs, product.outputs, product.weights].map(|elements| elements as f64 * word);
        let time =
            product.multiply_adds / rate(product.word) + MATRIX * weights + STEP * product.unfolded * word;
        self.offline += time + (inputs + outputs) * RANDOM;
        self.online += time + (inputs + outputs) * STEP;
        self.dealer += time + (inputs + outputs) * n * RANDOM + outputs * PACKED;
    }

    /// Adds the time to pack what is sent and to add what is received.
    pub(super) fn open(&mut self, rounds: u32, sent_bytes: u64, parties: usize) {
        let peers = parties.saturating_sub(1).max(1) as f64;
        self.online += f64::from(rounds) * ROUND;
        self.online += sent_bytes as f64 * PACKED * (1.0 / peers + 1.0);
    }
}

/// The sizes of a product with a fixed matrix, in elements.
pub(super) struct Product {
    pub(super) word: u32,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    weights: usize,
    multiply_adds: f64,
    /// Of a convolution's unfolded images.
    unfolded: f64,
}

impl Product {
    /// Of a request for one.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let Request::FixedProduct { rows, outputs, inputs, groups, elements, window, .. } = request else {
            return None;
        };
        let (places, image) = match window {
            Some(window) => {
                let places = window.places().ok()?;
                let image = window.image.iter().fold(1usize, |all, &size| all.saturating_mul(size));
                (places[0].saturating_mul(places[1]), image)
            }
            None => (1, inputs.saturating_mul(*groups)),
        };
        let products = rows.saturating_mul(places);
        let unfolded = products as f64 * *inputs as f64 * *groups as f64;
        Some(Self {
            word: elements.word,
            inputs: rows.saturating_mul(image),
            outputs: products.saturating_mul(*outputs),
            weights: outputs.saturating_mul(*inputs),
            multiply_adds: products as f64 * *inputs as f64 * *outputs as f64,
            unfolded: if window.is_some() { unfolded } else { 0.0 },
        })
    }
}

fn bytes(word: u32, len: usize) -> f64 {
    f64::from(word / 8) * len as f64
}

fn rate(word: u32) -> f64 {
    PRODUCTS.iter().find(|&&(bits, _)| word <= bits).map_or(1.0, |&(_, rate)| rate)
}

#[cfg(feature = "std")]
pub(super) fn measure_scale() -> f64 {
    use std::time::Instant;
    use std::vec;

    use crate::linalg::{Packed, multiply_add};
    use crate::prg::{Prg, Seed};

    // The least of a few, as whatever else runs only adds.
    let least = |expected: f64, mut f: std::boxed::Box<dyn FnMut()>| {
        let mut time = || {
            let start = Instant::now();
            f();
            start.elapsed().as_secs_f64() * 1e9 / expected
        };
        (0..5).map(|_| time()).fold(f64::INFINITY, f64::min)
    };
    let (rows, size) = (128, 1024);
    let (a, b) = (vec![1u16; rows * size], Packed::zeros(size, size));
    let mut c = vec![0u16; rows * size];
    let expected = (rows * size * size) as f64 / rate(16);
    let products = least(expected, std::boxed::Box::new(move || multiply_add(&a, &b, &mut c)));
    let prg = Prg::new(&Seed::from_bytes([1; 16]));
    let mut words = vec![0u64; 1 << 17];
    let expected = 8.0 * words.len() as f64 * RANDOM;
    let random = least(expected, std::boxed::Box::new(move || prg.add_words(0, 0, &mut words)));
    libm::sqrt(products * random)
}
