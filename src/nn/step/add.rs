//! Sums of two values.

/// x plus an earlier value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Add {
    /// The number of the value.
    pub value: usize,
}
