//! Requests and recipes as bytes.
//!
//! Numbers take eight bytes, little-endian. Reading is strict: it never reads beyond the end, leaves nothing unread, and
//! allocates no more than there are bytes to read, whatever lengths they claim.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::Error;
use crate::ring::PackError;

/// Writes the shape of a request.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// A number.
    pub fn number(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Bytes, with their length in front.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
    }

    /// What has been written.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads the shape of a request.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// A number.
    ///
    /// # Errors
    /// If the bytes end.
    pub fn number(&mut self) -> Result<u64, DecodeError> {
        let found = self.0.len();
        let (raw, rest) = self.0.split_first_chunk().ok_or(DecodeError::Short { expected: 8, found })?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*raw))
    }

    /// A number of elements, which fits `usize`.
    ///
    /// # Errors
    /// If the bytes end, or the number is too large.
    pub fn size(&mut self) -> Result<usize, DecodeError> {
        let found = self.number()?;
        found.try_into().map_err(|_| DecodeError::Number { most: usize::MAX as u64, found })
    }

    /// A number that fits 32 bits.
    ///
    /// # Errors
    /// If the bytes end, or the number is larger.
    pub fn small(&mut self) -> Result<u32, DecodeError> {
        let found = self.number()?;
        found.try_into().map_err(|_| DecodeError::Number { most: u32::MAX.into(), found })
    }

    /// The number of things that follow, each of which takes at least `each` bytes.
    ///
    /// # Errors
    /// If the bytes end, or too few are left for so many.
    pub fn count(&mut self, each: usize) -> Result<usize, DecodeError> {
        let found = self.number()?;
        let most = (self.0.len() / each.max(1)) as u64;
        if found > most { Err(DecodeError::Number { most, found }) } else { Ok(found as usize) }
    }

    /// Bytes with their length in front.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.count(1)?;
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        Ok(bytes)
    }

    /// The next `len` bytes, as they are.
    pub(crate) fn raw(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let found = self.0.len();
        let (raw, rest) = self.0.split_at_checked(len).ok_or(DecodeError::Short { expected: len, found })?;
        self.0 = rest;
        Ok(raw)
    }

    /// Bytes that are left.
    pub(crate) fn left(&self) -> usize {
        self.0.len()
    }

    /// Something that takes itself off the front.
    pub(crate) fn part<T>(
        &mut self,
        take: impl FnOnce(&mut &'a [u8]) -> Result<T, PackError>,
    ) -> Result<T, DecodeError> {
        take(&mut self.0).map_err(|_| DecodeError::Shape { what: "elements" })
    }

    /// Ends reading.
    ///
    /// # Errors
    /// If bytes are left.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::Left { bytes: self.0.len() }) }
    }
}

/// Why bytes are no recipe, or no state of a party.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end too soon.
    Short {
        /// Bytes that should come next.
        expected: usize,
        /// Bytes that are left.
        found: usize,
    },
    /// Bytes are left behind the end.
    Left {
        /// How many.
        bytes: usize,
    },
    /// A number is too large.
    Number {
        /// The largest that is accepted.
        most: u64,
        /// The number that was found.
        found: u64,
    },
    /// They do not begin as they should.
    Magic,
    /// The recipe has another version.
    Version {
        /// The version that is read.
        expected: u64,
        /// The version that was found.
        found: u64,
    },
    /// A kind of correlation that the registry does not have.
    Kind {
        /// Its name.
        name: String,
    },
    /// A shape that is malformed for its kind.
    Shape {
        /// What has that shape.
        what: &'static str,
    },
    /// A request that can't be dealt, or its correction.
    Request(Error),
    /// They belong to something else: another party, session, model, ….
    Belongs {
        /// What differs.
        what: &'static str,
    },
    /// They have been changed: their digest differs.
    Digest,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { expected, found } => {
                write!(f, "expected {expected} more bytes, found {found}")
            }
            Self::Left { bytes } => write!(f, "expected the end, found {bytes} more bytes"),
            Self::Number { most, found } => {
                write!(f, "expected a number up to {most}, found {found}")
            }
            Self::Magic => f.write_str("expected other bytes at the beginning"),
            Self::Version { expected, found } => {
                write!(f, "expected version {expected}, found {found}")
            }
            Self::Kind { name } => write!(f, "no kind of correlation is called {name:?} here"),
            Self::Shape { what } => write!(f, "malformed {what}"),
            Self::Request(error) => error.fmt(f),
            Self::Belongs { what } => write!(f, "expected the state of this {what}, found that of another"),
            Self::Digest => f.write_str("expected bytes as they were written, found them changed"),
        }
    }
}

impl core::error::Error for DecodeError {}
