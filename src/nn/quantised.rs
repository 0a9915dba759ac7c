//! A model in fixed point.

use alloc::vec::Vec;

/// How the result of a layer is held: integers, the real value times 2^fraction, which fit `bits` bits as signed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Fractional bits.
    pub fraction: u32,
    /// Bits of the values, the sign's included.
    pub bits: u32,
}

/// The formats of a whole model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formats {
    /// Of the input.
    pub input: Format,
    /// Of every layer's result.
    pub layers: Vec<Format>,
}
