//! The product with a fixed matrix: masked once, used for any number of batches.
//!
//! For a matrix W (the weights of a layer) the mask A is drawn once and E = W − A opened once. A
//! batch x takes a fresh b and the dealer's c = b·Aᵀ. With f = x − b opened,
//!
//! x·Wᵀ = f·Wᵀ + b·Eᵀ + b·Aᵀ, so party i's share is f·W_iᵀ + u_i, where u_i = b_i·Eᵀ + c_i
//!
//! does not depend on the input: each party computes it offline by itself. The online work is one
//! product of the plaintext's size. Opening the one E serves all batches: A masks W alone, and
//! every b is fresh. Ishai, Kushilevitz, Meldgaard, Orlandi, Paskin-Cherniavsky, *On the power of
//! correlated randomness in secure computation*, TCC 2013, is the model that this follows.

use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;
use core::marker::PhantomData;
use core::ops::Range;

use num_traits::{WrappingSub, Zero};

use super::{Dealing, Elements, Masked, Request, Source, StoreError};
use crate::linalg::{Packed, multiply_add};
use crate::ring::{self, Ring, Word};
use crate::share::{Scratch, Share};

const A: u64 = 0;
const B: u64 = 1;
const C: u64 = 2;
const _: () = assert!(super::source::apart(&[A, B, C]));

/// Elements that are masked, opened or packed at a time: bounds the memory of the setup.
pub(crate) const STRIP: usize = 1 << 20;

/// The share of the mask A of a matrix.
pub struct FixedMask<R> {
    source: Source,
    matrix: usize,
    shape: [usize; 2],
    bits: u32,
    /// Rows masked so far.
    masked: usize,
    ring: PhantomData<R>,
}

impl<R: Ring> FixedMask<R> {
    /// What to ask the dealer for.
    pub fn request([outputs, inputs]: [usize; 2], bits: u32) -> Request {
        Request::FixedMask { outputs, inputs, elements: Elements::low::<R>(bits) }
    }

    pub(crate) fn new(source: Source, matrix: usize, shape: [usize; 2], bits: u32) -> Self {
        Self { source, matrix, shape, bits, masked: 0, ring: PhantomData }
    }

    /// What is to be opened for the next `rows` rows of W: the share of W − A.
    ///
    /// # Panics
    /// If `weights` is not that many rows, or the matrix has not that many left.
    pub fn mask(&mut self, rows: usize, weights: &Share<R>) -> Vec<R::Word> {
        let [outputs, inputs] = self.shape;
        assert_eq!(weights.len(), rows * inputs, "weights of {rows} rows");
        assert!(rows <= outputs - self.masked, "{rows} rows more than {} of {outputs}", self.masked);
        let mut masked = vec![R::Word::zero(); weights.len()];
        self.source.random(A, self.masked * inputs, &mut masked);
        self.masked += rows;
        masked.iter_mut().zip(weights.expose()).for_each(|(a, w)| *a = w.wrapping_sub(a));
        masked
    }

    /// The matrix, once all rows are there: the share of W and the opened W − A; `None` in a dry run.
    ///
    /// # Panics
    /// If rows are left, or the matrices are of another shape.
    pub fn finish(self, matrices: Option<[Packed<R::Word>; 2]>) -> Fixed<R> {
        let [outputs, inputs] = self.shape;
        assert_eq!(self.masked, outputs, "rows masked and rows of the matrix");
        for packed in matrices.iter().flatten() {
            assert_eq!([packed.outputs(), packed.inputs()], self.shape, "shape of a packed matrix");
        }
        Fixed { matrices, matrix: self.matrix, outputs, inputs, bits: self.bits }
    }
}

/// A shared matrix W: `[outputs, inputs]`, ready for products: the share W_i and the public E = W − A.
pub struct Fixed<R: Ring> {
    /// `None` in a dry run.
    matrices: Option<[Packed<R::Word>; 2]>,
    matrix: usize,
    outputs: usize,
    inputs: usize,
    bits: u32,
}

impl<R: Ring> Fixed<R> {
    /// Rows of W: elements of a product's row.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Columns of W: elements of an input's row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Its number among the session's masked matrices.
    pub(crate) fn matrix(&self) -> usize {
        self.matrix
    }

    /// Products are right modulo 2^bits.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// What to ask the dealer for.
    pub fn request(&self, rows: usize) -> Request {
        Request::FixedProduct {
            matrix: self.matrix,
            rows,
            outputs: self.outputs,
            inputs: self.inputs,
            elements: Elements::low::<R>(self.bits),
        }
    }
}

/// What one product with a fixed matrix takes: b_i and u_i.
pub struct FixedProduct<R: Ring> {
    matrix: usize,
    b: Share<R>,
    u: Share<R>,
}

