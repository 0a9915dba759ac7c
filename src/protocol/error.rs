//! What can go wrong in a protocol.

use core::fmt;

use crate::correlation::StoreError;
use crate::linalg::WindowError;
use crate::net::NetError;

/// An error of a protocol run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The network failed.
    Net(NetError),
    /// The store has not what is asked for.
    Store(StoreError),
    /// A vector or matrix has another shape than the step takes.
    Shape {
        /// What has that shape.
        what: &'static str,
        /// What the step takes.
        expected: usize,
        /// What it was given.
        found: usize,
    },
    /// A number is outside of the range that the step takes.
    Range {
        /// What number.
        what: &'static str,
        /// The smallest that is taken.
        least: u64,
        /// The largest that is taken.
        most: u64,
        /// What it was given.
        found: u64,
    },
    /// A window fits no image.
    Window(WindowError),
    /// The owner of an input gave none, or another party gave one.
    Owner {
        /// Whose input it is.
        owner: usize,
        /// Which party this is.
        party: usize,
    },
    /// A recipe asks for a product with a matrix that has no mask of that shape.
    NoMatrix {
        /// The number of the matrix.
        matrix: usize,
        /// How many matrices have been masked.
        masked: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Window(error) => error.fmt(f),
            Self::Shape { what, expected, found } => write!(f, "{what}: expected {expected}, found {found}"),
            Self::Range { what, least, most, found } => {
                write!(f, "{what}: expected {least} to {most}, found {found}")
            }
            Self::Owner { owner, party } if owner == party => {
                write!(f, "expected party {party}'s values for its own input, found none")
            }
            Self::Owner { owner, party } => {
                write!(f, "expected no values from party {party} for party {owner}'s input")
            }
            Self::NoMatrix { matrix, masked } => {
                write!(f, "matrix {matrix} has no mask of this shape ({masked} matrices are masked)")
            }
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        // The message has the inner error's already.
        match self {
            Self::Net(error) => error.source(),
            _ => None,
        }
    }
}

impl From<NetError> for Error {
    fn from(error: NetError) -> Self {
        Self::Net(error)
    }
}

impl From<WindowError> for Error {
    fn from(error: WindowError) -> Self {
        Self::Window(error)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Checks a shape.
pub(crate) fn shape(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Shape { what, expected, found }) }
}

/// Checks a range, ends included.
pub(crate) fn range(what: &'static str, least: u64, most: u64, found: u64) -> Result<(), Error> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(Error::Range { what, least, most, found }) }
}
