//! A kind of correlation, and a request for an item of one.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;

use super::rates::DEALT_BYTE;
use super::{Dealing, DecodeError, Error, Reader, Work, Writer};

/// A kind of correlation: the shape of what is asked for, as a type, with everything that the machinery needs to
/// know of it. Implemented for the shape, whose [`Debug`](fmt::Debug) is one line for errors and lists.
///
/// Beside it a kind has what no machinery asks for: a type for the party's side that is taken from a
/// [`Store`](super::Store) by a [`Source`](super::Source), masks, and finishes.
pub trait Kind: Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// A stable name that no other kind has; outside this crate with the package's name in front, as `squares.square`.
    const NAME: &'static str;

    /// Whether this can be dealt to `parties` parties. A shape may come from anywhere: this is quick and allocates
    /// nothing, whatever the numbers. Memory is checked apart ([`memory`](Self::memory)).
    ///
    /// # Errors
    /// If it can't be dealt.
    fn check(&self, parties: usize) -> Result<(), Error>;

    /// How many parties get a correction from the dealer (the first so many, all the same one) and of how many
    /// bytes; `None` if nobody does. `usize::MAX` bytes stand for more than can be addressed.
    fn correction(&self) -> Option<(usize, usize)>;

    /// A bound on the bytes of each vector that dealing or using it takes, and on the steps of a loop that takes
    /// nothing else. By default [64 for each byte](DEALT_BYTE) of the correction.
    fn memory(&self) -> u128 {
        self.correction().map_or(0, |(_, bytes)| bytes as u128 * DEALT_BYTE)
    }

    /// Makes the correction: writes every byte of `out`, which is as long as [`correction`](Self::correction) says.
    /// Only for shapes that have been checked.
    ///
    /// # Errors
    /// If it needs something that was not dealt before.
    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error>;

    /// Whether [`deal`](Self::deal) [keeps](Dealing::keep) something for items to come. What is kept is numbered in
    /// the order of the items, from 0, at the dealer and at the parties ([`Source::number`](super::Source::number)).
    fn keeps(&self) -> bool {
        false
    }

    /// What it takes of a core, for forecasts among `parties` parties. By default what the bytes of the correction
    /// suggest.
    fn work(&self, parties: usize) -> Work {
        Work::dealt(self.correction().map_or(0, |(_, bytes)| bytes), parties)
    }

    /// Writes the shape.
    fn encode(&self, out: &mut Writer);

    /// Reads what [`encode`](Self::encode) wrote. It need not be a shape that can be dealt.
    ///
    /// # Errors
    /// If the bytes are no shape of this kind.
    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// The bytes that an item may need unless its user says otherwise: 16 GiB.
pub const DEFAULT_LIMIT: u64 = 1 << 34;

/// One item of a recipe: a kind of correlation and its shape.
#[derive(Clone)]
pub struct Request(Arc<dyn AnyKind>);

/// [`Kind`] without what needs the type.
trait AnyKind: fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn check(&self, parties: usize) -> Result<(), Error>;
    fn correction(&self) -> Option<(usize, usize)>;
    fn memory(&self) -> u128;
    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error>;
    fn keeps(&self) -> bool;
    fn work(&self, parties: usize) -> Work;
    fn encode(&self, out: &mut Writer);
    fn equals(&self, other: &dyn Any) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<K: Kind> AnyKind for K {
    fn name(&self) -> &'static str {
        K::NAME
    }
    fn check(&self, parties: usize) -> Result<(), Error> {
        Kind::check(self, parties)
    }
    fn correction(&self) -> Option<(usize, usize)> {
        Kind::correction(self)
    }
    fn memory(&self) -> u128 {
        Kind::memory(self)
    }
    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        Kind::deal(self, dealing, out)
    }
    fn keeps(&self) -> bool {
        Kind::keeps(self)
    }
    fn work(&self, parties: usize) -> Work {
        Kind::work(self, parties)
    }
    fn encode(&self, out: &mut Writer) {
        Kind::encode(self, out);
    }
    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<K: Kind> From<K> for Request {
    fn from(kind: K) -> Self {
        Self(Arc::new(kind))
    }
}

impl Request {
    /// The name of its kind.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The shape, if it is of the kind K.
    pub fn as_kind<K: Kind>(&self) -> Option<&K> {
        self.0.as_any().downcast_ref()
    }

    /// Whether it can be dealt to `parties` parties, with at most `limit` bytes for each vector that it takes.
    ///
    /// # Errors
    /// If it can't.
    pub fn check(&self, parties: usize, limit: u64) -> Result<(), Error> {
        self.0.check(parties)?;
        let needed = u64::try_from(self.0.memory()).unwrap_or(u64::MAX);
        let limit = limit.min(isize::MAX as u64);
        if needed <= limit { Ok(()) } else { Err(Error::Memory { asked: self.clone(), limit, needed }) }
    }

    /// How many parties get a correction from the dealer (the first so many, all the same one) and of how many
    /// bytes; `None` if nobody does.
    pub fn correction(&self) -> Option<(usize, usize)> {
        self.0.correction()
    }

    /// Whether the dealer keeps something of it for items to come.
    pub fn keeps(&self) -> bool {
        self.0.keeps()
    }

    /// What it takes of a core among `parties` parties.
    pub fn work(&self, parties: usize) -> Work {
        self.0.work(parties)
    }

    pub(super) fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        self.0.deal(dealing, out)
    }

    /// The shape as bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.0.encode(&mut out);
        out.finish()
    }
}

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(other.0.as_any())
    }
}

impl Eq for Request {}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
