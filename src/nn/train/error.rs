//! Why a model is not trained.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::nn::ModelError;

/// What is wrong with a model, with options, or with data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TrainError {
    /// A layer that has no gradient here.
    Layer {
        /// Its name.
        layer: String,
        /// What it is.
        found: String,
    },
    /// Something of a layer that training does not take.
    Value {
        /// The layer's name.
        layer: String,
        /// What was expected, and what was found.
        reason: String,
    },
    /// Fractional bits that do not fit the ring together.
    Formats {
        /// Of what.
        what: &'static str,
        /// The most bits that fit.
        most: u32,
        /// How many there would be.
        found: u32,
    },
    /// A number outside its range.
    Range {
        /// What number.
        what: &'static str,
        /// The smallest that is taken.
        least: f64,
        /// The largest that is taken.
        most: f64,
        /// What was found.
        found: f64,
    },
    /// A batch of another shape than the network takes.
    Shape {
        /// What has that shape.
        what: &'static str,
        /// What was expected.
        expected: usize,
        /// What was found.
        found: usize,
    },
    /// The model itself is wrong.
    Model(ModelError),
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer { layer, found } => {
                write!(f, "{layer}: expected a layer that can be trained, found {found}")
            }
            Self::Value { layer, reason } => write!(f, "{layer}: {reason}"),
            Self::Formats { what, most, found } => {
                write!(f, "{what}: expected at most {most} bits in all, found {found}")
            }
            Self::Range { what, least, most, found } => {
                write!(f, "{what}: expected {least} to {most}, found {found}")
            }
            Self::Shape { what, expected, found } => write!(f, "{what}: expected {expected}, found {found}"),
            Self::Model(error) => error.fmt(f),
        }
    }
}

impl TrainError {
    /// What others may be told of it: the message without a number that was found, which may be of an example or a weight.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Value { layer, .. } => format!("{layer}: expected other weights or options"),
            Self::Range { what, least, most, .. } => format!("{what}: expected {least} to {most}"),
            Self::Model(_) => "the model: expected another".into(),
            error => error.to_string(),
        }
    }
}

impl core::error::Error for TrainError {}

impl From<ModelError> for TrainError {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}
