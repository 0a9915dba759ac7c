//! Layers with weights.

use alloc::vec::Vec;

use crate::correlation::matrix::strips;
use crate::correlation::{MaskedMatrix, MatrixProduct};
use crate::linalg::{Filters, Window};
use crate::offline::{DecodeError, Reader, StateId};
use crate::protocol::{Error, Party, WriteRow, written};
use crate::ring::{Ring, Word};
use crate::secret::Scratch;
use crate::share::Share;

/// A model's weights, as its owner has them. Layers are counted over the linear ones and the convolutions, from 0.
pub trait Weights<W> {
    /// Writes a row of a layer's W: `[inputs]`, or of a convolution `[size[0], size[1], channels / groups]`.
    fn row(&self, layer: usize, row: usize, out: &mut [W]);
    /// Writes a layer's bias, `[outputs]`.
    fn bias(&self, layer: usize, out: &mut [W]);
    /// Whether all of a layer's W is −1 and +1, which is public then.
    fn are_signs(&self, _layer: usize) -> bool {
        false
    }
}

/// A layer's weights: `[outputs, inputs]` and `[outputs]`.
#[derive(Clone, Copy)]
pub(in crate::nn) struct Shape {
    pub(in crate::nn) outputs: usize,
    /// Elements of a row of W.
    pub(in crate::nn) inputs: usize,
    /// Of a convolution.
    pub(in crate::nn) window: Option<Window>,
    pub(in crate::nn) groups: usize,
    pub(in crate::nn) bits: u32,
}

/// A layer's weights, as this party has them.
pub(super) struct Weighted<R: Ring> {
    shape: Shape,
    matrix: Matrix<R>,
}

enum Matrix<R: Ring> {
    Secret { weights: MaskedMatrix<R>, bias: Share<R> },
    Public { weights: Filters<R::Word>, bias: Vec<R::Word> },
}

impl Shape {
    /// The number of weights.
    pub(in crate::nn) fn weights(&self) -> usize {
        self.outputs * self.inputs
    }
}

