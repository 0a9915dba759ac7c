//! Masks for inputs.
//!
//! Every pair of parties shares a seed. For an input of party o, every other party j takes as its share the r_j that its
//! seed with o gives; o computes all of them and takes the rest. Nothing is sent, and the dealer's only part is to hand
//! out the seeds.
//!
//! | party | share |
//! | --- | --- |
//! | owner | x − Σ_{j ≠ owner} r_j |
//! | j | r_j |
//!
//! Any coalition without the owner holds nothing but random numbers. The owner knows all shares, but only of its own
//! input. (Pseudorandom secret sharing of an owner's value: Cramer, Damgård, Ishai, *Share
//! conversion, pseudorandom secret-sharing and applications to secure computation*, TCC 2005.)

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use crate::offline::loops::BLOCK;
use crate::offline::rates::RANDOM;
use crate::offline::{
    Dealing, DecodeError, Elements, Error, Kind, Reader, Request, Source, Store, Work, Writer, range,
};
use crate::ring::Ring;
use crate::share::Share;

const R: u64 = 0;

/// Asks for masks for an input of one party.
#[derive(Clone, PartialEq, Eq)]
pub struct InputRequest {
    /// Whose input.
    pub owner: usize,
    /// Number of elements.
    pub len: usize,
    /// Their ring.
    pub elements: Elements,
}

impl Kind for InputRequest {
    const NAME: &'static str = "input";

    fn check(&self, parties: usize) -> Result<(), Error> {
        range("owner of an input", 0, (parties as u64).saturating_sub(1), self.owner as u64)?;
        self.elements.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        None
    }

    fn memory(&self) -> u128 {
        self.len as u128 * u128::from(self.elements.word)
    }

    /// The parties' seeds with each other do.
    fn deal(&self, _: &mut Dealing<'_>, _: &mut [u8]) -> Result<(), Error> {
        Ok(())
    }

    fn work(&self, _: usize) -> Work {
        Work { online: RANDOM * self.elements.bytes(self.len) as f64, ..Work::default() }
    }

    fn encode(&self, out: &mut Writer) {
        out.number(self.owner as u64);
        out.vector(self.len, self.elements);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (owner, (len, elements)) = (from.size()?, from.vector()?);
        Ok(Self { owner, len, elements })
    }
}

impl fmt::Debug for InputRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Input({} of party {}, {})", self.len, self.owner, self.elements)
    }
}

/// A mask for the input of one party.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::InputMask, ring::Z2};
/// fn twice(mask: InputMask<Z2<14>>) {
///     mask.share(&[]);
///     mask.share(&[]);
/// }
/// ```
pub struct InputMask<R> {
    source: Source,
    owner: usize,
    len: usize,
    ring: PhantomData<R>,
}

impl<R: Ring> InputMask<R> {
    /// What to put into a recipe.
    pub fn request(owner: usize, len: usize) -> Request {
        InputRequest { owner, len, elements: Elements::of::<R>() }.into()
    }

    /// Takes the mask for an input of `len` elements of the party `owner`.
    ///
    /// # Errors
    /// If it is not next in the store, or there is no such party.
    pub fn take(store: &mut Store, owner: usize, len: usize) -> Result<Self, Error> {
        let parties = store.parties();
        if owner >= parties {
            return Err(Error::NoParty { party: owner, parties });
        }
        let source = store.take(InputRequest { owner, len, elements: Elements::of::<R>() })?;
        Ok(Self { source, owner, len, ring: PhantomData })
    }

    /// This party's share of the owner's input. The owner gives as many values as the mask is for; what others give is
    /// ignored. In a dry run, zeros.
    ///
    /// # Panics
    /// If this is the owner and the number of values differs.
    pub fn share(self, values: &[R::Word]) -> Share<R> {
        let owned = self.source.party() == self.owner && !self.source.is_dry();
        self.share_in_place(if owned { values.to_vec() } else { Vec::new() })
    }

    /// As [`share`](Self::share): the owner's share takes the place of the values.
    ///
    /// # Panics
    /// If this is the owner and the number of values differs.
    pub fn share_in_place(self, values: Vec<R::Word>) -> Share<R> {
        let values = Share::from_words(values);
        if self.source.is_dry() {
            return Share::zeros(self.len);
        }
        let (owned, domain) = (self.source.party() == self.owner, self.source.domain(R));
        let mut share = if owned { values } else { Share::zeros(self.len) };
        assert_eq!(share.len(), self.len, "values of the owner and elements of the mask");
        for (at, words) in (0..).step_by(BLOCK).zip(share.expose_mut().chunks_mut(BLOCK)) {
            for prg in self.source.shared_with(self.owner) {
                if owned {
                    prg.sub_words(domain, at, words);
                } else {
                    prg.words(domain, at, words);
                }
            }
        }
        share
    }
}
