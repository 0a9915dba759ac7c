//! Products with public numbers.

/// x times a public number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The number.
    pub factor: i64,
}
