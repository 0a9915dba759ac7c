//! Truncations.

/// x / 2^shift, of values that fit `bits` bits as signed numbers and are correct modulo 2^(bits + 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncate {
    /// The bit length.
    pub bits: u32,
    /// Bits to truncate by.
    pub shift: u32,
}
