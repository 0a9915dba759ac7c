//! Fixed point: the real number x stands for the integer round(x · 2^f) of k bits.

use alloc::vec::Vec;

use super::Ring;

/// Encoder and decoder of reals with `fraction` fractional bits in the ring `R`.
#[derive(Clone, Copy, Debug)]
pub struct FixedPoint<R> {
    fraction: u32,
    ring: core::marker::PhantomData<R>,
}

/// Encoded numbers, and how many of them did not fit.
#[derive(Clone, Debug)]
pub struct Encoded<W> {
    /// The encodings, saturated where a number did not fit.
    pub words: Vec<W>,
    /// How many numbers were saturated or not a number (encoded as zero).
    pub saturated: usize,
}

impl<R: Ring> FixedPoint<R> {
    /// With `fraction` fractional bits.
    pub fn new(fraction: u32) -> Self {
        Self { fraction, ring: core::marker::PhantomData }
    }

    /// The number of fractional bits.
    pub fn fraction(&self) -> u32 {
        self.fraction
    }
}
