//! Beaver triples: a, b random and c = a·b, elementwise or as matrices.
//!
//! With d = x − a and e = y − b public, x·y = d·e + d·b + a·e + c, which is linear in the shares.
//! Donald Beaver, *Efficient multiparty protocols using circuit randomization*, CRYPTO '91.

use alloc::vec::Vec;
use core::fmt;

use crate::linalg::{Packed, multiply_add};
use crate::offline::rates::{self, ELEMENT, RANDOM, STEP};
use crate::offline::{
    Dealing, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Source, Store, Work, Writer,
};
use crate::ring::{Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::Share;
use crate::share::add;
use crate::with_word;

const A: u64 = 0;
const B: u64 = 1;
const C: u64 = 2;
const _: () = assert!(crate::offline::apart(&[A, B, C]));

/// Asks for triples for elementwise products.
#[derive(Clone, PartialEq, Eq)]
pub struct TripleRequest {
    /// Number of elements.
    pub len: usize,
    /// Their ring.
    pub elements: Elements,
}

impl Kind for TripleRequest {
    const NAME: &'static str = "triple";

    fn check(&self, _: usize) -> Result<(), Error> {
        self.elements.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, packed_len(self.len, self.elements.bits)))
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let Elements { word, bits } = self.elements;
        with_word!(word, W => deal::<W>(dealing, self.len, bits, out));
        Ok(())
    }

    fn memory(&self) -> u128 {
        self.len as u128 * ELEMENT
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

impl fmt::Debug for TripleRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Triple({}, {})", self.len, self.elements)
    }
}

/// Asks for a triple for a product `[rows, inner] · [inner, columns]`.
#[derive(Clone, PartialEq, Eq)]
pub struct MatrixTripleRequest {
    /// Rows of the left side.
    pub rows: usize,
    /// Columns of the left, rows of the right side.
    pub inner: usize,
    /// Columns of the right side.
    pub columns: usize,
    /// Their ring.
    pub elements: Elements,
}

impl Kind for MatrixTripleRequest {
    const NAME: &'static str = "matrix-triple";

    fn check(&self, _: usize) -> Result<(), Error> {
        self.elements.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, packed_len(self.rows.saturating_mul(self.columns), self.elements.bits)))
    }

    fn memory(&self) -> u128 {
        let [a, b, c] = [(self.rows, self.inner), (self.inner, self.columns), (self.rows, self.columns)]
            .map(|(rows, columns)| rows as u128 * columns as u128);
        // Rows and columns of nothing are steps of a loop, too.
        let lines = self.rows.max(self.inner).max(self.columns) as u128;
        a.max(b).max(c).max(lines).saturating_mul(ELEMENT)
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let Elements { word, bits } = self.elements;
        let shape = [self.rows, self.inner, self.columns];
        with_word!(word, W => deal_matrix::<W>(dealing, shape, bits, out));
        Ok(())
    }

    fn work(&self, parties: usize) -> Work {
        let [rows, inner, columns] = [self.rows, self.inner, self.columns].map(|size| size as f64);
        let time = rows * inner * columns / rates::products(self.elements.word);
        let sides = (rows * inner + inner * columns + rows * columns) * f64::from(self.elements.word / 8);
        Work {
            online: 2.0 * time + sides * (RANDOM + STEP),
            dealer: time + sides * parties as f64 * RANDOM,
            ..Work::default()
        }
    }

    fn encode(&self, out: &mut Writer) {
        [self.rows, self.inner, self.columns].iter().for_each(|&size| out.number(size as u64));
        out.elements(self.elements);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let [rows, inner, columns] = [from.size()?, from.size()?, from.size()?];
        Ok(Self { rows, inner, columns, elements: from.elements()? })
    }
}

impl fmt::Debug for MatrixTripleRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatrixTriple({}x{}x{}, {})", self.rows, self.inner, self.columns, self.elements)
    }
}

/// Triples for the elementwise product of two vectors.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::Triple, ring::Z2, share::Share};
/// fn twice(triple: Triple<Z2<14>>, x: &Share<Z2<14>>) {
///     triple.mask(x, x);
///     triple.mask(x, x);
/// }
/// ```
pub struct Triple<R: Ring>(Factors<R::Word>);

impl<R: Ring> Triple<R> {
    /// What to ask the dealer for.
    pub fn request(len: usize) -> Request {
        TripleRequest { len, elements: Elements::of::<R>() }.into()
    }

    /// Takes the triples for `len` elements.
    ///
    /// # Errors
    /// If they are not next in the store, or the dealer's correction is malformed.
    pub fn take(store: &mut Store, len: usize) -> Result<Self, Error> {
        Ok(Self(Factors::take(store, len, R::BITS)?))
    }

    /// What is to be opened: x − a, followed by y − b.
    ///
    /// # Panics
    /// If x or y has another length than the triples.
    pub fn mask(self, x: &Share<R>, y: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        let (opened, factors) = self.0.mask(x.expose(), y.expose());
        (opened, factors.map(Self))
    }
}

impl<R: Ring> Masked<Triple<R>> {
    /// The product, given what was opened.
    ///
    /// # Panics
    /// If `opened` has another length than [`Triple::mask`] gave.
    pub fn finish(self, opened: &[R::Word]) -> Share<R> {
        Share::of(self.map(|triple| triple.0).finish(opened))
    }
}

/// [`Triple`] for a word, of a ring of any width.
pub(crate) struct Factors<W: Word> {
    party: usize,
    a: Scratch<W>,
    b: Scratch<W>,
    c: Scratch<W>,
}

