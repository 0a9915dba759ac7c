//! What is wrong with formats, and what did not fit them.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::difference::Cause;
use crate::nn::ArchitectureError;

/// A value that does not fit the bits that its layer declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// The layer's name.
    pub layer: String,
    /// The value.
    pub value: i128,
    /// The declared bits.
    pub bits: u32,
    /// The bits that it needs.
    pub needed: u32,
}

/// Why a model has no such fixed point form.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum QuantiseError {
    /// The number of some things is wrong.
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// No images to calibrate on.
    NoImages,
    /// The model has no map from pixels to numbers.
    NoPixels,
    /// A number of an image that is not finite.
    NotFinite {
        /// The image.
        image: usize,
        /// The place within it.
        place: usize,
    },
    /// A number of an image that does not fit the input's format.
    Outside {
        /// The image.
        image: usize,
        /// The place within it.
        place: usize,
        /// The number.
        value: f32,
        /// The least and the greatest number that fit.
        range: [f32; 2],
    },
    /// A fraction in an image for a model of whole numbers: its input has no fractional bits.
    NotWhole {
        /// The image.
        image: usize,
        /// The place within it.
        place: usize,
        /// The number.
        value: f32,
    },
    /// An option outside its range.
    Option {
        /// Its name.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: f64,
    },
    /// A layer's result with too many or too few fractional bits.
    Fraction {
        /// The layer's name.
        layer: String,
        /// The fewest that it can have.
        least: u32,
        /// The most that it can have.
        most: u32,
        /// What was found.
        found: u32,
    },
    /// A layer's result of too many or too few bits.
    Bits {
        /// The layer's name.
        layer: String,
        /// The fewest that it can have.
        least: u32,
        /// The most that it can have.
        most: u32,
        /// What was found.
        found: u32,
    },
    /// A weight that does not fit 32 bits in its format.
    Weight {
        /// The layer's name.
        layer: String,
        /// The weight.
        value: f32,
        /// Its fractional bits.
        fraction: u32,
    },
    /// A layer whose results are too large for the bits that all layers are to have.
    Range {
        /// The layer's name.
        layer: String,
        /// The greatest magnitude on the images.
        largest: f32,
        /// The bits.
        bits: u32,
    },
    /// No bits keep as many classes, or come as near to as many outputs, as they should.
    Agreement {
        /// Whether classes were compared; otherwise outputs were.
        classes: bool,
        /// The part of the images whose outputs are to be good enough.
        expected: f64,
        /// The part that does.
        found: f64,
        /// The bits at which it does.
        bits: u32,
        /// Where the outputs part from the real ones, and what would help.
        cause: Box<Cause>,
    },
    /// A value that overflows on the images.
    Overflow(Overflow),
    /// The integer program fits no ring.
    Architecture(ArchitectureError),
}

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, value, bits, needed } = self;
        write!(f, "layer `{layer}`: expected a value of at most {bits} bits, found {value} of {needed}")
    }
}

impl core::error::Error for Overflow {}

impl fmt::Display for QuantiseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { what, expected, found } => write!(f, "{what}: expected {expected}, found {found}"),
            Self::NoPixels => f.write_str("expected a map from pixels to numbers, found none"),
            Self::NoImages => f.write_str("images to calibrate on: expected at least one, found none"),
            Self::NotFinite { image, place } => {
                write!(f, "image {image}, place {place}: expected a finite number, found another")
            }
            Self::Outside { image, place, value, range: [low, high] } => {
                write!(
                    f,
                    "image {image}, place {place}: expected a number from {low} to {high}, found {value}"
                )
            }
            Self::NotWhole { image, place, value } => {
                write!(
                    f,
                    "image {image}, place {place}: expected a whole number, as all were that the model was \
                     calibrated on, found {value}"
                )
            }
            Self::Option { name, expected, found } => write!(f, "{name}: expected {expected}, found {found}"),
            Self::Fraction { layer, least, most, found } => {
                write!(f, "layer `{layer}`: expected {least} to {most} fractional bits, found {found}")
            }
            Self::Bits { layer, least, most, found } => {
                write!(f, "layer `{layer}`: expected {least} to {most} bits, found {found}")
            }
            Self::Weight { layer, value, fraction } => {
                write!(
                    f,
                    "layer `{layer}`: expected weights of at most 32 bits, found {value} with {fraction} fractional bits"
                )
            }
            Self::Range { layer, largest, bits } => {
                write!(
                    f,
                    "layer `{layer}`: expected results of at most {bits} bits, found some up to {largest}"
                )
            }
            Self::Agreement { classes, expected, found, bits, cause } => {
                let what = if *classes { "keep their class" } else { "have the outputs of the real model" };
                write!(
                    f,
                    "expected {expected} of the images to {what}, found {found} at {bits} bits; {cause}"
                )
            }
            Self::Overflow(overflow) => overflow.fmt(f),
            Self::Architecture(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for QuantiseError {}

impl From<Overflow> for QuantiseError {
    fn from(overflow: Overflow) -> Self {
        Self::Overflow(overflow)
    }
}

impl From<ArchitectureError> for QuantiseError {
    fn from(error: ArchitectureError) -> Self {
        Self::Architecture(error)
    }
}
