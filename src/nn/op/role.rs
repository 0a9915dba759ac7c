//! What layers do with the value that they take, as far as others care.

/// What a layer does with the value that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::nn) enum Role {
    /// It computes something of its own.
    Function,
    /// It multiplies by weights.
    Product,
    /// Only the value's signs count.
    Sign,
    /// Its result has the same elements, or some of them, and zeros.
    Same,
    /// Its result is another value in place of this one.
    Instead,
    /// Every element of its result is one of the value's.
    Maximum,
    /// Its result has the elements of others, too.
    Joined,
    /// It adds others to it.
    Sum,
    /// It multiplies it by others.
    Factors,
    /// It takes means over windows.
    Mean {
        /// Elements of a window.
        values: usize,
        /// Whether zeros around the image count.
        padded: bool,
    },
}

impl Role {
    /// Whether every element of the result is an element of what it takes, or zero.
    pub(in crate::nn) fn passes(self) -> bool {
        matches!(self, Self::Same | Self::Instead | Self::Maximum | Self::Joined)
    }
}

/// How a model that contains a layer becomes simpler (`model/simplify.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::nn) enum Rule {
    /// It stays as it is.
    Stays,
    /// It does nothing in use, and is left out.
    LeftOut,
    /// It is left out where the order of the elements does not matter to the layers after it.
    OrderOnly,
    /// It is folded into weights before or after it.
    Folded,
    /// It moves before a non-decreasing function, which is applied to fewer values then.
    First,
}
