//! What can go wrong in a protocol.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::correlation::matrix::MatrixId;
use crate::linalg::WindowError;
use crate::net::NetError;
use crate::offline;

/// An error of a protocol run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The network failed.
    Net(NetError),
    /// Correlated randomness can't be dealt, or the store does not have what is asked for.
    Offline(offline::Error),
    /// A vector or matrix has another shape than the operation takes.
    Shape {
        /// What has that shape.
        what: &'static str,
        /// What the operation takes.
        expected: usize,
        /// What it was given.
        found: usize,
    },
    /// A number is outside the range that the operation takes.
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
    /// The owner of an input gave no values, or another party gave some.
    Owner {
        /// Whose input it is.
        owner: usize,
        /// Which party this is.
        party: usize,
    },
    /// Parties compare by different families.
    Family {
        /// The party whose family is not party 0's.
        party: usize,
        /// Party 0's family, and this party's.
        families: [String; 2],
    },
    /// A party or the dealer runs another program: its recipe differs.
    Recipe {
        /// Whose recipe it is; the number of parties for the dealer.
        party: usize,
        /// The digest of the recipe here.
        expected: [u8; 32],
        /// The digest of the other.
        found: [u8; 32],
    },
    /// A party's correlations are of another session than the dealer's.
    Session {
        /// The party.
        party: usize,
    },
    /// A party has come to another item of the session than the dealer: one of them has not skipped what was dealt before.
    Position {
        /// The party.
        party: usize,
        /// The number of the dealer's next item.
        expected: u64,
        /// The number of the party's.
        found: u64,
    },
    /// Something went wrong in a layer of a network.
    Layer {
        /// Its name.
        layer: String,
        /// What went wrong.
        error: Box<Error>,
    },
    /// What is wrong with a training step.
    Training(String),
    /// What is wrong with a party's own data or weights: numbers in it are no others' concern.
    Own {
        /// The message.
        reason: String,
        /// What others are told.
        told: String,
    },
    /// A product was prepared for another matrix.
    Matrix {
        /// The matrix that it was prepared for.
        expected: MatrixId,
        /// The matrix that was given.
        found: MatrixId,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(error) => error.fmt(f),
            Self::Offline(error) => error.fmt(f),
            Self::Window(error) => error.fmt(f),
            Self::Layer { layer, error } => write!(f, "{layer}: {error}"),
            Self::Training(reason) | Self::Own { reason, .. } => f.write_str(reason),
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
            Self::Family { party, families: [zero, other] } => {
                write!(
                    f,
                    "families of comparisons differ: party 0 compares by {zero:?}, party {party} by {other:?}"
                )
            }
            Self::Recipe { party, expected, found } => {
                let [expected, found] = [expected, found]
                    .map(|digest| u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]));
                write!(f, "party {party} runs another program: ")?;
                write!(f, "expected a recipe of digest {expected:08x}…, found {found:08x}…")
            }
            Self::Session { party } => {
                write!(f, "party {party}: expected a store of the dealer's session, found one of another")
            }
            Self::Position { party, expected, found } => {
                write!(
                    f,
                    "party {party}: expected a store whose next item is number {expected}, as the dealer's, "
                )?;
                write!(f, "found number {found}")
            }
            Self::Matrix { expected, found } if expected.session == found.session => {
                let (expected, found) = (expected.number, found.number);
                write!(f, "product with a matrix: prepared for matrix {expected}, found matrix {found}")
            }
            Self::Matrix { .. } => {
                f.write_str("product with a matrix: prepared for a matrix of another session")
            }
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        // The message has the inner error's already.
        match self {
            Self::Net(error) => error.source(),
            Self::Layer { error, .. } => error.source(),
            _ => None,
        }
    }
}

impl Error {
    /// The same, with the layer in which it happened.
    pub(crate) fn within(self, layer: &str) -> Self {
        Self::Layer { layer: layer.into(), error: Box::new(self) }
    }

    /// What the others are told when a party or the dealer fails.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Net(error) => error.reason().to_string(),
            Self::Layer { layer, error } => format!("{layer}: {}", error.reason()),
            Self::Own { told, .. } => told.clone(),
            error => error.to_string(),
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

impl From<offline::Error> for Error {
    fn from(error: offline::Error) -> Self {
        Self::Offline(error)
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
