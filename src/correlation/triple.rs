//! Beaver triples: a, b random and c = a·b, elementwise or as matrices.
//!
//! With d = x − a and e = y − b public, x·y = d·e + d·b + a·e + c, which is linear in the shares.
//! Donald Beaver, *Efficient multiparty protocols using circuit randomization*, CRYPTO '91.

use alloc::vec::Vec;

use num_traits::{WrappingAdd, WrappingMul, WrappingSub};

use super::{Dealing, Elements, Masked, Request, Source, StoreError};
use crate::linalg::{Packed, multiply_add};
use crate::ring::{self, Ring, Word};
use crate::secret::Scratch;
use crate::share::Share;
use crate::share::add;

const A: u64 = 0;
const B: u64 = 1;
const C: u64 = 2;
const _: () = assert!(super::source::apart(&[A, B, C]));

/// Triples for the elementwise product of two vectors.
pub struct Triple<R: Ring> {
    party: usize,
    a: Share<R>,
    b: Share<R>,
    c: Share<R>,
}

impl<R: Ring> Triple<R> {
    /// What to ask the dealer for.
    pub fn request(len: usize) -> Request {
        Request::Triple { len, elements: Elements::of::<R>() }
    }

    pub(crate) fn new(source: Source, len: usize) -> Result<Self, StoreError> {
        let [a, b, c] = shares(&source, [len; 3])?;
        Ok(Self { party: source.party(), a, b, c })
    }

    /// What is to be opened: x − a, and y − b behind it.
    ///
    /// # Panics
    /// If x or y has another length than the triples.
    pub fn mask(self, x: &Share<R>, y: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        (masked(x, &self.a, y, &self.b), Masked(self))
    }
}

impl<R: Ring> Masked<Triple<R>> {
    /// The product, given what was opened.
    ///
    /// # Panics
    /// If `opened` has another length than [`Triple::mask`] gave.
    pub fn finish(self, opened: &[R::Word]) -> Share<R> {
        let mut this = self.0;
        assert_eq!(opened.len(), 2 * this.c.len(), "opened elements");
        let (d, e) = opened.split_at(this.c.len());
        let (a, b) = (this.a.expose(), this.b.expose());
        for (i, c) in this.c.expose_mut().iter_mut().enumerate() {
            *c = c.wrapping_add(&d[i].wrapping_mul(&b[i])).wrapping_add(&a[i].wrapping_mul(&e[i]));
            if this.party == 0 {
                *c = c.wrapping_add(&d[i].wrapping_mul(&e[i]));
            }
        }
        this.c
    }
}

/// A triple for the product of `[rows, inner]` and `[inner, columns]`.
pub struct MatrixTriple<R: Ring> {
    party: usize,
    shape: [usize; 3],
    a: Share<R>,
    b: Share<R>,
    c: Share<R>,
}

impl<R: Ring> MatrixTriple<R> {
    /// What to ask the dealer for.
    pub fn request([rows, inner, columns]: [usize; 3]) -> Request {
        Request::MatrixTriple { rows, inner, columns, elements: Elements::of::<R>() }
    }

    pub(crate) fn new(source: Source, shape: [usize; 3]) -> Result<Self, StoreError> {
        let [rows, inner, columns] = shape;
        let [a, b, c] = shares(&source, [rows * inner, inner * columns, rows * columns])?;
        Ok(Self { party: source.party(), shape, a, b, c })
    }

    /// What is to be opened: x − a, and y − b behind it.
    ///
    /// # Panics
    /// If x or y has another length than the triple.
    pub fn mask(self, x: &Share<R>, y: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        (masked(x, &self.a, y, &self.b), Masked(self))
    }
}

impl<R: Ring> Masked<MatrixTriple<R>> {
    /// The product `[rows, columns]`, given what was opened.
    ///
    /// # Panics
    /// If `opened` has another length than [`MatrixTriple::mask`] gave.
    pub fn finish(self, opened: &[R::Word]) -> Share<R> {
        let mut this = self.0;
        let [rows, inner, columns] = this.shape;
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

fn shares<R: Ring>(source: &Source, lens: [usize; 3]) -> Result<[Share<R>; 3], StoreError> {
    let [mut a, mut b, mut c] = lens.map(Share::zeros);
    source.random(A, 0, a.expose_mut());
    source.random(B, 0, b.expose_mut());
    source.chosen(C, 0, R::BITS, 0, c.expose_mut())?;
    Ok([a, b, c])
}

fn masked<R: Ring>(x: &Share<R>, a: &Share<R>, y: &Share<R>, b: &Share<R>) -> Vec<R::Word> {
    assert_eq!((x.len(), y.len()), (a.len(), b.len()), "elements of the factors and of the triple");
    let left = x.expose().iter().zip(a.expose());
    let right = y.expose().iter().zip(b.expose());
    left.chain(right).map(|(x, a)| x.wrapping_sub(a)).collect()
}

/// The correction of c for elementwise products.
pub(super) fn deal<W: Word>(dealing: &Dealing<'_>, len: usize, bits: u32, out: &mut [u8]) {
    let [mut a, mut b] = [(); 2].map(|()| Scratch::<W>::zeros(len));
    dealing.sum(A, 0, &mut a);
    dealing.sum(B, 0, &mut b);
    a.iter_mut().zip(b.iter()).for_each(|(a, b)| *a = a.wrapping_mul(b));
    dealing.correct(C, 0, &mut a);
    ring::pack(&a, bits, out);
}

/// The correction of c for a matrix product.
pub(super) fn deal_matrix<W: Word>(dealing: &Dealing<'_>, shape: [usize; 3], bits: u32, out: &mut [u8]) {
    let [rows, inner, columns] = shape;
    let [mut a, mut b] = [rows * inner, inner * columns].map(Scratch::<W>::zeros);
    let mut c = Scratch::<W>::zeros(rows * columns);
    dealing.sum(A, 0, &mut a);
    dealing.sum(B, 0, &mut b);
    multiply_add(&a, &Packed::from_columns(columns, inner, &b), &mut c);
    dealing.correct(C, 0, &mut c);
    ring::pack(&c, bits, out);
}
