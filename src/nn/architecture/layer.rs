//! What is known of values.

use crate::nn::{Layer, step};

impl Layer {
    /// Elements of a row that it takes, where its shape says so.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Layer::Linear(step::Linear { inputs, .. }) => Some(*inputs),
            Layer::Convolution(step::Convolution { window, .. })
            | Layer::MaxPool(step::MaxPool { window, .. })
            | Layer::SumPool(step::SumPool { window }) => {
                window.image.iter().try_fold(1usize, |all, &size| all.checked_mul(size))
            }
            _ => None,
        }
    }
}

/// What is known of a value in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// Elements of a row.
    pub(super) elements: usize,
    /// Low bits that are correct.
    pub(super) right: u32,
}
