//! Why bytes are no public model.

use core::fmt;

use crate::function::{PiecewiseError, TableError};
use crate::nn::{ArchitectureError, limits};

/// Why bytes are no [`PublicModel`](super::PublicModel).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicModelError {
    /// The bytes begin with something else than a public model does.
    Magic,
    /// A version that this library does not read.
    Version {
        /// The version that it reads.
        expected: u16,
        /// The version that was found.
        found: u16,
    },
    /// The bytes end too soon.
    Truncated {
        /// The bytes that are needed at least.
        expected: usize,
        /// The bytes that there are.
        found: usize,
    },
    /// Bytes follow the model.
    Trailing {
        /// The bytes that the model takes.
        expected: usize,
        /// The bytes that there are.
        found: usize,
    },
    /// A number outside its range.
    Value {
        /// Which number.
        what: &'static str,
        /// The least that it can be.
        least: i64,
        /// The most that it can be.
        most: i64,
        /// What was found.
        found: i128,
    },
    /// A real number that is infinite, not a number, or a negative zero: which.
    Real(&'static str),
    /// A table does not fit its index.
    Table(TableError),
    /// A function by lines does not fit its nodes.
    Piecewise(PiecewiseError),
    /// The layers do not fit each other.
    Architecture(ArchitectureError),
}

impl fmt::Display for PublicModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("expected the bytes of a public model, found something else"),
            Self::Version { expected, found } => {
                write!(f, "public model: expected version {expected}, found {found}")
            }
            Self::Truncated { expected, found } => {
                write!(f, "public model: expected at least {expected} bytes, found {found}")
            }
            Self::Trailing { expected, found } => {
                write!(f, "public model: expected {expected} bytes, found {found}")
            }
            Self::Value { what, least, most, found } => {
                write!(f, "public model: {what}: expected {least} to {most}, found {found}")
            }
            Self::Real(what) => {
                write!(f, "public model: {what}: expected a finite number, and no negative zero")
            }
            Self::Table(error) => write!(f, "public model: {error}"),
            Self::Piecewise(error) => write!(f, "public model: {error}"),
            Self::Architecture(error) => write!(f, "public model: {error}"),
        }
    }
}

impl core::error::Error for PublicModelError {}

impl From<limits::TooLarge> for PublicModelError {
    fn from(limits::TooLarge { what, most, found }: limits::TooLarge) -> Self {
        Self::Value { what, least: 0, most: most as i64, found: found as i128 }
    }
}
