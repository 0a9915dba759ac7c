//! What is left of a correlation whose mask has been used.

/// A correlation that has masked something, and can't mask anything else: only its last step, which
/// takes what was opened, is left.
///
/// A mask that hides two secrets hides neither from whoever sees both openings, so masking consumes
/// the correlation.
pub struct Masked<C>(pub(super) C);
