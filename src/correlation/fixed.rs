//! The product with a fixed matrix: masked once, used for any number of batches.
//!
//! For a matrix W (the weights of a layer) the mask A is drawn once and E = W − A opened once. A
//! batch x takes a fresh b and the dealer's c = b·Aᵀ. With f = x − b opened,
//!
//! x·Wᵀ = f·Wᵀ + b·Eᵀ + b·Aᵀ, so party i's share is f·W_iᵀ + u_i, where u_i = b_i·Eᵀ + c_i
//!
//! does not depend on the input: each party computes it offline by itself. The online work is one
//! product of the plaintext's size. Opening the one E serves all batches: A masks W alone, and
//! every b is fresh.
//!
//! A convolution is this product with the unfolded image ([`Window::unfold`]) in place of x. Unfolding is linear, so
//! the mask b has the *image's* shape, and x − b is opened as it is, every value once however many windows see it:
//!
//! unfold(x)·Wᵀ = unfold(f)·Wᵀ + unfold(b)·Eᵀ + unfold(b)·Aᵀ.
//!
//! Ishai, Kushilevitz, Meldgaard, Orlandi, Paskin-Cherniavsky, *On the power of
//! correlated randomness in secure computation*, TCC 2013, is the model that this follows.

use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;
use core::marker::PhantomData;
use core::ops::Range;

use num_traits::{WrappingSub, Zero};

use super::{Dealing, Elements, Masked, Request, Source, StoreError};
use crate::linalg::{Filters, Window};
use crate::ring::{self, Ring, Word};
use crate::secret::Scratch;
use crate::share::Share;

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
    groups: usize,
    bits: u32,
    /// Rows masked so far.
    masked: usize,
    ring: PhantomData<R>,
}

impl<R: Ring> FixedMask<R> {
    /// What to ask the dealer for.
    pub fn request(shape: [usize; 2], bits: u32) -> Request {
        Self::request_filters(shape, 1, bits)
    }

    /// What to ask the dealer for, for a matrix in `groups` groups.
    pub fn request_filters([outputs, inputs]: [usize; 2], groups: usize, bits: u32) -> Request {
        Request::FixedMask { outputs, inputs, groups, elements: Elements::low::<R>(bits) }
    }

    pub(crate) fn new(source: Source, matrix: usize, shape: [usize; 2], groups: usize, bits: u32) -> Self {
        Self { source, matrix, shape, groups, bits, masked: 0, ring: PhantomData }
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
    pub fn finish(self, matrices: Option<[Filters<R::Word>; 2]>) -> Fixed<R> {
        let [outputs, inputs] = self.shape;
        let shape = [outputs, inputs, self.groups];
        assert_eq!(self.masked, outputs, "rows masked and rows of the matrix");
        for packed in matrices.iter().flatten() {
            assert_eq!(packed.shape(), shape, "shape of a packed matrix");
        }
        Fixed { matrices, matrix: self.matrix, shape, bits: self.bits }
    }
}

/// A shared matrix W: `[outputs, inputs]` in groups, ready for products: the share W_i and the public E = W − A.
pub struct Fixed<R: Ring> {
    /// `None` in a dry run.
    matrices: Option<[Filters<R::Word>; 2]>,
    matrix: usize,
    /// Outputs, inputs, groups.
    shape: [usize; 3],
    bits: u32,
}

impl<R: Ring> Fixed<R> {
    /// Rows of W: elements of a product's row.
    pub fn outputs(&self) -> usize {
        self.shape[0]
    }

    /// Columns of W: elements of an input's row, of each group's part of it.
    pub fn inputs(&self) -> usize {
        self.shape[1]
    }

    /// The number of groups.
    pub fn groups(&self) -> usize {
        self.shape[2]
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
        self.asked(None, rows)
    }

    /// What to ask the dealer for, for a convolution of `images` images.
    pub fn request_convolution(&self, window: &Window, images: usize) -> Request {
        self.asked(Some(*window), images)
    }

