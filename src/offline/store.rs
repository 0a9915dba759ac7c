//! A party's store of dealt items.

use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::{
    DEFAULT_LIMIT, Dealt, DecodeError, Error, Kind, PartySeeds, Recipe, Registry, Request, SessionTag,
    Source, StateId, state,
};
use crate::prg::{Prg, Seed};
use crate::secret::{Scratch, SecretBytes};

/// The items of a recipe, each handed out once and in the recipe's order.
///
/// Two stores of the same seeds that begin at the same position use every mask twice: a store that continues where
/// another stopped must [skip](Self::skip) what that one handed out.
pub struct Store {
    /// What its generators are made of.
    seeds: PartySeeds,
    /// At this party's place its own generator, at another's the one that the two share.
    prgs: Arc<[Prg]>,
    /// The number of the next item to be handed out.
    next: u64,
    /// How many of the items handed out are such that the dealer keeps something of them.
    kept: usize,
    queue: VecDeque<(Request, Option<Correction>)>,
    /// Buffers of corrections that have been handed out, for later corrections: new pages are expensive, and so is
    /// wiping them in the online phase.
    spent: Vec<Arc<Scratch<u8>>>,
    limit: u64,
    /// Of all recipes that were received.
    digest: [u8; 32],
    /// In a dry run: what has been asked for.
    asked: Option<Vec<Request>>,
}

/// A correction that waits to be handed out.
struct Correction {
    bytes: Scratch<u8>,
    /// Whether its buffer came from [`Store::buffer`], and goes back there.
    lent: bool,
}

const WHAT: [u8; 8] = *b"store   ";

/// Far more items than a session deals, and few enough to have pseudorandom domains of their own.
pub(super) const MOST_ITEMS: u64 = 1 << 56;

impl Store {
    /// An empty store under a party's row of the session's [`Seeds`](super::Seeds).
    pub fn new(seeds: PartySeeds) -> Self {
        Self::over(seeds, None)
    }

    /// A store of party 0 that hands out whatever is asked for, and records it.
    pub(crate) fn dry(parties: usize) -> Self {
        let seeds = (0..parties.max(1)).map(|_| Seed::from_bytes([0; 16])).collect();
        Self::over(PartySeeds { session: SessionTag([0; 16]), party: 0, seeds }, Some(Vec::new()))
    }

    fn over(seeds: PartySeeds, asked: Option<Vec<Request>>) -> Self {
        Self {
            prgs: seeds.seeds.iter().map(Prg::new).collect(),
            seeds,
            next: 0,
            kept: 0,
            queue: VecDeque::new(),
            spent: Vec::new(),
            limit: DEFAULT_LIMIT,
            digest: [0; 32],
            asked,
        }
    }

    /// The session's tag.
    pub fn session(&self) -> SessionTag {
        self.seeds.session
    }

    /// The party.
    pub fn party(&self) -> usize {
        self.seeds.party
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.prgs.len()
    }

    /// Refuses items that may need more bytes for a vector than this. The default is [16 GiB](DEFAULT_LIMIT).
    pub fn set_limit(&mut self, bytes: u64) {
        self.limit = bytes;
    }

    /// Adds an item, with the correction if this party gets one. The correction is wiped when the item has been used.
    ///
    /// # Errors
    /// If the request can't be dealt, or the correction has another length than the request's.
    pub fn put(&mut self, request: Request, correction: Option<Vec<u8>>) -> Result<(), Error> {
        let correction = correction.map(|bytes| Correction { bytes: bytes.into(), lent: false });
        self.queue(request, correction)
    }

    /// As [`put`](Self::put), with a [`buffer`](Self::buffer), which is reused.
    pub(crate) fn put_buffer(
        &mut self,
        request: Request,
        correction: Option<Scratch<u8>>,
    ) -> Result<(), Error> {
        let correction = correction.map(|bytes| Correction { bytes, lent: true });
        self.queue(request, correction)
    }

    fn queue(&mut self, request: Request, correction: Option<Correction>) -> Result<(), Error> {
        self.check(&request)?;
        let expected = self.correction_len(&request).unwrap_or(0);
        let found = correction.as_ref().map_or(0, |correction| correction.bytes.len());
        if expected != found {
            return Err(Error::Correction { expected, found });
        }
        self.queue.push_back((request, correction));
        Ok(())
    }

