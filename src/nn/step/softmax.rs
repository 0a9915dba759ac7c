//! Softmaxes.

/// exp(x_c) / Σ exp(x_j) over rows of `classes` values, with `fraction` fractional bits before and after; all
/// differences within a row fit `bits` bits as signed numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// Values of a row.
    pub classes: usize,
    /// The bit length.
    pub bits: u32,
    /// Fractional bits of x and of the result.
    pub fraction: u32,
}