impl<R: Ring> Weighted<R> {
    /// Masks the weights of a party, who gives them and keeps them.
    pub(super) fn share(
        party: &mut Party,
        owner: usize,
        number: usize,
        shape: Shape,
        weights: Option<&dyn Weights<R::Word>>,
    ) -> Result<Self, Error> {
        let bias = weights.map(|weights| {
            let mut bias = Scratch::<R::Word>::zeros(shape.outputs);
            weights.bias(number, &mut bias);
            bias
        });
        let bias = party.input(owner, shape.outputs, bias.as_deref())?;
        let row = weights.map(|weights| move |row: usize, out: &mut [R::Word]| weights.row(number, row, out));
        let row = row.as_ref().map(|row| row as WriteRow<'_, R::Word>);
        let dims = [shape.outputs, shape.inputs];
        let signs = shape.groups == 1 && weights.is_some_and(|weights| weights.are_signs(number));
        let weights = match signs {
            true => party.input_signs(owner, dims, shape.bits, row)?,
            false => party.input_filters(owner, dims, shape.groups, shape.bits, row)?,
        };
        Ok(Self { shape, matrix: Matrix::Secret { weights, bias } })
    }

    /// Masks weights of which every party gives its share.
    pub(super) fn of_shares(
        party: &mut Party,
        number: usize,
        shape: Shape,
        shares: Option<&dyn Weights<R::Word>>,
    ) -> Result<Self, Error> {
        let mut bias = Share::zeros(shape.outputs);
        if let Some(shares) = shares {
            shares.bias(number, bias.expose_mut());
        }
        let dims = [shape.outputs, shape.inputs];
        let weights = party.mask_filters(dims, shape.groups, shape.bits, |_, strip| {
            let row = |row: usize, out: &mut [R::Word]| {
                if let Some(shares) = shares {
                    shares.row(number, row, out);
                }
            };
            Ok(written(&row, strip, shape.inputs))
        })?;
        Ok(Self { shape, matrix: Matrix::Secret { weights, bias } })
    }

    /// Takes the weights that everyone has.
    pub(super) fn public(number: usize, shape: Shape, weights: &dyn Weights<R::Word>) -> Self {
        let mut bias = alloc::vec![R::Word::default(); shape.outputs];
        weights.bias(number, &mut bias);
        let mut filters = Filters::modulo(shape.outputs, shape.inputs, shape.groups, shape.bits);
        let row = |row: usize, out: &mut [R::Word]| weights.row(number, row, out);
        for strip in strips(shape.outputs, shape.inputs) {
            let first = strip.start;
            filters.set_rows(first, written::<R>(&row, strip, shape.inputs).expose());
        }
        Self { shape, matrix: Matrix::Public { weights: filters, bias } }
    }

    /// The share of the weights and of the bias; none where they are public.
    pub(super) fn secret(&self) -> Option<(&MaskedMatrix<R>, &Share<R>)> {
        match &self.matrix {
            Matrix::Secret { weights, bias } => Some((weights, bias)),
            Matrix::Public { .. } => None,
        }
    }

    /// Reads the share of a layer of this shape.
    pub(super) fn read(shape: Shape, from: &mut Reader<'_>, id: &StateId) -> Result<Self, DecodeError> {
        let weights = MaskedMatrix::<R>::read(from, id)?;
        let bias = from.part(Share::<R>::read)?;
        let found = [weights.outputs(), weights.inputs(), weights.groups(), weights.bits() as usize];
        let expected = [shape.outputs, shape.inputs, shape.groups, shape.bits as usize];
        if found != expected || bias.len() != shape.outputs {
            return Err(DecodeError::Shape { what: "shape of a layer" });
        }
        Ok(Self { shape, matrix: Matrix::Secret { weights, bias } })
    }

    /// Reads a product with these weights; none where they are public.
    pub(super) fn read_product(
        &self,
        from: &mut Reader<'_>,
    ) -> Result<Option<MatrixProduct<R>>, DecodeError> {
        let read = |(weights, _)| MatrixProduct::read(from, weights);
        self.secret().map(read).transpose()
    }

    /// The offline half of a product.
    pub(super) fn prepare(&self, party: &mut Party, rows: usize) -> Result<Option<MatrixProduct<R>>, Error> {
        let Matrix::Secret { weights, bias } = &self.matrix else { return Ok(None) };
        let mut product = match &self.shape.window {
            None => party.prepare_product(weights, rows)?,
            Some(window) => party.prepare_convolution(weights, window, rows)?,
        };
        product.add_row(bias);
        Ok(Some(product))
    }

    /// The online half: x of `rows` rows, whose result has `outputs` elements.
    pub(super) fn apply(
        &self,
        party: &mut Party,
        product: Option<MatrixProduct<R>>,
        x: &Share<R>,
        outputs: usize,
    ) -> Result<Share<R>, Error> {
        match (&self.matrix, product) {
            (Matrix::Secret { weights, .. }, Some(product)) => party.product(weights, product, x),
            (Matrix::Public { weights, bias }, None) => {
                Ok(self.multiply(party.id(), party.is_dry(), weights, bias, x, outputs))
            }
            (Matrix::Secret { .. }, None) => Err(another(1, 0)),
            (Matrix::Public { .. }, Some(_)) => Err(another(0, 1)),
        }
    }

    /// x·Wᵀ + b for public W and b. As in every product only the low bits are kept; higher bits may be wrong.
    fn multiply(
        &self,
        party: usize,
        dry: bool,
        weights: &Filters<R::Word>,
        bias: &[R::Word],
        x: &Share<R>,
        outputs: usize,
    ) -> Share<R> {
        let mut out = Share::zeros(outputs);
        if dry {
            return out;
        }
        if party == 0 {
            out.expose_mut().chunks_exact_mut(bias.len()).for_each(|out| out.copy_from_slice(bias));
        }
        match &self.shape.window {
            None => weights.multiply_add(x.expose(), out.expose_mut()),
            Some(window) => {
                weights.convolve_add_modulo(window, self.shape.bits, x.expose(), out.expose_mut());
            }
        }
        let mask = R::Word::mask(self.shape.bits);
        out.expose_mut().iter_mut().for_each(|word| *word = *word & mask);
        out
    }
}

/// A batch that was prepared for another model.
fn another(expected: usize, found: usize) -> Error {
    Error::Shape { what: "products of a layer of a prepared batch", expected, found }
}