    /// A buffer of `len` bytes for a correction: a spent one of this length, if there is one. If there is none, recipes
    /// have changed, and all spent buffers are freed.
    pub(crate) fn buffer(&mut self, len: usize) -> Scratch<u8> {
        let fits = |spent: &Arc<Scratch<u8>>| spent.len() == len && Arc::strong_count(spent) == 1;
        let spent = self.spent.iter().position(fits).map(|place| self.spent.swap_remove(place));
        spent.and_then(Arc::into_inner).unwrap_or_else(|| {
            self.spent.clear();
            Scratch::zeros(len)
        })
    }

    /// Bytes of the correction that the dealer sends this party for `request`, if it sends any.
    pub fn correction_len(&self, request: &Request) -> Option<usize> {
        request.correction().filter(|&(recipients, _)| self.seeds.party < recipients).map(|(_, bytes)| bytes)
    }

    /// Checks that an item could be in this store.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Error> {
        request.check(self.prgs.len(), self.limit)
    }

    /// Items that are left.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The number of the next item, which is how many have been handed out.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// The number that the next item to come gets.
    pub(crate) fn end(&self) -> u64 {
        self.next + self.queue.len() as u64
    }

    /// Moves past items that another store of the same seeds has handed out, so that none of their masks is used again.
    ///
    /// # Errors
    /// If items wait in this store: they were dealt under other numbers.
    pub fn skip(&mut self, used: &Recipe) -> Result<(), Error> {
        super::range("items in a store that skips others", 0, 0, self.queue.len() as u64)?;
        self.next += used.requests().len() as u64;
        self.kept += used.requests().iter().filter(|request| request.keeps()).count();
        Ok(())
    }

    /// Makes `item` the number of the next item, before which the dealer has kept `kept` things. As
    /// [`skip`](Self::skip), but needs no list of the items in between.
    ///
    /// # Errors
    /// If items wait in this store that end elsewhere, or it is further on.
    #[cfg(feature = "files")]
    pub(super) fn skip_to(&mut self, item: u64, kept: usize) -> Result<(), Error> {
        if self.queue.is_empty() && self.next <= item && self.kept <= kept {
            (self.next, self.kept) = (item, kept);
        }
        super::range("number of a store's next item", item, item, self.end())
    }

    /// Drops all items that are left, such as those of a batch that is given up. Their masks are never used.
    pub fn discard(&mut self) {
        self.next += self.queue.len() as u64;
        self.kept += self.queue.iter().filter(|(request, _)| request.keeps()).count();
        self.queue.clear();
    }

    /// What has been asked for since the last call, in a dry run.
    pub(crate) fn take_asked(&mut self) -> Vec<Request> {
        self.asked.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// Whether this is a dry run.
    pub(crate) fn is_dry(&self) -> bool {
        self.asked.is_some()
    }

    /// The store with all that is left in it as bytes, to go on from [later](Self::from_bytes). It is gone
    /// here: two that go on from the same state use every mask twice.
    pub fn into_bytes(self) -> SecretBytes {
        state::write(WHAT, &self.id(), |out| {
            self.seeds.write(out.append(PartySeeds::len(self.parties())));
            state::put_number(out, self.kept as u64);
            state::put(out, &self.digest);
            let requests = self.queue.iter().map(|(request, _)| request.clone());
            let recipe = Recipe(requests.collect()).to_bytes();
            state::put_number(out, recipe.len() as u64);
            state::put(out, &recipe);
            for correction in self.queue.iter().filter_map(|(_, correction)| correction.as_ref()) {
                state::put(out, &correction.bytes);
            }
        })
    }

    /// Whose state it is now: the session's and this party's, at the [position](Self::position) as its number. To be
    /// kept apart from the bytes, so that older ones are not taken for the last.
    pub fn id(&self) -> StateId {
        let (session, party, parties) = (self.session(), self.party(), self.parties());
        StateId { session, party, parties, model: [0; 32], number: self.next }
    }

    /// The store that [`into_bytes`](Self::into_bytes) made these bytes of when its [`id`](Self::id) was this. Its
    /// items are of kinds that the registry has ([`correlation::registry`](crate::correlation::registry)).
    ///
    /// # Errors
    /// If the bytes are damaged, or of anything else.
    pub fn from_bytes(bytes: &[u8], id: &StateId, registry: &Registry) -> Result<Self, DecodeError> {
        let StateId { session, party, parties, number, .. } = *id;
        let mut from = state::read(WHAT, id, bytes)?;
        let len = parties.checked_add(1).and_then(|rows| rows.checked_mul(16)).unwrap_or(usize::MAX);
        let seeds = PartySeeds::read(party, from.raw(len)?).map_err(DecodeError::Request)?;
        if seeds.session != session {
            return Err(DecodeError::Belongs { what: "session" });
        }
        let mut store = Self::new(seeds);
        store.next = number;
        store.kept = from.size()?;
        if number > MOST_ITEMS || store.kept as u64 > number {
            return Err(DecodeError::Shape { what: "position of a store" });
        }
        store.digest.copy_from_slice(from.raw(32)?);
        for request in Recipe::from_bytes(from.bytes()?, registry, parties)?.0 {
            let correction = store.correction_len(&request).map(|len| from.raw(len)).transpose()?;
            store.put(request, correction.map(<[u8]>::to_vec)).map_err(DecodeError::Request)?;
        }
        from.finish()?;
        Ok(store)
    }

    /// Notes that a recipe of this digest is received, for the comparison of all parties' steps.
    pub(crate) fn note(&mut self, recipe: &[u8; 32]) {
        self.digest = Sha256::new().chain_update(self.digest).chain_update(recipe).finalize().into();
    }

    /// What parties that took the same steps have in common: the recipes, how many items they used, and the session.
    pub(crate) fn steps(&self) -> [u8; 56] {
        let mut steps = [0; 56];
        steps[..32].copy_from_slice(&self.digest);
        steps[32..40].copy_from_slice(&self.next.to_le_bytes());
        steps[40..].copy_from_slice(&self.seeds.session.0);
        steps
    }

    /// Hands out the next item, which must be the one asked for.
    ///
    /// # Errors
    /// If another item is next, or nothing is left.
    pub fn take<K: Kind>(&mut self, asked: K) -> Result<Source, Error> {
        let (correction, keeps) = (self.next_correction(&asked)?, asked.keeps());
        let (item, number) = (self.next, self.kept);
        self.next += 1;
        self.kept += usize::from(keeps);
        if let Some(list) = &mut self.asked {
            list.push(asked.into());
        }
        let (prgs, session, party) = (self.prgs.clone(), self.seeds.session, self.seeds.party);
        Ok(Source { prgs, session, item, party, number, dry: self.is_dry(), correction })
    }

    /// As [`take`](Self::take), with what was asked for.
    pub(crate) fn dealt<K: Kind>(&mut self, asked: K) -> Result<Dealt<K>, Error> {
        Ok(Dealt { source: self.take(asked.clone())?, asked })
    }

    fn next_correction<K: Kind>(&mut self, asked: &K) -> Result<Option<Arc<Scratch<u8>>>, Error> {
        if self.is_dry() {
            let request: Request = asked.clone().into();
            self.check(&request)?;
            let bytes = self.correction_len(&request);
            return Ok(bytes.map(|bytes| Arc::new(Scratch::zeros(bytes))));
        }
        let Some((dealt, _)) = self.queue.front() else {
            return Err(Error::Exhausted { asked: Request::from(asked.clone()).to_string() });
        };
        if dealt.as_kind() != Some(asked) {
            return Err(Error::Mismatch {
                dealt: dealt.to_string(),
                asked: Request::from(asked.clone()).to_string(),
            });
        }
        let correction = self.queue.pop_front().and_then(|(_, correction)| correction);
        Ok(correction.map(|Correction { bytes, lent }| {
            let bytes = Arc::new(bytes);
            if lent {
                self.spent.push(bytes.clone());
            }
            bytes
        }))
    }
}
