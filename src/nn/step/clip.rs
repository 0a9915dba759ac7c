//! Clips.

/// min(max(x, low), high), of values for which x − low and x − high fit `bits` bits as signed numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// The bit length.
    pub bits: u32,
    /// The least result.
    pub low: i64,
    /// The greatest result.
    pub high: i64,
}
