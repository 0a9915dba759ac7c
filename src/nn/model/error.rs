//! Why a layer does not fit a model.

use alloc::string::String;
use core::fmt;

use crate::linalg::{SelectionError, WindowError};

/// The most elements of a value.
pub(super) const MOST_ELEMENTS: usize = 1 << 24;

/// Why a layer does not fit a model; `layer` is its name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ModelError {
    /// The name is `input`, which stands for the model's input, or that of an earlier layer.
    Taken {
        /// The layer.
        layer: String,
    },
    /// No earlier layer has the name that the layer refers to.
    Unknown {
        /// The layer.
        layer: String,
        /// What it refers to.
        name: String,
    },
    /// A vector has another length than the shapes ask for.
    Length {
        /// The layer.
        layer: String,
        /// Which vector.
        what: &'static str,
        /// What the shapes ask for.
        expected: usize,
        /// What it has.
        found: usize,
    },
    /// A value has another shape than the layer takes.
    Shape {
        /// The layer.
        layer: String,
        /// Which value.
        what: &'static str,
        /// What the layer takes.
        expected: [usize; 3],
        /// What it was given.
        found: [usize; 3],
    },
    /// A window does not fit its image.
    Window {
        /// The layer.
        layer: String,
        /// Why.
        error: WindowError,
    },
    /// A selection does not fit its image.
    Selection {
        /// The layer.
        layer: String,
        /// Why.
        error: SelectionError,
    },
    /// The groups of a convolution do not divide its channels and outputs.
    Groups {
        /// The layer.
        layer: String,
        /// Channels of the image.
        channels: usize,
        /// Channels of the result.
        outputs: usize,
        /// Groups.
        groups: usize,
    },
    /// A pooling would see nothing but padding at some place.
    Padding {
        /// The layer.
        layer: String,
        /// Height and width of the window.
        size: [usize; 2],
        /// Rows and columns on each side.
        padding: [usize; 2],
    },
    /// A number is infinite or not a number.
    NotFinite {
        /// The layer.
        layer: String,
        /// Which vector it is in.
        what: &'static str,
        /// Its place there.
        place: usize,
        /// What it is.
        found: f32,
    },
    /// The bounds of a clip are in the wrong order.
    Bounds {
        /// The layer.
        layer: String,
        /// The least result.
        low: f32,
        /// The greatest result.
        high: f32,
    },
    /// A value has no elements, or more than [`MOST_ELEMENTS`](crate::nn::Model::MOST_ELEMENTS).
    Elements {
        /// The layer; `input` for the model's input.
        layer: String,
        /// Height, width and channels.
        found: [usize; 3],
    },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { layer } => write!(f, "{layer}: expected a new name, found one that is taken"),
            Self::Unknown { layer, name } => write!(f, "{layer}: expected an earlier layer, found {name:?}"),
            Self::Length { layer, what, expected, found } => {
                write!(f, "{layer}: {what}: expected {expected} elements, found {found}")
            }
            Self::Shape { layer, what, expected, found } => {
                write!(f, "{layer}: {what}: expected {expected:?}, found {found:?}")
            }
            Self::Window { layer, error } => write!(f, "{layer}: {error}"),
            Self::Selection { layer, error } => write!(f, "{layer}: {error}"),
            Self::Groups { layer, channels, outputs, groups } => {
                write!(
                    f,
                    "{layer}: expected groups that divide {channels} channels and {outputs} outputs, "
                )?;
                write!(f, "found {groups}")
            }
            Self::Padding { layer, size, padding } => {
                write!(f, "{layer}: expected a window of {size:?} that sees the image at every place, ")?;
                write!(f, "found padding {padding:?}")
            }
            Self::NotFinite { layer, what, place, found } => {
                write!(f, "{layer}: {what}: expected finite numbers, found {found} in place {place}")
            }
            Self::Bounds { layer, low, high } => {
                write!(f, "{layer}: expected low <= high, found {low} and {high}")
            }
            Self::Elements { layer, found } => {
                write!(f, "{layer}: expected 1 to {MOST_ELEMENTS} elements, found {found:?}")
            }
        }
    }
}

impl core::error::Error for ModelError {}
