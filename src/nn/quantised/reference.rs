//! Exact evaluation of the integer program in the clear.
//!
//! Products are computed by [`Filters`] in the smallest word that holds every result for inputs of the declared bits, so
//! they are exact for all inputs that fit. Every value is checked to fit its bits.

use alloc::vec;
use alloc::vec::Vec;

use super::error::Overflow;
use super::exact::{Exact, Round, check};
use super::format::Format;
use super::graph::source;
use super::matrix::Matrix;
use super::product::Product;
use super::program::Program;
use crate::linalg::Filters;
use crate::nn::{Architecture, Model};
use crate::ring::Word;

/// Images that are evaluated at once.
pub(super) const BLOCK: usize = 32;
/// Rows of weights that are packed at once.
const STRIP: usize = 16;

/// The program of a model, ready to be evaluated.
pub(super) struct Reference<'a> {
    model: &'a Model,
    program: &'a Program,
    architecture: &'a Architecture,
    products: Vec<Product>,
    input: Format,
}

impl<'a> Reference<'a> {
    /// `architecture` is the program's, with the families of its comparisons.
    pub(super) fn new(
        model: &'a Model,
        program: &'a Program,
        architecture: &'a Architecture,
        input: Format,
    ) -> Self {
        let mut matrices = program.matrices.iter();
        let mut products = Vec::with_capacity(matrices.len());
        for (i, layer) in program.layers.iter().enumerate() {
            let Some(shape) = layer.step().weighted() else { continue };
            let Some(matrix) = matrices.next() else { break };
            let bits = i.checked_sub(1).map_or(input, |before| program.steps[before].format).bits;
            products.push(packed(matrix, shape.groups, matrix.bound(1 << (bits - 1))));
        }
        Self { model, program, architecture, products, input }
    }

    /// From `[images, inputs]` to `[images, outputs]`.
    pub(super) fn run(&self, images: &[i64], mut round: Round<'_>) -> Result<Vec<i64>, Overflow> {
        let inputs: usize = self.model.input().iter().product();
        assert_eq!(images.len() % inputs, 0, "the images are not whole ones of {inputs} elements");
        check("input", images, self.input.bits)?;
        let mut out =
            Vec::with_capacity(images.len() / inputs * self.model.output().iter().product::<usize>());
        for block in images.chunks(BLOCK * inputs) {
            out.extend(self.trace(block, &mut round, &mut |_, _| ())?);
        }
        Ok(out)
    }

    /// As [`run`](Self::run) for few images. Shows every value's number and the value.
    pub(super) fn trace(
        &self,
        images: &[i64],
        round: &mut Round<'_>,
        watch: &mut dyn FnMut(usize, &[i64]),
    ) -> Result<Vec<i64>, Overflow> {
        let layers = &self.program.layers;
        let mut kept: Vec<Vec<i64>> = vec![Vec::new(); layers.len() + 1];
        let mut wanted = vec![false; layers.len() + 1];
        for value in layers.iter().flat_map(|layer| layer.step().earlier()) {
            wanted[*value] = true;
        }
        let mut products = self.products.iter().zip(&self.program.matrices);
        let mut x = images.to_vec();
        for (i, (layer, from)) in layers.iter().zip(&self.program.steps).enumerate() {
            watch(i, &x);
            if wanted[i] {
                kept[i] = x.clone();
            }
            let step = layer.step();
            let product = step.weighted().and_then(|_| products.next());
            let others: Vec<&[i64]> = step.earlier().iter().map(|&value| &kept[value][..]).collect();
            let mut at = Exact {
                name: &self.model.nodes()[from.layer].name,
                before: self.before(from.layer),
                bits: from.format.bits,
                comparison: self.architecture.comparison(i),
                others: &others,
                product: product.map(|(product, matrix)| (product, &matrix.bias[..])),
                dropped: self.architecture.dropped(i + 1),
                round: round.as_mut().map(|round| &mut **round as _),
            };
            x = step.exact(x, &mut at)?;
            at.fits(&x, at.bits)?;
        }
        watch(layers.len(), &x);
        Ok(x)
    }

    /// The name of the layer that gave a layer's value its format; of the input, "input".
    fn before(&self, layer: usize) -> &str {
        let mut value = source(self.model, layer);
        while let Some(layer) = value.checked_sub(1)
            && self.model.nodes()[layer].op.get().role().passes()
        {
            value = source(self.model, layer);
        }
        value.checked_sub(1).map_or("input", |layer| &self.model.nodes()[layer].name)
    }
}

/// A matrix in the smallest word that holds ±`bound`.
fn packed(matrix: &Matrix, groups: usize, bound: i128) -> Product {
    // Its sign takes one bit.
    match 129 - bound.leading_zeros() {
        ..=16 => Product::U16(pack(matrix, groups)),
        17..=32 => Product::U32(pack(matrix, groups)),
        33..=64 => Product::U64(pack(matrix, groups)),
        _ => Product::U128(pack(matrix, groups)),
    }
}

fn pack<W: Word>(matrix: &Matrix, groups: usize) -> Filters<W> {
    let (outputs, inputs) = (matrix.outputs(), matrix.inputs);
    let mut filters = Filters::zeros(outputs, inputs, groups);
    let mut strip = vec![W::zero(); STRIP.min(outputs) * inputs];
    for first in (0..outputs).step_by(STRIP) {
        let count = STRIP.min(outputs - first);
        for (row, out) in (first..).zip(strip.chunks_exact_mut(inputs)).take(count) {
            matrix.write_row(row, out);
        }
        filters.set_rows(first, &strip[..count * inputs]);
    }
    filters
}
