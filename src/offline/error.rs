//! What can go wrong with correlated randomness.

use alloc::string::String;
use core::fmt;

use crate::linalg::WindowError;

/// Why an item can't be dealt or handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A vector or matrix has another shape than expected.
    Shape {
        /// What has that shape.
        what: &'static str,
        /// What was expected.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// A number is outside the range that is accepted.
    Range {
        /// What the number is.
        what: &'static str,
        /// The smallest that is accepted.
        least: u64,
        /// The largest that is accepted.
        most: u64,
        /// What was given.
        found: u64,
    },
    /// A window that does not fit its image.
    Window(WindowError),
    /// An item may need more memory than is allowed.
    Memory {
        /// What was asked for.
        asked: String,
        /// The bytes that are allowed.
        limit: u64,
        /// A bound on the bytes that it needs.
        needed: u64,
    },
    /// A request refers to something that the dealer has not kept.
    NotKept {
        /// Its number.
        number: usize,
        /// How many things have been kept.
        kept: usize,
    },
    /// Everything that was dealt has been used.
    Exhausted {
        /// What was asked for.
        asked: String,
    },
    /// Another item is next.
    Mismatch {
        /// What is next.
        dealt: String,
        /// What was asked for.
        asked: String,
    },
    /// The dealer's correction has another length.
    Correction {
        /// Bytes needed.
        expected: usize,
        /// Bytes there.
        found: usize,
    },
    /// The dealer's correction has padding bits set.
    Padding,
    /// The dealer's correction has a word that is no element of the field.
    Element {
        /// The prime that elements are below.
        prime: u64,
    },
    /// There is no such party.
    NoParty {
        /// The party that was named.
        party: usize,
        /// How many there are.
        parties: usize,
    },
    /// Something belongs to another session.
    Session,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape { what, expected, found } => write!(f, "{what}: expected {expected}, found {found}"),
            Self::Range { what, least, most, found } => {
                write!(f, "{what}: expected {least} to {most}, found {found}")
            }
            Self::Window(error) => error.fmt(f),
            Self::Memory { asked, limit, needed } => {
                write!(f, "{asked}: expected to need at most {limit} bytes, found {needed}")
            }
            Self::NotKept { number, kept } => {
                write!(f, "matrix {number} has no mask of this shape ({kept} matrices are masked)")
            }
            Self::Exhausted { asked } => write!(f, "the store is exhausted: asked for {asked}"),
            Self::Mismatch { dealt, asked } => {
                write!(f, "the store's next item is {dealt}, asked for {asked}")
            }
            Self::Correction { expected, found } => {
                write!(f, "expected {expected} bytes of correction, found {found}")
            }
            Self::Padding => f.write_str("expected zero padding bits in a correction"),
            Self::Element { prime } => {
                write!(f, "expected elements below {prime} in a correction, found a larger word")
            }
            Self::NoParty { party, parties } => {
                write!(f, "expected a party below {parties}, found party {party}")
            }
            Self::Session => f.write_str("expected something of this session, found it to be of another"),
        }
    }
}

impl core::error::Error for Error {}

impl From<WindowError> for Error {
    fn from(error: WindowError) -> Self {
        Self::Window(error)
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
