//! What is left of a correlation whose mask has been used.

/// A correlation that has masked something, and can't mask anything else: only its last step, which
/// takes what was opened, is left.
///
/// A mask that hides two secrets hides neither from whoever sees both openings, so masking consumes
/// the correlation.
pub struct Masked<C>(C);

impl<C> Masked<C> {
    /// For a kind's own masking step, which takes the correlation by value.
    pub fn new(correlation: C) -> Self {
        Self(correlation)
    }

    /// For a kind's own last step.
    pub fn into_inner(self) -> C {
        self.0
    }
}
