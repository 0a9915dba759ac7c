//! Formats of numbers in fixed point.

use alloc::vec::Vec;

use crate::ring::power_of_two;

/// How real numbers are held as integers: the real number times 2^fraction, rounded, which fits `bits` bits as a signed
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Fractional bits.
    pub fraction: u32,
    /// Bits of the values, sign bit included. For a ReLU: the width of its output; the width of its input is that of the
    /// layer before. For a maximum: the width of the differences that it compares, which may be greater than that of its
    /// output.
    pub bits: u32,
}

/// The formats of a whole model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formats {
    /// Of the input.
    pub input: Format,
    /// Of every layer's result, in the order of [`Quantised::model`](super::Quantised::model). A linear layer or
    /// convolution from f_in to f_out fractional bits has weights of f_out − f_in fractional bits.
    pub layers: Vec<Format>,
}

/// The real number that an integer stands for.
pub(super) fn real(x: i64, fraction: u32) -> f32 {
    (x as f64 * power_of_two(-(fraction as i32))) as f32
}

/// The least number of bits that hold a signed number.
pub(super) fn width(x: i128) -> u32 {
    129 - (x ^ x >> 127).leading_zeros()
}

/// Bits of the smallest machine word of at least `bits` bits, 16 or more.
pub(super) fn word(bits: u32) -> u32 {
    bits.next_power_of_two().max(16)
}

/// The least I with x < 2^(I−1).
pub(in crate::nn) fn integer_bits(x: f64) -> i32 {
    // Values that are nearly zero get no more fractional bits than this.
    libm::floor(libm::log2(x.max(power_of_two(-16)))) as i32 + 2
}

/// The fewest fractional bits, at most `most`, that hold all numbers exactly, or else `most`.
pub(in crate::nn) fn exact_fraction(numbers: &[f32], most: u32) -> u32 {
    let is_exact = |&fraction: &u32| {
        let unit = power_of_two(fraction as i32);
        numbers.iter().all(|&x| libm::floor(f64::from(x) * unit) == f64::from(x) * unit)
    };
    (0..most).find(is_exact).unwrap_or(most)
}