    fn asked(&self, window: Option<Window>, rows: usize) -> Request {
        let [outputs, inputs, groups] = self.shape;
        let elements = Elements::low::<R>(self.bits);
        Request::FixedProduct { matrix: self.matrix, window, rows, outputs, inputs, groups, elements }
    }
}

/// What one product with a fixed matrix takes: b_i and u_i.
pub struct FixedProduct<R: Ring> {
    matrix: usize,
    window: Option<Window>,
    b: Share<R>,
    u: Share<R>,
}

impl<R: Ring> FixedProduct<R> {
    /// The offline half: expands b_i and c_i and computes u_i.
    pub(crate) fn new(
        source: Source,
        fixed: &Fixed<R>,
        window: Option<&Window>,
        rows: usize,
    ) -> Result<Self, StoreError> {
        let [inputs, outputs] = lengths(window, rows, fixed.shape);
        let (mut b, mut u) = (Share::zeros(inputs), Share::zeros(outputs));
        source.random(B, 0, b.expose_mut());
        source.chosen(C, 0, fixed.bits, 0, u.expose_mut())?;
        if let Some([_, difference]) = &fixed.matrices {
            apply(difference, window, b.expose(), u.expose_mut());
        }
        Ok(Self { matrix: fixed.matrix, window: window.copied(), b, u })
    }

    /// The number of the matrix among the session's masked matrices.
    pub(crate) fn matrix(&self) -> usize {
        self.matrix
    }

    /// Elements of the input.
    pub fn inputs(&self) -> usize {
        self.b.len()
    }

    /// Adds a shared row to every row of the product, at every place of a convolution: a layer's bias.
    ///
    /// # Panics
    /// If the row has another length than the product's.
    pub fn add_row(&mut self, row: &Share<R>) {
        if row.is_empty() {
            return;
        }
        assert_eq!(self.u.len() % row.len(), 0, "elements of the product and of a row");
        for u in self.u.expose_mut().chunks_exact_mut(row.len()) {
            crate::share::add(u, row.expose());
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
    /// The product x·Wᵀ: `[rows, outputs]`, or `[images, places, outputs]`, given the opened f. Shares are below 2^bits of the fixed
    /// matrix, so that they say nothing but the product modulo 2^bits however many bits are opened.
    ///
    /// # Panics
    /// If f has another length than [`FixedProduct::mask`] gave, or the product is for another matrix than `fixed`.
    pub fn finish(self, fixed: &Fixed<R>, f: &[R::Word]) -> Share<R> {
        let mut product = self.0;
        assert_eq!(fixed.matrix, product.matrix, "matrix and matrix that the product is for");
        if let Some([weights, _]) = &fixed.matrices {
            apply(weights, product.window.as_ref(), f, product.u.expose_mut());
        }
        // c is shared modulo 2^bits alone: what is above would tell of W and b if it were opened.
        if fixed.bits < R::BITS {
            let mask = R::Word::mask(fixed.bits);
            product.u.expose_mut().iter_mut().for_each(|word| *word = *word & mask);
        }
        product.u
    }
}

/// c += x·Wᵀ of rows x, or of images through a window.
fn apply<W: Word>(weights: &Filters<W>, window: Option<&Window>, x: &[W], c: &mut [W]) {
    match window {
        Some(window) => weights.convolve_add(window, x, c),
        None => weights.multiply_add(x, c),
    }
}

/// Elements of x and of the product.
fn lengths(window: Option<&Window>, rows: usize, [outputs, inputs, groups]: [usize; 3]) -> [usize; 2] {
    match window {
        Some(window) => {
            let [down, across] = window.grid();
            [window.image.iter().product::<usize>() * rows, rows * down * across * outputs]
        }
        None => [rows * groups * inputs, rows * outputs],
    }
}

/// The dealer's copy of A.
pub(super) fn deal_mask<W: Word>(dealing: &Dealing<'_>, [outputs, inputs, groups]: [usize; 3]) -> Filters<W> {
    let mut packed = Filters::zeros(outputs, inputs, groups);
    let mut rows = Scratch::<W>::zeros(strip_rows(inputs).min(outputs) * inputs);
    for strip in strips(outputs, inputs) {
        let rows = &mut rows[..strip.len() * inputs];
        dealing.sum(A, strip.start * inputs, rows);
        packed.set_rows(strip.start, rows);
    }
    packed
}

/// The correction of c = b·Aᵀ; `false` if the mask is of another word or shape. The window fits its image and
/// the shape.
pub(super) fn deal<W: Word>(
    dealing: &Dealing<'_>,
    mask: &(dyn Any + Send),
    shape: [usize; 3],
    (window, rows): (Option<&Window>, usize),
    bits: u32,
    out: &mut [u8],
) -> bool {
    let Some(mask) = mask.downcast_ref::<Filters<W>>() else { return false };
    if mask.shape() != shape {
        return false;
    }
    let [inputs, outputs] = lengths(window, rows, shape);
    let (mut b, mut c) = (Scratch::<W>::zeros(inputs), Scratch::<W>::zeros(outputs));
    dealing.sum(B, 0, &mut b);
    apply(mask, window, &b, &mut c);
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
