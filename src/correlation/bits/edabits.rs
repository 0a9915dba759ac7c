//! edaBits: random numbers whose bits are shared too, and products of neighbouring bits.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::leaves::{Leaves, PAIRS, PLANES};
use super::{Circuit, Subtraction, kernel};
use crate::offline::planes::{BLOCK, bytes, words};
use crate::offline::rates::ELEMENT;
use crate::offline::{
    Dealing, Dealt, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Store, Writer, range,
};
use crate::ring::{Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};
use crate::with_word;

const R: u64 = 0;
const _: () = assert!(crate::offline::apart(&[R, PLANES, PAIRS]));

/// Asks for random numbers with their bits, and products of neighbouring bits.
#[derive(Clone, PartialEq, Eq)]
pub struct EdaBitsRequest {
    /// Number of values.
    pub len: usize,
    /// Their low bits, at most 64.
    pub elements: Elements,
    /// Pairs of bits with a product, from the lowest on.
    pub pairs: u32,
}

impl Kind for EdaBitsRequest {
    const NAME: &'static str = "edabits";

    fn check(&self, _: usize) -> Result<(), Error> {
        self.elements.check()?;
        range("bits of edaBits", 1, 64, self.elements.bits.into())?;
        range("pairs of bits", 0, u64::from(self.elements.bits) / 2, self.pairs.into())
    }

    fn correction(&self) -> Option<(usize, usize)> {
        let planes = self.elements.bits as usize + self.pairs as usize;
        Some((1, packed_len(self.len, 1).saturating_mul(planes)))
    }

    fn memory(&self) -> u128 {
        self.len as u128 * ELEMENT
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let Elements { word, bits } = self.elements;
        with_word!(word, W => deal::<W>(dealing, self.len, bits, self.pairs, out));
        Ok(())
    }

    fn encode(&self, out: &mut Writer) {
        out.vector(self.len, self.elements);
        out.number(self.pairs.into());
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (len, elements) = from.vector()?;
        Ok(Self { len, elements, pairs: from.small()? })
    }
}

impl fmt::Debug for EdaBitsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EdaBits({}, {}, {} pairs)", self.len, self.elements, self.pairs)
    }
}

/// Random numbers r of some bits in R: their bits, and the products r_{2i+1}·r_{2i} of the first pairs.
///
/// The dealer sends a bit for every bit and for every product.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::bits::EdaBits, ring::Z2, share::Share};
/// fn twice(edabits: EdaBits<Z2<14>>, x: &Share<Z2<14>>) {
///     edabits.mask(x);
///     edabits.mask(x);
/// }
/// ```
pub struct EdaBits<R> {
    dealt: Dealt<EdaBitsRequest>,
    ring: PhantomData<R>,
}

impl<O: Ring> EdaBits<O> {
    /// What to ask the dealer for: the low `bits` bits, at most 64, and products of the `pairs` lowest
    /// pairs ([`Circuit::pairs`]).
    pub fn request(len: usize, bits: u32, pairs: u32) -> Request {
        Self::kind(len, bits, pairs).into()
    }

    fn kind(len: usize, bits: u32, pairs: u32) -> EdaBitsRequest {
        EdaBitsRequest { len, elements: Elements::low::<O>(bits), pairs }
    }

    /// Takes the edaBits of `bits` bits for `len` values, with products of the `pairs` lowest pairs of bits.
    ///
    /// # Errors
    /// If they are not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 1..=64 or above k, or there are not so many pairs.
    pub fn take(store: &mut Store, len: usize, bits: u32, pairs: u32) -> Result<Self, Error> {
        let most = O::BITS.min(64);
        assert!((1..=most).contains(&bits), "edaBits of {bits} bits, at most {most} are taken");
        assert!(pairs <= bits / 2, "{pairs} pairs of {bits} bits");
        Ok(Self { dealt: store.dealt(Self::kind(len, bits, pairs))?, ring: PhantomData })
    }

    /// What is to be opened modulo 2^bits: x + r.
    ///
    /// # Panics
    /// If x has another length than was dealt for.
    pub fn mask(self, x: &Share<O>) -> (Vec<O::Word>, Masked<Self>) {
        let (y, dealt) = self.dealt.mask(x.expose());
        (y, dealt.map(|dealt| Self { dealt, ring: PhantomData }))
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
    pub fn subtract(self, y: &[O::Word], circuit: Circuit) -> Result<Subtraction, Error> {
        self.map(|edabits| edabits.dealt).subtract(y, circuit)
    }
}

impl Dealt<EdaBitsRequest> {
    /// [`EdaBits::mask`], word by word.
    pub(crate) fn mask<W: Word>(self, x: &[W]) -> (Vec<W>, Masked<Self>) {
        assert_eq!(x.len(), self.asked.len, "values and edaBits dealt");
        (self.source.masked(R, x), Masked::new(self))
    }
}

impl Masked<Dealt<EdaBitsRequest>> {
    /// [`Masked::subtract`], word by word.
    pub(crate) fn subtract<W: Word>(self, y: &[W], circuit: Circuit) -> Result<Subtraction, Error> {
        let Dealt { source, asked: EdaBitsRequest { len, elements, pairs } } = self.into_inner();
        assert_eq!(y.len(), len, "opened values and edaBits dealt");
        assert_eq!(pairs, circuit.pairs(elements.bits), "pairs that were dealt and that the circuit takes");
        let mut leaves = Leaves::new(source.party(), len, elements.bits, circuit);
        leaves.fill(&source, y)?;
        Ok(leaves.finish())
    }
}

/// The bits x mod 2, which are shared as they are: no carry enters the lowest bit of a sum.
pub fn lowest_bits<O: Ring>(x: &Share<O>) -> BitShare {
    lowest(x.expose())
}

/// The lowest bits of these words.
pub(crate) fn lowest<W: Word>(x: &[W]) -> BitShare {
    let mut bits = vec![0; words(x.len())];
    kernel::transpose(x, 1, bits.len(), &mut bits);
    BitShare::from_words(bits, x.len())
}

/// The correction of all planes, and of the products behind them.
fn deal<W: Word>(dealing: &Dealing<'_>, len: usize, bits: u32, pairs: u32, out: &mut [u8]) {
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