impl<R: Ring> FixedProduct<R> {
    /// The offline half: expands b_i and c_i and computes u_i.
    pub(crate) fn new(source: Source, fixed: &Fixed<R>, rows: usize) -> Result<Self, StoreError> {
        let mut b = Share::zeros(rows * fixed.inputs);
        let mut u = Share::zeros(rows * fixed.outputs);
        source.random(B, 0, b.expose_mut());
        source.chosen(C, 0, fixed.bits, 0, u.expose_mut())?;
        if let Some([_, difference]) = &fixed.matrices {
            multiply_add(b.expose(), difference, u.expose_mut());
        }
        Ok(Self { matrix: fixed.matrix, b, u })
    }

    /// The number of the matrix among the session's masked matrices.
    pub(crate) fn matrix(&self) -> usize {
        self.matrix
    }

    /// Elements of the input, rows · inputs.
    pub fn inputs(&self) -> usize {
        self.b.len()
    }

    /// Adds a shared row to every row of the product: a layer's bias.
    ///
    /// # Panics
    /// If the row has another length than the product's.
    pub fn add_row(&mut self, row: &Share<R>) {
        if row.is_empty() {
            return;
        }
        assert_eq!(self.u.len() % row.len(), 0, "elements of the product and of a row");
        for u in self.u.expose_mut().chunks_exact_mut(row.len()) {
            super::source::add(u, row.expose());
        }
    }

    /// What is to be opened: x − b, modulo 2^bits of the fixed matrix.
    ///
    /// # Panics
    /// If x has another length than the product is for.
    pub fn mask(self, x: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        assert_eq!(x.len(), self.b.len(), "elements of the input and of its mask");
        let f = x.expose().iter().zip(self.b.expose()).map(|(x, b)| x.wrapping_sub(b)).collect();
        (f, Masked(self))
    }
}

impl<R: Ring> Masked<FixedProduct<R>> {
    /// The product x·Wᵀ: `[rows, outputs]`, given f: `[rows, inputs]`. Shares are below 2^bits of the fixed
    /// matrix, so that they say nothing but the product modulo 2^bits however many bits are opened.
    ///
    /// # Panics
    /// If f has another length than [`FixedProduct::mask`] gave, or the product is for another matrix than `fixed`.
    pub fn finish(self, fixed: &Fixed<R>, f: &[R::Word]) -> Share<R> {
        let mut product = self.0;
        assert_eq!(fixed.matrix, product.matrix, "matrix and matrix that the product is for");
        if let Some([weights, _]) = &fixed.matrices {
            multiply_add(f, weights, product.u.expose_mut());
        }
        // c is shared modulo 2^bits alone: what is above would tell of W and b if it were opened.
        if fixed.bits < R::BITS {
            let mask = R::Word::mask(fixed.bits);
            product.u.expose_mut().iter_mut().for_each(|word| *word = *word & mask);
        }
        product.u
    }
}

/// The dealer's copy of A.
pub(super) fn deal_mask<W: Word>(dealing: &Dealing<'_>, [outputs, inputs]: [usize; 2]) -> Packed<W> {
    let mut packed = Packed::zeros(outputs, inputs);
    let mut rows = Scratch::<W>::zeros(strip_rows(inputs).min(outputs) * inputs);
    for strip in strips(outputs, inputs) {
        let rows = &mut rows[..strip.len() * inputs];
        dealing.sum(A, strip.start * inputs, rows);
        packed.set_rows(strip.start, rows);
    }
    packed
}

/// The correction of c = b·Aᵀ; `false` if the mask is of another word or shape.
pub(super) fn deal<W: Word>(
    dealing: &Dealing<'_>,
    mask: &(dyn Any + Send),
    [rows, outputs, inputs]: [usize; 3],
    bits: u32,
    out: &mut [u8],
) -> bool {
    let Some(mask) = mask.downcast_ref::<Packed<W>>() else { return false };
    if (mask.outputs(), mask.inputs()) != (outputs, inputs) {
        return false;
    }
    let mut b = Scratch::<W>::zeros(rows * mask.inputs());
    let mut c = Scratch::<W>::zeros(rows * mask.outputs());
    dealing.sum(B, 0, &mut b);
    multiply_add(&b, mask, &mut c);
    dealing.correct(C, 0, &mut c);
    ring::pack(&c, bits, out);
    true
}

fn strip_rows(inputs: usize) -> usize {
    // Whole panels of rows, whatever the kernels' panel is.
    (STRIP / inputs.max(1)).max(1).next_multiple_of(64)
}

/// The rows of a matrix, strip by strip.
pub(crate) fn strips(outputs: usize, inputs: usize) -> impl Iterator<Item = Range<usize>> {
    let step = strip_rows(inputs);
    (0..outputs).step_by(step).map(move |start| start..(start + step).min(outputs))
}
