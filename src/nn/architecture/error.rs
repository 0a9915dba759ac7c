//! Why layers make no architecture.

use core::fmt;

use crate::linalg::{SelectionError, WindowError};

/// Why layers make no architecture. Layers are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchitectureError {
    /// The first layer does not say how wide the input is.
    NoLinear,
    /// A layer takes another number of elements than the one before it gives.
    Inputs {
        /// The layer.
        layer: usize,
        /// What the layer before gives.
        expected: usize,
        /// What the layer takes.
        found: usize,
    },
    /// A layer has no elements.
    Empty {
        /// The layer.
        layer: usize,
    },
    /// A layer takes more bits than are correct, or a number of bits that it cannot have.
    Bits {
        /// The layer.
        layer: usize,
        /// The most that it can take.
        most: u32,
        /// What it takes.
        found: u32,
    },
    /// A truncation leaves no bits.
    Shift {
        /// The layer.
        layer: usize,
        /// The most that it can truncate by.
        most: u32,
        /// What it truncates by.
        found: u32,
    },
    /// A softmax has more fractional bits than fit.
    Fraction {
        /// The layer.
        layer: usize,
        /// The most that fit.
        most: u32,
        /// What it has.
        found: u32,
    },
    /// A window does not fit its image.
    Window {
        /// The layer.
        layer: usize,
        /// Why.
        error: WindowError,
    },
    /// Some place of a pooling's window sees nothing but padding.
    Padding {
        /// The layer.
        layer: usize,
        /// The most rows or columns of padding.
        most: usize,
        /// What it has.
        found: usize,
    },
    /// The groups of a convolution do not divide its channels and outputs.
    Groups {
        /// The layer.
        layer: usize,
        /// The groups.
        groups: usize,
        /// Channels of the image.
        channels: usize,
        /// Channels of the result.
        outputs: usize,
    },
    /// A layer refers to a value that does not exist yet.
    Value {
        /// The layer.
        layer: usize,
        /// The last value that exists.
        most: usize,
        /// The value that it takes.
        found: usize,
    },
    /// The classes of a softmax do not divide the values, or are too many.
    Classes {
        /// The layer.
        layer: usize,
        /// Elements of the value.
        elements: usize,
        /// Classes of a row.
        found: usize,
    },
    /// A clip between ends that are not in order.
    Ends {
        /// The layer.
        layer: usize,
        /// The least result.
        low: i64,
        /// The greatest result.
        high: i64,
    },
    /// A table of pairs of numbers, where a layer looks up single numbers.
    Pairs {
        /// The layer.
        layer: usize,
    },
    /// A selection that fits no image.
    Selection {
        /// The layer.
        layer: usize,
        /// Why.
        error: SelectionError,
    },
    /// Families of comparisons for another number of layers than there are.
    Comparisons {
        /// The layers.
        expected: usize,
        /// The families.
        found: usize,
    },
    /// Legendre symbols for a layer that is no sign.
    Symbols {
        /// The layer.
        layer: usize,
    },
    /// The number of elements overflows.
    Overflow {
        /// The layer.
        layer: usize,
    },
}

impl fmt::Display for ArchitectureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLinear => f.write_str("layer 0: expected a linear layer, a convolution or a pooling"),
            Self::Inputs { layer, expected, found } => {
                write!(f, "layer {layer}: expected {expected} inputs, found {found}")
            }
            Self::Empty { layer } => write!(f, "layer {layer}: expected inputs and outputs, found none"),
            Self::Bits { layer, most, found } => {
                write!(f, "layer {layer}: expected 2 to {most} bits, found {found}")
            }
            Self::Shift { layer, most, found } => {
                write!(f, "layer {layer}: expected a shift of 0 to {most}, found {found}")
            }
            Self::Fraction { layer, most, found } => {
                write!(f, "layer {layer}: expected 0 to {most} fractional bits, found {found}")
            }
            Self::Window { layer, error } => write!(f, "layer {layer}: {error}"),
            Self::Selection { layer, error } => write!(f, "layer {layer}: {error}"),
            Self::Padding { layer, most, found } => {
                write!(f, "layer {layer}: expected at most {most} rows or columns of padding, found {found}")
            }
            Self::Groups { layer, groups, channels, outputs } => write!(
                f,
                "layer {layer}: expected groups that divide {channels} channels and {outputs} outputs, found {groups}"
            ),
            Self::Value { layer, most, found } => {
                write!(f, "layer {layer}: expected a value of number 0 to {most}, found {found}")
            }
            Self::Classes { layer, elements, found } => write!(
                f,
                "layer {layer}: expected 1 to 4096 classes that divide {elements} elements, found {found}"
            ),
            Self::Ends { layer, low, high } => {
                write!(f, "layer {layer}: expected a low end below the high one, found {low} and {high}")
            }
            Self::Pairs { layer } => {
                write!(f, "layer {layer}: expected a table of one number, found one of two")
            }
            Self::Comparisons { expected, found } => {
                write!(
                    f,
                    "families of comparisons: expected one for each of {expected} layers, found {found}"
                )
            }
            Self::Symbols { layer } => {
                write!(
                    f,
                    "layer {layer}: expected a sign, for which there are Legendre symbols, found another layer"
                )
            }
            Self::Overflow { layer } => {
                write!(f, "layer {layer}: expected elements that can be counted, found more")
            }
        }
    }
}

impl core::error::Error for ArchitectureError {}
