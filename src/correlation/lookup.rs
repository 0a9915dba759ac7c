//! Masked lookup of a public function on m bits (one-time truth tables).
//!
//! The dealer shares T'[c] = T(c − r) for all c ∈ Z_2^m; the parties open c = x + r and take their
//! shares of entry c. The index is public, so no access depends on a secret, and a party whose
//! shares are pseudorandom touches one block of them. Ishai et al., TCC 2013, section 3; Damgård,
//! Nielsen, Nielsen, Ranellucci, *The TinyTable protocol*, CRYPTO 2017.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;

use num_traits::Zero;

use super::{Dealing, Elements, Masked, Request, Source, StoreError};
use crate::ring::{self, Ring, Word};
use crate::share::{Scratch, Share};

const MASK: u64 = 0;
const TABLE: u64 = 1;
const _: () = assert!(super::source::apart(&[MASK, TABLE]));

/// The widest index: tables of 2^12 entries.
pub const MAX_INDEX_BITS: u32 = 12;

/// Masked tables for a vector of lookups: index in R, entries in O.
pub struct Lookup<R, O> {
    source: Source,
    len: usize,
    index_bits: u32,
    rings: PhantomData<(R, O)>,
}

impl<R: Ring, O: Ring> Lookup<R, O> {
    /// What to ask the dealer for.
    pub fn request(len: usize, index_bits: u32, table: Arc<[u64]>) -> Request {
        Request::Lookup { len, index: Elements::low::<R>(index_bits), output: Elements::of::<O>(), table }
    }

    pub(crate) fn new(source: Source, len: usize, index_bits: u32) -> Self {
        Self { source, len, index_bits, rings: PhantomData }
    }

    /// What is to be opened modulo 2^m: x + r.
    ///
    /// # Panics
    /// If x has another length than the tables are for.
    pub fn mask(self, x: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        assert_eq!(x.len(), self.len, "elements of the index and lookups dealt");
        let mut masked = vec![R::Word::zero(); self.len];
        self.source.random(MASK, 0, &mut masked);
        super::source::add(&mut masked, x.expose());
        (masked, Masked(self))
    }
}

impl<R: Ring, O: Ring> Masked<Lookup<R, O>> {
    /// The share of T(x), given c.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `opened` has another length than [`Lookup::mask`] gave.
    pub fn finish(self, opened: &[R::Word]) -> Result<Share<O>, StoreError> {
        let this = self.0;
        assert_eq!(opened.len(), this.len, "opened indices and lookups dealt");
        let mask = R::Word::mask(this.index_bits);
        let total = this.len << this.index_bits;
        let places = opened.iter().enumerate();
        let places = places.map(|(i, c)| (i << this.index_bits) + (*c & mask).low64() as usize);
        let mut out = Share::zeros(this.len);
        if this.source.correction.is_none() {
            let places: Vec<u64> = places.map(|at| at as u64).collect();
            this.source.random_at(TABLE, &places, out.expose_mut());
            return Ok(out);
        }
        let mut group = [O::Word::zero(); 8];
        for (word, at) in out.expose_mut().iter_mut().zip(places) {
            // Packed corrections are read in aligned groups of eight.
            let start = at / 8 * 8;
            let group = &mut group[..(total - start).min(8)];
            this.source.chosen(TABLE, 0, O::BITS, start, group)?;
            *word = group[at - start];
        }
        Ok(out)
    }
}

/// The correction of all tables, lookup by lookup.
///
/// T' is T rotated by r. The mask is a secret of the dealer's, so it is no index: the table is
/// rotated by 2^b, or by nothing, for every bit b of r.
pub(super) fn deal<I: Word, W: Word>(
    dealing: &Dealing<'_>,
    len: usize,
    index_bits: u32,
    bits: u32,
    table: &[u64],
    out: &mut [u8],
) {
    let mut r = Scratch::<I>::zeros(len);
    dealing.sum(MASK, 0, &mut r);
    let entries = table.len();
    let mut all = Scratch::<W>::zeros(len * entries);
    let mut next = Scratch::<W>::zeros(entries);
    for (r, now) in r.iter().zip(all.chunks_exact_mut(entries)) {
        now.iter_mut().zip(table).for_each(|(now, &value)| *now = W::truncate64(value));
        for b in 0..index_bits {
            let set = W::zero().wrapping_sub(&W::truncate64(r.low64() >> b & 1));
            for (c, next) in next.iter_mut().enumerate() {
                let from = c.wrapping_sub(1 << b) & (entries - 1);
                *next = now[c] ^ ((now[c] ^ now[from]) & set);
            }
            now.copy_from_slice(&next);
        }
    }
    dealing.correct(TABLE, 0, &mut all);
    ring::pack(&all, bits, out);
}
