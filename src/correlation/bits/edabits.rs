//! edaBits: random numbers whose bits are shared too, and products of neighbouring bits.

use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;

use num_traits::Zero;

use super::leaves::Leaves;
use super::planes::{BLOCK, bytes, words};
use super::{Circuit, Subtraction, kernel};
use crate::correlation::{Dealing, Elements, Masked, Request, Source, StoreError};
use crate::ring::{Ring, Word};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};

const R: u64 = 0;
pub(super) const PLANES: u64 = 1;
pub(super) const PAIRS: u64 = 2;
const _: () = assert!(crate::correlation::source::apart(&[R, PLANES, PAIRS]));

/// Values that are masked at a time.
const VALUES: usize = 2048;

/// Random numbers r of some bits in R: their bits, and the products r_{2i+1}·r_{2i} of the first pairs.
///
/// The dealer sends a bit for every bit and for every product.
pub struct EdaBits<R> {
    pub(super) source: Source,
    pub(super) len: usize,
    pub(super) bits: u32,
    pub(super) pairs: u32,
    ring: PhantomData<R>,
}

impl<O: Ring> EdaBits<O> {
    /// What to ask the dealer for: the low `bits` bits, at most 64, and products of the `pairs` lowest
    /// pairs ([`Circuit::pairs`]).
    pub fn request(len: usize, bits: u32, pairs: u32) -> Request {
        Request::EdaBits { len, elements: Elements::low::<O>(bits), pairs }
    }

    pub(crate) fn new(source: Source, len: usize, bits: u32, pairs: u32) -> Self {
        Self { source, len, bits, pairs, ring: PhantomData }
    }

    /// What is to be opened modulo 2^bits: x + r.
    ///
    /// # Panics
    /// If x has another length than was dealt for.
    pub fn mask(self, x: &Share<O>) -> (Vec<O::Word>, Masked<Self>) {
        assert_eq!(x.len(), self.len, "values and edaBits dealt");
        let mut y = vec![O::Word::zero(); self.len];
        for (b, (y, x)) in y.chunks_mut(VALUES).zip(x.expose().chunks(VALUES)).enumerate() {
            self.source.random(R, b * VALUES, y);
            crate::share::add(y, x);
        }
        (y, Masked(self))
    }
}

impl<O: Ring> Masked<EdaBits<O>> {
    /// Begins to subtract r from y in bits, for what `circuit` wants of the difference.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If y has another length than [`EdaBits::mask`] gave, or other pairs were dealt than the
    /// circuit takes.
    pub fn subtract(self, y: &[O::Word], circuit: Circuit) -> Result<Subtraction, StoreError> {
        let dealt = self.0;
        assert_eq!(y.len(), dealt.len, "opened values and edaBits dealt");
        assert_eq!(
            dealt.pairs,
            circuit.pairs(dealt.bits),
            "pairs that were dealt and that the circuit takes"
        );
        let mut leaves = Leaves::new(dealt.source.party(), dealt.len, dealt.bits, circuit);
        leaves.fill(&dealt.source, y)?;
        Ok(leaves.finish())
    }
}

/// The bits x mod 2, which are shared as they are: no carry enters the lowest bit of a sum.
pub fn lowest_bits<O: Ring>(x: &Share<O>) -> BitShare {
    let mut bits = vec![0; words(x.len())];
    kernel::transpose(x.expose(), 1, bits.len(), &mut bits);
    BitShare::from_words(bits, x.len())
}

/// The correction of all planes, and of the products behind them.
pub(in crate::correlation) fn deal<W: Word>(
    dealing: &Dealing<'_>,
    len: usize,
    bits: u32,
    pairs: u32,
    out: &mut [u8],
) {
    let (out_planes, out_pairs) = out.split_at_mut(bits as usize * bytes(len));
    let block = BLOCK.min(words(len));
    let mut r = Scratch::<W>::zeros(len.min(64 * BLOCK));
    let mut planes = Scratch::<u64>::zeros(bits as usize * block);
    let mut products = Scratch::<u64>::zeros(block);
    for at in (0..words(len)).step_by(BLOCK) {
        let size = (len - 64 * at).min(64 * BLOCK);
        let now = words(size);
        dealing.sum(R, 64 * at, &mut r[..size]);
        kernel::transpose(&r[..size], bits, block, &mut planes);
        for pair in 0..pairs as usize {
            let products = &mut products[..now];
            products.copy_from_slice(&planes[2 * pair * block..][..now]);
            kernel::and(products, &planes[(2 * pair + 1) * block..][..now]);
            dealing.write_vector(PAIRS, len, pair, at, products, out_pairs);
        }
        for (j, plane) in planes.chunks_exact_mut(block).enumerate() {
            dealing.write_vector(PLANES, len, j, at, &mut plane[..now], out_planes);
        }
    }
}
