//! daBits: random bits shared as bits and as numbers.
//!
//! Bit j of a number weighs 2^j, so that of its mask ρ_j as a number only the low k − j bits count.

use alloc::vec::Vec;
use core::marker::PhantomData;

use num_traits::{One, WrappingAdd, WrappingSub, Zero};

use super::planes::{bytes, masked, opened, words};
use crate::correlation::compare::kernel::{BLOCK, flip, spread};
use crate::correlation::{Dealing, Elements, Masked, Request, Source, StoreError};
use crate::ring::{self, Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::add;
use crate::share::{BitShare, Share};

const BITS: u64 = 0;
const NUMBERS: u64 = 1;
const _: () = assert!(crate::correlation::source::apart(&[BITS, NUMBERS]));

/// Random bits for the planes of a vector of numbers in R: as bits, and plane j as numbers mod 2^(k − j).
pub struct DaBits<R> {
    source: Source,
    len: usize,
    planes: u32,
    ring: PhantomData<R>,
}

/// Bytes of the corrections of the first `planes` planes.
pub(in crate::correlation) fn correction_bytes(len: usize, planes: u32, bits: u32) -> usize {
    (0..planes.min(bits)).map(|j| packed_len(len, bits - j)).fold(0, usize::saturating_add)
}

impl<R: Ring> DaBits<R> {
    /// What to ask the dealer for: `planes` planes, of which there are 1 to k.
    pub fn request(len: usize, planes: u32) -> Request {
        Request::DaBits { len, planes, output: Elements::of::<R>() }
    }

    pub(crate) fn new(source: Source, len: usize, planes: u32) -> Self {
        Self { source, len, planes, ring: PhantomData }
    }

    /// What is to be opened: the planes masked, each in whole bytes, one behind the other.
    ///
    /// # Panics
    /// If there are other planes than was dealt for, or of other lengths.
    pub fn mask(self, planes: &[&BitShare]) -> (Vec<u8>, Masked<Self>) {
        assert_eq!(planes.len(), self.planes as usize, "planes and those dealt for");
        (masked(&self.source, BITS, self.len, planes), Masked(self))
    }
}

impl<R: Ring> Masked<DaBits<R>> {
    /// Σ 2^j·b_j over the planes, given what was opened.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `all` has another length than [`DaBits::mask`] gave.
    pub fn finish(self, all: &[u8]) -> Result<Share<R>, StoreError> {
        self.finish_values(all, [R::Word::zero(), R::Word::one()])
    }

    /// `[at 0, at 1]` of `values`, for one plane; for more of them the line through these two, which
    /// at Σ 2^j·b_j is as finish gives it.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    ///
    /// # Panics
    /// As [`finish`](Self::finish).
    pub fn finish_values(self, all: &[u8], values: [R::Word; 2]) -> Result<Share<R>, StoreError> {
        let DaBits { source, len, planes, .. } = self.0;
        assert_eq!(all.len(), planes as usize * bytes(len), "bytes of opened bits");
        let stride = len.next_multiple_of(64);
        let own = source.party() == 0;
        let mut out = Share::<R>::zeros(len);
        let mut term = Scratch::<R::Word>::zeros(BLOCK.min(len));
        let mut c = [0; BLOCK / 64];
        for (b, out) in out.expose_mut().chunks_mut(BLOCK).enumerate() {
            let (term, c) = (&mut term[..out.len()], &mut c[..words(out.len())]);
            for j in 0..planes {
                let now = if j == 0 { &mut *out } else { &mut *term };
                let base = if j == 0 { values[0] } else { R::Word::zero() };
                let factor = values[1].wrapping_sub(&values[0]) << j as usize;
                let ends = if own { [base, base.wrapping_add(&factor)] } else { [R::Word::zero(); 2] };
                match &source.correction {
                    None => source.random(NUMBERS, j as usize * stride + b * BLOCK, now),
                    Some(_) => {
                        let region = correction_bytes(len, j, R::BITS);
                        source.chosen(NUMBERS, region, R::BITS - j, b * BLOCK, now)?;
                    }
                }
                opened(all, len, j as usize, b * BLOCK / 64, c);
                flip(c, now, factor, ends[0], ends[1]);
                if j > 0 {
                    add(out, term);
                }
            }
        }
        Ok(out)
    }
}

/// The correction of all planes' numbers, plane by plane.
pub(in crate::correlation) fn deal<W: Word>(
    dealing: &Dealing<'_>,
    len: usize,
    planes: u32,
    bits: u32,
    out: &mut [u8],
) {
    let stride = len.next_multiple_of(64);
    let mut rest = out;
    let mut rho = Scratch::<u64>::zeros(BLOCK / 64);
    let mut numbers = Scratch::<W>::zeros(BLOCK);
    for j in 0..planes {
        for at in (0..len).step_by(BLOCK) {
            let numbers = &mut numbers[..(len - at).min(BLOCK)];
            let rho = &mut rho[..words(numbers.len())];
            dealing.xor(BITS, j as usize * words(len) + at / 64, rho);
            spread(rho, numbers);
            dealing.correct(NUMBERS, j as usize * stride + at, numbers);
            let (now, later) = core::mem::take(&mut rest).split_at_mut(packed_len(numbers.len(), bits - j));
            ring::pack(numbers, bits - j, now);
            rest = later;
        }
    }
}
