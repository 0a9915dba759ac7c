//! A kind of correlation, and a request for an item of one.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::rates::DEALT_BYTE;
use super::{Dealing, DecodeError, Error, Reader, Work, Writer, range};

/// A kind of correlation, with everything that the machinery needs to know about it. The implementing type is the shape of
/// what is asked for; its [`Debug`](fmt::Debug) output is one line, for errors and lists.
///
/// A kind also has a type for the party's side, which the machinery does not see: it is made of the
/// [`Source`](super::Source) that a [`Store`](super::Store) hands out, masks, and finishes.
pub trait Kind: Clone + PartialEq + fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe + 'static {
    /// A stable name that no other kind has. Outside this crate, put the package's name in front: `squares.square`.
    const NAME: &'static str;

    /// Checks that this can be dealt to `parties` parties. A shape may come from anywhere, so this must be quick and
    /// allocate nothing, whatever the numbers. Memory is checked separately ([`memory`](Self::memory)).
    ///
    /// # Errors
    /// If it can't be dealt.
    fn check(&self, parties: usize) -> Result<(), Error>;

    /// How many parties get a correction from the dealer (parties 0, 1, …, all the same one), and its length in bytes;
    /// `None` if nobody gets one. `usize::MAX` bytes stand for more than can be addressed.
    fn correction(&self) -> Option<(usize, usize)>;

    /// A bound on the bytes of every vector that dealing or using it allocates, and on the steps of loops that allocate
    /// nothing. By default [64 for each byte](DEALT_BYTE) of the correction.
    fn memory(&self) -> u128 {
        self.correction().map_or(0, |(_, bytes)| bytes as u128 * DEALT_BYTE)
    }

    /// Makes the correction: writes every byte of `out`, which is as long as [`correction`](Self::correction) says.
    /// Called only for shapes that have passed [`check`](Self::check).
    ///
    /// # Errors
    /// If it needs something that has not been dealt before.
    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error>;

    /// Whether [`deal`](Self::deal) [keeps](Dealing::keep) something for later items. What is kept is numbered from 0, in
    /// the order of the items, at the dealer and at the parties ([`Source::number`](super::Source::number)).
    fn keeps(&self) -> bool {
        false
    }

    /// The work of dealing and using it among `parties` parties, for forecasts. By default, an estimate from the bytes of
    /// the correction.
    fn work(&self, parties: usize) -> Work {
        Work::dealt(self.correction().map_or(0, |(_, bytes)| bytes), parties)
    }

    /// Writes the shape.
    fn encode(&self, out: &mut Writer);

    /// Reads what [`encode`](Self::encode) wrote. The shape need not be one that can be dealt.
    ///
    /// # Errors
    /// If the bytes are no shape of this kind.
    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// The bytes that an item may need, by default: 16 GiB.
pub const DEFAULT_LIMIT: u64 = 1 << 34;

/// One item of a recipe: a kind of correlation and its shape.
#[derive(Clone)]
pub struct Request(Arc<dyn AnyKind>);

/// [`Kind`] without what needs the type.
trait AnyKind: fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
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

    /// The shape, if it is of kind K.
    pub fn as_kind<K: Kind>(&self) -> Option<&K> {
        self.0.as_any().downcast_ref()
    }

    /// Checks that it can be dealt to `parties` parties, with at most `limit` bytes for each vector that it allocates.
    ///
    /// # Errors
    /// If it can't be dealt, or may need more memory.
    pub fn check(&self, parties: usize, limit: u64) -> Result<(), Error> {
        self.0.check(parties)?;
        if let Some((recipients, _)) = self.0.correction() {
            range("parties that get a correction", 0, parties as u64, recipients as u64)?;
        }
        let needed = u64::try_from(self.0.memory()).unwrap_or(u64::MAX);
        let limit = limit.min(isize::MAX as u64);
        if needed <= limit { Ok(()) } else { Err(Error::Memory { asked: self.to_string(), limit, needed }) }
    }

    /// How many parties get a correction from the dealer (parties 0, 1, …, all the same one), and its length in bytes;
    /// `None` if nobody gets one.
    pub fn correction(&self) -> Option<(usize, usize)> {
        self.0.correction()
    }

    /// Whether the dealer keeps something of it for later items.
    pub fn keeps(&self) -> bool {
        self.0.keeps()
    }

    /// The work of dealing and using it among `parties` parties.
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
