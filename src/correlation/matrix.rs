//! Products with one matrix: masked once, used for any number of batches.
//!
//! For a matrix W (the weights of a layer) the mask A is drawn once, and E = W − A is opened once. A batch x takes a fresh b,
//! and c = b·Aᵀ from the dealer. With f = x − b opened,
//!
//! x·Wᵀ = f·Wᵀ + b·Eᵀ + b·Aᵀ, so party i's share is f·W_iᵀ + u_i, where u_i = b_i·Eᵀ + c_i
//!
//! does not depend on the input: each party computes it by itself, offline. The online work is one product of the same size
//! as in the clear. One opening of E serves all batches: A masks nothing but W, and every b is fresh.
//!
//! **Weights that stay with their owner.** If the owner of W is a party p, its share of W is W, and that of all others is
//! nothing. It hides W as well as random shares do, since W − A alone is opened: u_i is uniform by c, of which everyone has a
//! fresh share. Then the others have no product to compute online, f·0 + u_i, and the owner's is with W itself, whose
//! elements may be small: a matrix of signs takes a bit for each. (An owner who is no party shares W among the parties.)
//!
//! A convolution is this product with the unfolded image ([`Window::unfold`]) in place of x. Unfolding is linear. So the
//! mask b has the shape of the *image*, and x − b is opened before it is unfolded: every value once, however many windows
//! see it.
//!
//! unfold(x)·Wᵀ = unfold(f)·Wᵀ + unfold(b)·Eᵀ + unfold(b)·Aᵀ.
//!
//! The model is that of Ishai, Kushilevitz, Meldgaard, Orlandi, Paskin-Cherniavsky, *On the power of correlated randomness
//! in secure computation*, TCC 2013.

mod layout;
mod request;
mod state;

use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;

use num_traits::{WrappingSub, Zero};

pub(crate) use self::layout::strips;
use self::layout::{A, B, C, apply};
pub use self::request::{MatrixMaskRequest, MatrixProductRequest};
pub(crate) use self::request::{check_groups, check_window, read_window, window_numbers};
use crate::linalg::{Filters, Window};
use crate::offline::{Elements, Error, Masked, Request, SessionTag, Source, Store};
use crate::ring::{Ring, Word};
use crate::share::Share;

/// Which matrix something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixId {
    /// The session in which it was masked.
    pub session: SessionTag,
    /// Its number among the session's masked matrices.
    pub number: usize,
}

/// The share of the mask A of a matrix.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::MatrixMask, ring::Z2};
/// fn twice(mask: MatrixMask<Z2<14>>) {
///     mask.finish(None);
///     mask.finish(None);
/// }
/// ```
pub struct MatrixMask<R> {
    source: Source,
    shape: [usize; 2],
    groups: usize,
    bits: u32,
    /// Rows masked so far.
    masked: usize,
    ring: PhantomData<R>,
}

impl<R: Ring> MatrixMask<R> {
    /// What to ask the dealer for: the mask of a matrix `[outputs, inputs]` in `groups` groups (1 but for convolutions in
    /// groups), for products modulo 2^bits.
    pub fn request(shape: [usize; 2], groups: usize, bits: u32) -> Request {
        Self::kind(shape, groups, bits).into()
    }

    fn kind([outputs, inputs]: [usize; 2], groups: usize, bits: u32) -> MatrixMaskRequest {
        MatrixMaskRequest { outputs, inputs, groups, elements: Elements::low::<R>(bits) }
    }

    /// Takes the mask of a matrix `[outputs, inputs]` in groups, for products and convolutions modulo 2^bits.
    ///
    /// # Errors
    /// If it is not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 1..=k.
    pub fn take(store: &mut Store, shape: [usize; 2], groups: usize, bits: u32) -> Result<Self, Error> {
        assert!((1..=R::BITS).contains(&bits), "{bits} bits of a matrix in a ring of {} bits", R::BITS);
        let source = store.take(Self::kind(shape, groups, bits))?;
        Ok(Self { source, shape, groups, bits, masked: 0, ring: PhantomData })
    }

