//! Masks for inputs.
//!
//! Every party but the owner takes a pseudorandom share r_j. The owner learns R = Σ r_j from the
//! dealer and takes x − R: shares of x, with nothing sent online. Any coalition without the owner
//! holds random numbers alone; the owner learns nothing but what masks its own input.
//!
//! | party | share |
//! | --- | --- |
//! | owner | x − Σ_{j ≠ owner} r_j |
//! | j | r_j |

use alloc::vec;
use core::marker::PhantomData;

use num_traits::{WrappingSub, Zero};

use super::{Dealing, Elements, Request, Source, StoreError};
use crate::ring::{self, Ring, Word};
use crate::share::Share;

const R: u64 = 0;

/// A mask for the input of one party.
pub struct InputMask<R> {
    source: Source,
    owner: usize,
    len: usize,
    ring: PhantomData<R>,
}

impl<R2: Ring> InputMask<R2> {
    /// What to ask the dealer for.
    pub fn request(owner: usize, len: usize) -> Request {
        Request::Input { owner, len, elements: Elements::of::<R2>() }
    }

    pub(crate) fn new(source: Source, owner: usize, len: usize) -> Self {
        Self { source, owner, len, ring: PhantomData }
    }

    /// The share of the owner's input; the owner gives the values, and they must be as many as
    /// the mask is for.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If this is the owner and the number of values differs.
    pub fn share(self, values: &[R2::Word]) -> Result<Share<R2>, StoreError> {
        let mut words = vec![R2::Word::zero(); self.len];
        self.source.chosen(R, 0, R2::BITS, 0, &mut words)?;
        if self.source.party() == self.owner {
            assert_eq!(values.len(), self.len, "values of the owner and elements of the mask");
            words.iter_mut().zip(values).for_each(|(word, value)| *word = value.wrapping_sub(word));
        }
        Ok(Share::from_words(words))
    }
}

/// The owner's correction: the sum of the others' shares.
pub(super) fn deal<W: Word>(dealing: &Dealing<'_>, owner: usize, len: usize, bits: u32, out: &mut [u8]) {
    let mut sum = vec![W::zero(); len];
    dealing.sum_others(R, owner, &mut sum);
    ring::pack(&sum, bits, out);
}