impl<W: Word> Factors<W> {
    pub(crate) fn take(store: &mut Store, len: usize, bits: u32) -> Result<Self, Error> {
        let source = store.take(TripleRequest { len, elements: Elements::held::<W>(bits) })?;
        let [a, b, c] = shares(&source, [len; 3], bits)?;
        Ok(Self { party: source.party(), a, b, c })
    }

    pub(crate) fn mask(self, x: &[W], y: &[W]) -> (Vec<W>, Masked<Self>) {
        (masked(x, &self.a, y, &self.b), Masked::new(self))
    }
}

impl<W: Word> Masked<Factors<W>> {
    pub(crate) fn finish(self, opened: &[W]) -> Scratch<W> {
        let Factors { party, a, b, mut c } = self.into_inner();
        assert_eq!(opened.len(), 2 * c.len(), "opened elements");
        let (d, e) = opened.split_at(c.len());
        for (i, c) in c.iter_mut().enumerate() {
            *c = c.wrapping_add(&d[i].wrapping_mul(&b[i])).wrapping_add(&a[i].wrapping_mul(&e[i]));
            if party == 0 {
                *c = c.wrapping_add(&d[i].wrapping_mul(&e[i]));
            }
        }
        c
    }
}

/// A triple for the product of `[rows, inner]` and `[inner, columns]`.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::MatrixTriple, ring::Z2, share::Share};
/// fn twice(triple: MatrixTriple<Z2<14>>, x: &Share<Z2<14>>) {
///     triple.mask(x, x);
///     triple.mask(x, x);
/// }
/// ```
pub struct MatrixTriple<R: Ring> {
    party: usize,
    dry: bool,
    shape: [usize; 3],
    a: Share<R>,
    b: Share<R>,
    c: Share<R>,
}

impl<R: Ring> MatrixTriple<R> {
    /// What to ask the dealer for.
    pub fn request([rows, inner, columns]: [usize; 3]) -> Request {
        MatrixTripleRequest { rows, inner, columns, elements: Elements::of::<R>() }.into()
    }

    /// Takes the triple for a product of the shape `[rows, inner, columns]`.
    ///
    /// # Errors
    /// If it is not next in the store, or the dealer's correction is malformed.
    pub fn take(store: &mut Store, shape: [usize; 3]) -> Result<Self, Error> {
        let [rows, inner, columns] = shape;
        let source =
            store.take(MatrixTripleRequest { rows, inner, columns, elements: Elements::of::<R>() })?;
        let lens = [rows * inner, inner * columns, rows * columns];
        let [a, b, c] = shares(&source, lens, R::BITS)?.map(Share::of);
        Ok(Self { party: source.party(), dry: source.is_dry(), shape, a, b, c })
    }

    /// What is to be opened: x − a, followed by y − b.
    ///
    /// # Panics
    /// If x or y has another length than the triple.
    pub fn mask(self, x: &Share<R>, y: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        self.mask_words(x.expose(), y.expose())
    }

    /// [`mask`](Self::mask) of parts of shares.
    pub(crate) fn mask_words(self, x: &[R::Word], y: &[R::Word]) -> (Vec<R::Word>, Masked<Self>) {
        (masked(x, self.a.expose(), y, self.b.expose()), Masked::new(self))
    }
}

impl<R: Ring> Masked<MatrixTriple<R>> {
    /// The product `[rows, columns]`, given what was opened.
    ///
    /// # Panics
    /// If `opened` has another length than [`MatrixTriple::mask`] gave.
    pub fn finish(self, opened: &[R::Word]) -> Share<R> {
        let mut this = self.into_inner();
        let [rows, inner, columns] = this.shape;
        if this.dry {
            return this.c;
        }
        let (d, e) = opened.split_at(rows * inner);
        // d·b + a·e + d·e, the last at party 0 only: d·(b + e) + a·e there.
        if this.party == 0 {
            add(this.b.expose_mut(), e);
        }
        let b = Packed::from_columns(columns, inner, this.b.expose());
        multiply_add(d, &b, this.c.expose_mut());
        let e = Packed::from_columns(columns, inner, e);
        multiply_add(this.a.expose(), &e, this.c.expose_mut());
        this.c
    }
}

fn shares<W: Word>(source: &Source, lens: [usize; 3], bits: u32) -> Result<[Scratch<W>; 3], Error> {
    let mut shares = lens.map(Scratch::zeros);
    let [a, b, c] = &mut shares;
    source.random(A, 0, a);
    source.random(B, 0, b);
    source.chosen(C, 0, bits, 0, c)?;
    Ok(shares)
}

fn masked<W: Word>(x: &[W], a: &[W], y: &[W], b: &[W]) -> Vec<W> {
    assert_eq!((x.len(), y.len()), (a.len(), b.len()), "elements of the factors and of the triple");
    x.iter().zip(a).chain(y.iter().zip(b)).map(|(x, a)| x.wrapping_sub(a)).collect()
}

/// The correction of c for elementwise products.
fn deal<W: Word>(dealing: &Dealing<'_>, len: usize, bits: u32, out: &mut [u8]) {
    let [mut a, b] = [A, B].map(|section| dealing.sums::<W>(section, len));
    a.iter_mut().zip(b.iter()).for_each(|(a, b)| *a = a.wrapping_mul(b));
    dealing.share(C, &mut a, bits, out);
}

/// The correction of c for a matrix product.
fn deal_matrix<W: Word>(dealing: &Dealing<'_>, shape: [usize; 3], bits: u32, out: &mut [u8]) {
    let [rows, inner, columns] = shape;
    let [a, b] =
        [(A, rows * inner), (B, inner * columns)].map(|(section, len)| dealing.sums::<W>(section, len));
    let mut c = Scratch::<W>::zeros(rows * columns);
    multiply_add(&a, &Packed::from_columns(columns, inner, &b), &mut c);
    dealing.share(C, &mut c, bits, out);
}