    /// Outputs and inputs of the matrix.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// Products are right modulo 2^bits.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Room for a matrix of this shape; `None` in a dry run.
    pub fn room(&self) -> Option<Filters<R::Word>> {
        let [outputs, inputs] = self.shape;
        (!self.source.is_dry()).then(|| Filters::modulo(outputs, inputs, self.groups, self.bits))
    }

    /// What is to be opened for the next `rows` rows of W: the share of W − A, for a share of W or, if that is nothing,
    /// `None`.
    ///
    /// # Panics
    /// If `weights` is not `rows` rows, or fewer rows are left.
    pub fn mask(&mut self, rows: usize, weights: Option<&Share<R>>) -> Vec<R::Word> {
        let [outputs, inputs] = self.shape;
        let len = weights.map_or(rows * inputs, Share::len);
        assert_eq!(len, rows * inputs, "weights of {rows} rows");
        assert!(rows <= outputs - self.masked, "{rows} rows more than {} of {outputs}", self.masked);
        let mut masked = vec![R::Word::zero(); len];
        self.source.random(A, self.masked * inputs, &mut masked);
        self.masked += rows;
        match weights {
            Some(weights) => {
                masked.iter_mut().zip(weights.expose()).for_each(|(a, w)| *a = w.wrapping_sub(a));
            }
            None => masked.iter_mut().for_each(|a| *a = R::Word::zero().wrapping_sub(a)),
        }
        masked
    }

    /// The masked matrix, once all rows are there, from the share of W (`None` if that is nothing) and the opened W − A
    /// (`None` in a dry run).
    ///
    /// # Panics
    /// If rows are left, or the matrices are of another shape.
    pub fn finish(
        self,
        weights: Option<Filters<R::Word>>,
        difference: Option<Filters<R::Word>>,
    ) -> MaskedMatrix<R> {
        let [outputs, inputs] = self.shape;
        let shape = [outputs, inputs, self.groups];
        assert_eq!(self.masked, outputs, "rows masked and rows of the matrix");
        for packed in weights.iter().chain(&difference) {
            assert_eq!(packed.shape(), shape, "shape of a packed matrix");
        }
        let id = MatrixId { session: self.source.session(), number: self.source.number() };
        MaskedMatrix { weights, difference, id, shape, bits: self.bits }
    }
}

/// A shared matrix W: `[outputs, inputs]` in groups, ready for products: the share W_i and the public E = W − A.
pub struct MaskedMatrix<R: Ring> {
    /// `None` in a dry run, and where the share is nothing.
    weights: Option<Filters<R::Word>>,
    /// `None` in a dry run.
    difference: Option<Filters<R::Word>>,
    id: MatrixId,
    /// Outputs, inputs, groups.
    shape: [usize; 3],
    bits: u32,
}

impl<R: Ring> MaskedMatrix<R> {
    /// Rows of W: elements of a product's row.
    pub fn outputs(&self) -> usize {
        self.shape[0]
    }

    /// Columns of W: elements of a row of the input, or of each group's part of it.
    pub fn inputs(&self) -> usize {
        self.shape[1]
    }

    /// The number of groups.
    pub fn groups(&self) -> usize {
        self.shape[2]
    }

    /// Which matrix this is.
    pub fn id(&self) -> MatrixId {
        self.id
    }

    /// Products are right modulo 2^bits.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// What to ask the dealer for: a product of `[rows, groups · inputs]`.
    pub fn request(&self, rows: usize) -> Request {
        self.kind(None, rows).into()
    }

    /// What to ask the dealer for, for a convolution of `images` images.
    pub fn request_convolution(&self, window: &Window, images: usize) -> Request {
        self.kind(Some(window), images).into()
    }

