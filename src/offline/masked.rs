//! What is left of a correlation whose mask has been used.

/// A correlation that has masked something and can't mask anything else. Only its last step is left, which takes what was
/// opened.
///
/// Whoever sees two secrets opened under the same mask learns their difference, so masking consumes the correlation.
pub struct Masked<C>(C);

impl<C> Masked<C> {
    pub(crate) fn new(correlation: C) -> Self {
        Self(correlation)
    }

    pub(crate) fn into_inner(self) -> C {
        self.0
    }

    /// The same under another type.
    pub(crate) fn map<D>(self, f: impl FnOnce(C) -> D) -> Masked<D> {
        Masked(f(self.0))
    }
}
