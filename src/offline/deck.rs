//! The dealer's work without its network: from seeds and requests to corrections.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::any::Any;

use super::{DEFAULT_LIMIT, Dealing, Error, Recipe, Request, Seeds, SessionTag, shape};
use crate::prg::Prg;
use crate::secret::{Scratch, wipe};

/// Makes the corrections of one session, request by request. It knows no network, so it serves dealers under any.
///
/// It knows every party's seeds, so whoever holds it and colludes with one party can read everything. Two decks that deal
/// from the same position of the same seeds use every mask twice: a deck that continues where another stopped must
/// [skip](Self::skip) what that one dealt.
pub struct Deck {
    prgs: Vec<Prg>,
    session: SessionTag,
    /// The number of the next item.
    next: u64,
    /// What is kept for later items, such as masks of matrices.
    kept: Vec<Box<dyn Any + Send>>,
    limit: u64,
}

impl Deck {
    /// A deck for the parties that hold these seeds, which must be fresh: see [`Seeds::derive`].
    ///
    /// # Errors
    /// If there are no parties.
    pub fn new(seeds: &Seeds) -> Result<Self, Error> {
        super::range("parties", 1, u16::MAX.into(), seeds.parties() as u64)?;
        let prgs = seeds.own().map(|seed| Prg::new(&seed)).collect();
        Ok(Self { prgs, session: seeds.tag(), next: 0, kept: Vec::new(), limit: DEFAULT_LIMIT })
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.prgs.len()
    }

    /// The session's tag.
    pub fn session(&self) -> SessionTag {
        self.session
    }

    /// Refuses items that may need more bytes for a vector than this. The default is [16 GiB](DEFAULT_LIMIT).
    pub fn set_limit(&mut self, bytes: u64) {
        self.limit = bytes;
    }

    /// The number of the next item, which is how many have been dealt.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// How many things are kept for later items.
    #[cfg(feature = "files")]
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Moves past items that were dealt before, by this deck or another on the same seeds, without making their
    /// corrections again. Where the dealer [keeps](Request::keeps) something of an item, that is made anew.
    ///
    /// # Errors
    /// As [`deal`](Self::deal).
    pub fn skip(&mut self, dealt: &Recipe) -> Result<(), Error> {
        for request in dealt.requests() {
            self.check(request)?;
            if request.keeps() {
                let mut correction = Scratch::zeros(request.correction().map_or(0, |(_, bytes)| bytes));
                self.deal_into(request, &mut correction)?;
            } else {
                self.next += 1;
            }
        }
        Ok(())
    }

    /// Deals one item. Returns how many parties get a correction (parties 0, 1, …) and the correction, or `None` if nobody
    /// gets one. The correction is a secret of these parties, which [put](super::Store::put) it into their stores with the
    /// request; the other parties put the request alone.
    ///
    /// # Errors
    /// If the request is malformed, needs more memory than is [allowed](Self::set_limit) or available, or asks for a
    /// product with a matrix that was not masked in this session.
    pub fn deal(&mut self, request: &Request) -> Result<Option<(usize, Vec<u8>)>, Error> {
        self.check(request)?;
        let to = request.correction();
        let bytes = to.map_or(0, |(_, bytes)| bytes);
        let mut out = Vec::new();
        out.try_reserve_exact(bytes).map_err(|_| Error::Memory {
            asked: request.to_string(),
            limit: self.limit,
            needed: bytes as u64,
        })?;
        out.resize(bytes, 0);
        self.deal_into(request, &mut out).inspect_err(|_| wipe(&mut out))?;
        Ok(to.map(|(recipients, _)| (recipients, out)))
    }

    /// As [`deal`](Self::deal), but writes the correction to `out`, every byte of it.
    ///
    /// # Errors
    /// As [`deal`](Self::deal), and if `out` has another length than the correction.
    pub fn deal_into(&mut self, request: &Request, out: &mut [u8]) -> Result<(), Error> {
        self.check(request)?;
        let expected = request.correction().map_or(0, |(_, bytes)| bytes);
        shape("bytes of a correction", expected, out.len())?;
        let before = self.kept.len();
        let mut dealing = Dealing { prgs: &self.prgs, item: self.next, kept: &mut self.kept };
        let dealt = request.deal(&mut dealing, out).and_then(|()| {
            // Else the parties would count what is kept otherwise than the dealer.
            shape("things kept of an item", request.keeps().into(), self.kept.len() - before)
        });
        if dealt.is_err() {
            self.kept.truncate(before);
        }
        dealt?;
        self.next += 1;
        Ok(())
    }

    /// Checks that an item could be dealt next.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Error> {
        request.check(self.prgs.len(), self.limit)
    }
}
