//! Signs.

/// +1 where x ≥ 0, else −1, of values that fit `bits` bits as signed numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// The bit length.
    pub bits: u32,
}
