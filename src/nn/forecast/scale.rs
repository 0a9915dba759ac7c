//! How fast this machine is, beside the one that the rates were measured on.

use std::time::Instant;
use std::vec;

use crate::linalg::{Packed, multiply_add};
use crate::offline::rates;
use crate::prg::{Prg, Seed};

/// By a matrix product and by pseudorandom bytes, some milliseconds of each.
pub(super) fn measure() -> f64 {
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
    let expected = (rows * size * size) as f64 / rates::products(16);
    let products = least(expected, std::boxed::Box::new(move || multiply_add(&a, &b, &mut c)));
    let prg = Prg::new(&Seed::from_bytes([1; 16]));
    let mut words = vec![0u64; 1 << 17];
    let expected = 8.0 * words.len() as f64 * rates::RANDOM;
    let random = least(expected, std::boxed::Box::new(move || prg.add_words(0, 0, &mut words)));
    libm::sqrt(products * random)
}
