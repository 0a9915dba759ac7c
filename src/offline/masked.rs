//! What is left of a correlation whose mask has been used.

/// A correlation that has masked something and can't mask anything else. Only its last step is left, which takes what was
/// opened.
///
/// Whoever sees two secrets opened under the same mask learns their difference, so masking consumes the correlation.
pub struct Masked<C>(C);

impl<C> Masked<C> {
    /// For the masking step of a kind, which takes the correlation by value.
    pub fn new(correlation: C) -> Self {
        Self(correlation)
    }

    /// For the last step of a kind.
    pub fn into_inner(self) -> C {
        self.0
    }
}
