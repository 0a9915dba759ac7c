//! ReLUs, which may truncate.

/// max(x, 0) / 2^shift, of values that fit `bits` bits as signed numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relu {
    /// The bit length.
    pub bits: u32,
    /// Bits to truncate by.
    pub shift: u32,
}
