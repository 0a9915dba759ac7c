//! How much CPU time items take, for forecasts.
//!
//! Nanoseconds on one core of a machine with AVX-512, VNNI and vector AES, measured as the CPU time of two parties in one
//! process and of the dealer, with perceptrons of 784-784-784-784-784-10 and a convolutional network of 32 and 64 filters,
//! at 14 and 20 bits in words of 16 and 32. There, the forecast for a batch was within a third of what was measured, and
//! that for a single image within a half.

use core::ops::AddAssign;

/// A pseudorandom byte that is added to something.
pub const RANDOM: f64 = 0.08;
/// A byte that is packed, or unpacked and added.
pub const PACKED: f64 = 0.25;
/// A byte of a matrix that is written in the order of the kernels, to fresh memory.
pub const SET: f64 = 0.8;
/// A round: handing over frames and waking up.
pub const ROUND: f64 = 10_000.0;
/// A byte of an elementwise step.
pub const STEP: f64 = 0.1;

/// Bytes of memory that a kind may take for each byte of its correction, by default.
pub const DEALT_BYTE: u128 = 64;
/// Bytes of memory that an element may take: a line of a packed matrix may hold as little as one.
pub const ELEMENT: u128 = 64;

/// Multiply-adds per nanosecond of a matrix product, by the bits of a word.
pub fn products(word: u32) -> f64 {
    match word {
        ..=16 => 220.0,
        17..=32 => 100.0,
        33..=64 => 30.0,
        _ => 1.0,
    }
}

/// The same of the products of a gradient: modulo 2^52 the instructions for 52 bits do them, and of weights that are truncated most are
/// of 32 bits.
pub fn gradients(word: u32, bits: u32) -> f64 {
    if word == 64 && bits <= 52 { 44.0 } else { products(word) }
}

/// CPU nanoseconds of a party before and after the input is known, and of the dealer; and bytes held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Nanoseconds of a party before the input is known.
    pub offline: f64,
    /// Nanoseconds of a party once it is known.
    pub online: f64,
    /// Nanoseconds of the dealer.
    pub dealer: f64,
    /// Bytes that party 0 holds besides the correction: what it expands before the input is known.
    pub expanded: u64,
}

impl Work {
    /// An estimate from the bytes of the correction: each is made of every party's randomness and used in a few steps.
    pub fn dealt(bytes: usize, parties: usize) -> Self {
        let (bytes, n) = (bytes as f64, parties as f64);
        Self {
            online: bytes * (RANDOM + 4.0 * STEP),
            dealer: bytes * (n * RANDOM + 4.0 * STEP),
            ..Self::default()
        }
    }

    /// An elementwise step on vectors of so many bytes, with three vectors of randomness.
    pub fn elementwise(bytes: u64, parties: usize) -> Self {
        let (bytes, n) = (bytes as f64, parties as f64);
        Self {
            online: bytes * (3.0 * RANDOM + 6.0 * STEP),
            dealer: bytes * (3.0 * n * RANDOM + PACKED + STEP),
            ..Self::default()
        }
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.offline += other.offline;
        self.online += other.online;
        self.dealer += other.dealer;
        self.expanded = self.expanded.saturating_add(other.expanded);
    }
}
