//! A number or zero, chosen by a shared bit, in one round.
//!
//! The dealer shares a random bit ρ as a bit and as a number, a random number s, and ρ·s. With
//! γ = c ⊕ ρ and y = x − s opened at once,
//!
//! c·x = (γ + (1 − 2γ)·ρ)·(y + s) = γ·(y + s) + (1 − 2γ)·(ρ·y + ρ·s),
//!
//! which is linear in what is shared. 1 + k bits are opened, and 2k bits come from the dealer.

use alloc::vec::Vec;
use core::fmt;

use super::kernel;
use crate::offline::loops::{BLOCK, spread};
use crate::offline::planes::{bytes, masked, opened, words};
use crate::offline::rates::ELEMENT;
use crate::offline::{
    Dealing, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Source, Store, Work, Writer,
};
use crate::ring::{self, Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};
use crate::with_word;

const BITS: u64 = 0;
const S: u64 = 1;
const NUMBERS: u64 = 2;
const PRODUCTS: u64 = 3;
const _: () = assert!(crate::offline::apart(&[BITS, S, NUMBERS, PRODUCTS]));

/// Asks for what choosing between numbers and zero takes.
#[derive(Clone, PartialEq, Eq)]
pub struct SelectRequest {
    /// Number of elements.
    pub len: usize,
    /// Their ring.
    pub elements: Elements,
}

impl Kind for SelectRequest {
    const NAME: &'static str = "select";

    fn check(&self, _: usize) -> Result<(), Error> {
        self.elements.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, packed_len(self.len, self.elements.bits).saturating_mul(2)))
    }

    fn memory(&self) -> u128 {
        self.len as u128 * ELEMENT
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let Elements { word, bits } = self.elements;
        with_word!(word, W => deal::<W>(dealing, self.len, bits, out));
        Ok(())
    }

    fn work(&self, parties: usize) -> Work {
        Work::elementwise(self.elements.bytes(self.len), parties)
    }

    fn encode(&self, out: &mut Writer) {
        out.vector(self.len, self.elements);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (len, elements) = from.vector()?;
        Ok(Self { len, elements })
    }
}

impl fmt::Debug for SelectRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Select({}, {})", self.len, self.elements)
    }
}

/// What choosing between the numbers of a vector and zero takes.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::correlation::bits::Select;
/// # use ringshare::{ring::Z2, share::{BitShare, Share}};
/// fn twice(select: Select<Z2<14>>, b: &BitShare, x: &Share<Z2<14>>) {
///     select.mask(b, x);
///     select.mask(b, x);
/// }
/// ```
pub struct Select<R: Ring>(Selector<R::Word>);

impl<R: Ring> Select<R> {
    /// What to ask the dealer for.
    pub fn request(len: usize) -> Request {
        SelectRequest { len, elements: Elements::of::<R>() }.into()
    }

    /// Takes what choosing between `len` elements and zero takes.
    ///
    /// # Errors
    /// If it is not next in the store.
    pub fn take(store: &mut Store, len: usize) -> Result<Self, Error> {
        Ok(Self(Selector::take(store, len, R::BITS)?))
    }

    /// What is to be opened: x − s modulo 2^k, and the bits masked.
    ///
    /// # Panics
    /// If c or x has another length than was dealt for.
    pub fn mask(self, c: &BitShare, x: &Share<R>) -> (Vec<R::Word>, Vec<u8>, Masked<Self>) {
        let (y, bits, selector) = self.0.mask(c, x.expose());
        (y, bits, selector.map(Self))
    }
}

impl<R: Ring> Masked<Select<R>> {
    /// c·x, given both vectors that were opened.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `y` or `bits` has another length than [`Select::mask`] gave.
    pub fn finish(self, y: &[R::Word], bits: &[u8]) -> Result<Share<R>, Error> {
        self.map(|select| select.0).finish(y, bits).map(Share::of)
    }
}

/// [`Select`] for a word, of a ring of any width.
pub(crate) struct Selector<W: Word> {
    source: Source,
    bits: u32,
    s: Scratch<W>,
}

impl<W: Word> Selector<W> {
    pub(crate) fn take(store: &mut Store, len: usize, bits: u32) -> Result<Self, Error> {
        let source = store.take(SelectRequest { len, elements: Elements::held::<W>(bits) })?;
        let mut s = Scratch::zeros(len);
        source.random(S, 0, &mut s);
        Ok(Self { source, bits, s })
    }

    pub(crate) fn mask(self, c: &BitShare, x: &[W]) -> (Vec<W>, Vec<u8>, Masked<Self>) {
        assert_eq!(x.len(), self.s.len(), "values to select and those dealt for");
        let y = x.iter().zip(self.s.iter()).map(|(x, s)| x.wrapping_sub(s)).collect();
        (y, masked(&self.source, BITS, x.len(), &[c]), Masked::new(self))
    }
}

impl<W: Word> Masked<Selector<W>> {
    pub(crate) fn finish(self, y: &[W], opened_bits: &[u8]) -> Result<Scratch<W>, Error> {
        let Selector { source, bits, mut s } = self.into_inner();
        let len = s.len();
        assert_eq!(
            (y.len(), opened_bits.len()),
            (len, bytes(len)),
            "opened values, and bytes of opened bits"
        );
        let own = if source.party() == 0 { W::max_value() } else { W::zero() };
        let mut shares = Scratch::<W>::zeros(2 * BLOCK.min(len));
        let mut gamma = [0; BLOCK / 64];
        for (b, (s, y)) in s.chunks_mut(BLOCK).zip(y.chunks(BLOCK)).enumerate() {
            let at = b * BLOCK;
            let (rho, product) = shares[..2 * y.len()].split_at_mut(y.len());
            source.chosen(NUMBERS, 0, bits, at, rho)?;
            source.chosen(PRODUCTS, packed_len(len, bits), bits, at, product)?;
            let gamma = &mut gamma[..words(y.len())];
            opened(opened_bits, len, 0, at / 64, gamma);
            kernel::select(gamma, y, own, rho, product, s);
        }
        Ok(s)
    }
}

/// The correction of ρ as numbers, and of ρ·s behind them.
fn deal<W: Word>(dealing: &Dealing<'_>, len: usize, bits: u32, out: &mut [u8]) {
    let (mut numbers_out, mut products_out) = out.split_at_mut(packed_len(len, bits));
    let mut rho = Scratch::<u64>::zeros(BLOCK / 64);
    let [mut numbers, mut products] = [(); 2].map(|()| Scratch::<W>::zeros(BLOCK.min(len)));
    for at in (0..len).step_by(BLOCK) {
        let size = (len - at).min(BLOCK);
        let (rho, numbers, products) = (&mut rho[..words(size)], &mut numbers[..size], &mut products[..size]);
        dealing.xor(BITS, at / 64, rho);
        spread(rho, numbers);
        dealing.sum(S, at, products);
        products.iter_mut().zip(&*numbers).for_each(|(s, rho)| *s = s.wrapping_mul(rho));
        dealing.correct(NUMBERS, at, numbers);
        dealing.correct(PRODUCTS, at, products);
        for (values, out) in [(numbers, &mut numbers_out), (products, &mut products_out)] {
            let (now, later) = core::mem::take(out).split_at_mut(packed_len(size, bits));
            ring::pack(values, bits, now);
            *out = later;
        }
    }
}