    fn kind(&self, window: Option<&Window>, rows: usize) -> MatrixProductRequest {
        let [outputs, inputs, groups] = self.shape;
        let (elements, window) = (Elements::low::<R>(self.bits), window.copied());
        MatrixProductRequest { matrix: self.id.number, window, rows, outputs, inputs, groups, elements }
    }
}

/// What one product with a masked matrix takes: b_i and u_i.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::MatrixProduct, ring::Z2, share::Share};
/// fn twice(product: MatrixProduct<Z2<14>>, x: &Share<Z2<14>>) {
///     product.mask(x);
///     product.mask(x);
/// }
/// ```
pub struct MatrixProduct<R: Ring> {
    matrix: MatrixId,
    window: Option<Window>,
    /// Rows or images of the input.
    rows: usize,
    b: Share<R>,
    u: Share<R>,
}

impl<R: Ring> MatrixProduct<R> {
    /// Takes what a product of `rows` inputs with the matrix needs, or a convolution of `rows` images, and does the offline
    /// part: expands b_i and c_i, and computes u_i.
    ///
    /// # Errors
    /// If it is not next in the store, the store is of another session, or the dealer's correction is malformed.
    pub fn take(
        store: &mut Store,
        matrix: &MaskedMatrix<R>,
        window: Option<&Window>,
        rows: usize,
    ) -> Result<Self, Error> {
        // A dry run may plan for a matrix of whatever session.
        if !store.is_dry() && store.session() != matrix.id.session {
            return Err(Error::Session);
        }
        let asked = matrix.kind(window, rows);
        let [inputs, outputs] = asked.sizes();
        let source = store.take(asked)?;
        let (mut b, mut u) = (Share::zeros(inputs), Share::zeros(outputs));
        source.random(B, 0, b.expose_mut());
        source.chosen(C, 0, matrix.bits, 0, u.expose_mut())?;
        if let Some(difference) = &matrix.difference {
            apply(difference, window, matrix.bits, b.expose(), u.expose_mut());
        }
        Ok(Self { matrix: matrix.id, window: window.copied(), rows, b, u })
    }

    /// Which matrix this is a product with.
    pub fn matrix(&self) -> MatrixId {
        self.matrix
    }

    /// Rows or images of the input.
    pub fn rows(&self) -> usize {
        self.rows
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
        crate::share::add_row(self.u.expose_mut(), row.expose());
    }

    /// What is to be opened: x − b, modulo 2^bits of the matrix.
    ///
    /// # Panics
    /// If x has another length than the product is for.
    pub fn mask(self, x: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        assert_eq!(x.len(), self.b.len(), "elements of the input and of its mask");
        let f = x.expose().iter().zip(self.b.expose()).map(|(x, b)| x.wrapping_sub(b)).collect();
        (f, Masked::new(self))
    }
}

impl<R: Ring> Masked<MatrixProduct<R>> {
    /// The product x·Wᵀ, `[rows, outputs]` or `[images, places, outputs]`, given the opened f. The shares are reduced modulo
    /// 2^bits, for the bits of the matrix, so that they tell nothing but the product modulo 2^bits however many bits are
    /// opened.
    ///
    /// # Panics
    /// If f has another length than [`MatrixProduct::mask`] gave, or the product is for another matrix than `matrix`.
    pub fn finish(self, matrix: &MaskedMatrix<R>, f: &[R::Word]) -> Share<R> {
        let mut product = self.into_inner();
        assert_eq!(matrix.id, product.matrix, "matrix and matrix that the product is for");
        if let Some(weights) = &matrix.weights {
            apply(weights, product.window.as_ref(), matrix.bits, f, product.u.expose_mut());
        }
        // c is shared modulo 2^bits alone: what is above would tell of W and b if it were opened.
        if matrix.bits < R::BITS {
            let mask = R::Word::mask(matrix.bits);
            product.u.expose_mut().iter_mut().for_each(|word| *word = *word & mask);
        }
        product.u
    }
}
