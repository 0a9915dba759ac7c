//! Why a model cannot be saved.

use alloc::string::String;
use core::fmt;

/// Why a model cannot be saved.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SaveError {
    /// A weight is too large for half precision.
    Range {
        /// The layer.
        layer: String,
        /// The place of the weight, row by row, from 0 on.
        place: usize,
        /// The weight.
        found: f32,
    },
    /// A layer takes or gives the values of an image in an order that PyTorch does not have.
    Order {
        /// The layer.
        layer: String,
    },
    /// The file would be larger than the format allows.
    File {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { layer, place, found } => {
                write!(f, "{layer}: expected weights of at most 65504, found {found} in place {place}")
            }
            Self::Order { layer } => {
                write!(f, "{layer}: expected an image or values of a linear layer, found a flattened image")
            }
            Self::File { reason } => write!(f, "expected a model that fits a file: {reason}"),
        }
    }
}

impl core::error::Error for SaveError {}
