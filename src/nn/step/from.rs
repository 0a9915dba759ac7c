//! Earlier values.

/// An earlier value in place of x.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// The number of the value.
    pub value: usize,
}
