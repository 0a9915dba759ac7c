//! Masks for inputs.
//!
//! Every pair of parties shares a seed. For an input of party o, every other party j takes the
//! pseudorandom share r_j that its seed with o gives; o computes all of them and takes what is
//! left. Nothing is sent, and the dealer has no part but to hand out the seeds.
//!
//! | party | share |
//! | --- | --- |
//! | owner | x − Σ_{j ≠ owner} r_j |
//! | j | r_j |
//!
//! Any coalition without the owner holds random numbers alone. The owner knows all shares, of its
//! own input. (Pseudorandom secret sharing of an owner's value: Cramer, Damgård, Ishai, *Share
//! conversion, pseudorandom secret-sharing and applications to secure computation*, TCC 2005.)

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;

use num_traits::Zero;

use super::{Elements, Request};
use crate::prg::Prg;
use crate::ring::Ring;
use crate::share::Share;

/// A mask for the input of one party.
pub struct InputMask<R> {
    /// The generators that the owner shares with the others, or this party with the owner.
    prgs: Vec<Arc<Prg>>,
    domain: u64,
    owned: bool,
    len: usize,
    ring: PhantomData<R>,
}

impl<R: Ring> InputMask<R> {
    /// What to put into a recipe.
    pub fn request(owner: usize, len: usize) -> Request {
        Request::Input { owner, len, elements: Elements::of::<R>() }
    }

    pub(super) fn new(prgs: Vec<Arc<Prg>>, domain: u64, owned: bool, len: usize) -> Self {
        Self { prgs, domain, owned, len, ring: PhantomData }
    }

    /// This party's share of the owner's input. The owner gives the values, as many as the mask is
    /// for; the others' are ignored.
    ///
    /// # Panics
    /// If this is the owner and the number of values differs.
    pub fn share(self, values: &[R::Word]) -> Share<R> {
        let mut words = vec![R::Word::zero(); self.len];
        if self.owned {
            assert_eq!(values.len(), self.len, "values of the owner and elements of the mask");
            words.copy_from_slice(values);
        }
        for prg in &self.prgs {
            if self.owned {
                prg.sub_words(self.domain, 0, &mut words);
            } else {
                prg.words(self.domain, 0, &mut words);
            }
        }
        Share::from_words(words)
    }
}
