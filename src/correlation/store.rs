//! A party's store of dealt items.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::{Request, Source};
use crate::prg::{Prg, Seed};
use crate::secret::Scratch;

/// The items of a recipe, each handed out once and in the recipe's order.
pub struct Store {
    /// At this party's place its own generator, at another's the one that the two share.
    prgs: Vec<Arc<Prg>>,
    party: usize,
    /// The number of the next item to be handed out.
    next: u64,
    /// How many matrix masks have been handed out.
    matrices: usize,
    queue: VecDeque<(Request, Option<Arc<Scratch<u8>>>)>,
    /// Buffers of corrections that have been handed out, for corrections to come: their pages are
    /// dear, and so is wiping them in the online phase.
    spent: Vec<Arc<Scratch<u8>>>,
    /// In a dry run: what has been asked for.
    asked: Option<Vec<Request>>,
}

/// Why a store can't hand out an item.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Everything that was dealt has been used.
    Exhausted {
        /// What was asked for.
        asked: Box<Request>,
    },
    /// Another item is next.
    Mismatch {
        /// What is next.
        dealt: Box<Request>,
        /// What was asked for.
        asked: Box<Request>,
    },
    /// The dealer's correction is too short.
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
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted { asked } => write!(f, "the store is exhausted: asked for {asked}"),
            Self::Mismatch { dealt, asked } => {
                write!(f, "the store's next item is {dealt}, asked for {asked}")
            }
            Self::Correction { expected, found } => {
                write!(f, "expected {expected} bytes of correction, found {found}")
            }
            Self::NoParty { party, parties } => {
                write!(f, "expected a party below {parties}, found party {party}")
            }
            Self::Padding => f.write_str("expected zero padding bits in a correction"),
            Self::Element { prime } => {
                write!(f, "expected elements below {prime} in a correction, found a larger word")
            }
        }
    }
}

impl core::error::Error for StoreError {}

impl Store {
    /// An empty store of `party` under its row of the session's [`Seeds`](super::Seeds).
    ///
    /// # Errors
    /// If the row has no place for the party.
    pub fn new(party: usize, seeds: &[Seed]) -> Result<Self, StoreError> {
        if party >= seeds.len() {
            return Err(StoreError::NoParty { party, parties: seeds.len() });
        }
        Ok(Self {
            prgs: seeds.iter().map(|seed| Arc::new(Prg::new(seed))).collect(),
            party,
            next: 0,
            matrices: 0,
            queue: VecDeque::new(),
            spent: Vec::new(),
            asked: None,
        })
    }

    /// A store of party 0 that hands out anything and writes down what.
    pub(crate) fn dry(parties: usize) -> Self {
        let prg = Arc::new(Prg::new(&Seed::from_bytes([0; 16])));
        let prgs = vec![prg; parties.max(1)];
        Self {
            prgs,
            party: 0,
            next: 0,
            matrices: 0,
            queue: VecDeque::new(),
            spent: Vec::new(),
            asked: Some(Vec::new()),
        }
    }

    /// Adds an item, with the correction if this party gets one.
    ///
    /// # Errors
    /// If the correction has another length than the request's.
    pub fn put(&mut self, request: Request, correction: Option<Vec<u8>>) -> Result<(), StoreError> {
        // Who brings the buffers takes none of the spent ones.
        self.spent.clear();
        self.put_scratch(request, correction.map(Scratch::from))
    }

    pub(crate) fn put_scratch(
        &mut self,
        request: Request,
        correction: Option<Scratch<u8>>,
    ) -> Result<(), StoreError> {
        let expected = self.correction_len(&request).unwrap_or(0);
        let found = correction.as_deref().map_or(0, <[u8]>::len);
        if expected != found {
            return Err(StoreError::Correction { expected, found });
        }
        self.queue.push_back((request, correction.map(Arc::new)));
        Ok(())
    }

    /// A buffer of `len` bytes for a correction: a spent one of this length, if there is one. If there
    /// is none, recipes have changed, and what is spent is given back.
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
        request.correction().filter(|&(recipients, _)| self.party < recipients).map(|(_, bytes)| bytes)
    }

    /// Items that are left.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// What has been asked for since the last call, in a dry run.
    pub(crate) fn take_asked(&mut self) -> Vec<Request> {
        self.asked.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// Hands out the next item, which must be the one asked for.
    pub(crate) fn take(&mut self, asked: Request) -> Result<Source, StoreError> {
        let correction = if let Some(list) = &mut self.asked {
            list.push(asked.clone());
            self.correction_len(&asked).map(|bytes| Arc::new(Scratch::zeros(bytes)))
        } else {
            match self.queue.pop_front() {
                None => return Err(StoreError::Exhausted { asked: Box::new(asked) }),
                Some((dealt, correction)) if dealt != asked => {
                    self.queue.push_front((dealt.clone(), correction));
                    return Err(StoreError::Mismatch { dealt: Box::new(dealt), asked: Box::new(asked) });
                }
                Some((_, correction)) => {
                    self.spent.extend(correction.clone());
                    correction
                }
            }
        };
        let item = self.next;
        self.next += 1;
        self.matrices += usize::from(matches!(asked, Request::FixedMask { .. }));
        Ok(Source { prg: self.prgs[self.party].clone(), item, party: self.party, correction })
    }

    /// For an input of `owner`: at the owner the generators that it shares with the others, else the
    /// one that this party shares with the owner; and whether this is the owner.
    pub(super) fn shared_with(&self, owner: usize) -> Result<(Vec<Arc<Prg>>, bool), StoreError> {
        if owner == self.party {
            let others = self.prgs.iter().enumerate().filter(|&(other, _)| other != owner);
            return Ok((others.map(|(_, prg)| prg.clone()).collect(), true));
        }
        let prg = self.prgs.get(owner).cloned();
        let prg = prg.ok_or(StoreError::NoParty { party: owner, parties: self.prgs.len() })?;
        Ok((vec![prg], false))
    }

    /// How many matrix masks have been handed out.
    pub(crate) fn matrices(&self) -> usize {
        self.matrices
    }
}
