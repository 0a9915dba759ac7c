//! Construction of the integer program, one layer after the other.

use alloc::vec::Vec;

use super::error::QuantiseError;
use super::format::Format;
use super::graph::Graph;
use super::lowering::{Held, Lowering, fraction};
use super::matrix::{Matrix, Scales};
use super::program::{Program, Step};
use crate::nn::{Layer, Rounding, step};

/// Builds a program layer by layer.
pub(super) struct Builder<'a> {
    pub(super) graph: Graph<'a>,
    pub(super) program: Program,
    pub(super) rounding: Rounding,
    /// The fractional bits that are kept of each value of the model ([`Graph::kept`]).
    pub(super) kept: Vec<Option<u32>>,
    /// The layer of the model that is being built.
    pub(super) layer: usize,
}

impl Builder<'_> {
    /// Half a unit of what is kept of a product's results. Added to the bias, it turns rounding down into rounding to the
    /// nearest.
    fn half(&self, results: Format) -> i64 {
        let kept = match self.rounding {
            Rounding::Floor => self.kept[self.layer + 1],
            Rounding::Stochastic => None,
        };
        let dropped = kept.map_or(0, |kept| results.fraction.saturating_sub(kept));
        if dropped > 0 { 1 << (dropped - 1) } else { 0 }
    }

    /// A layer with weights.
    pub(super) fn product(&mut self, x: Held, want: Format) -> Result<Held, QuantiseError> {
        let Some(affine) = self.graph.affine(self.layer) else { return Ok(x) };
        fraction(self.name(), want, x.format.fraction, 62)?;
        let signs = self.graph.only_signs(self.layer + 1).then_some(x.most);
        let weights = want.fraction - x.format.fraction;
        let half = self.half(want);
        let scales = Scales { weights, results: want.fraction, gain: x.gain, signs, half };
        let matrix = Matrix::new(self.name(), &affine, scales)?;
        let (outputs, bits) = (matrix.outputs(), want.bits);
        self.program.matrices.push(matrix);
        let layer: Layer = match affine.window {
            None => step::Linear { inputs: affine.row, outputs, bits }.into(),
            Some((window, groups)) => step::Convolution { window, outputs, groups, bits }.into(),
        };
        let z = self.append(x, layer, self.shape(), want);
        Ok(Held { gain: 1., ..z })
    }

    fn push(&mut self, layer: Layer, shape: [usize; 3], format: Format) {
        self.program.layers.push(layer);
        self.program.steps.push(Step { layer: self.layer, shape, format });
    }
}

impl Builder<'_> {
    /// Makes a value the current one, which the next layer of the program takes.
    pub(super) fn current(&mut self, x: Held) {
        if x.value != self.program.layers.len() {
            self.push(step::From { value: x.value }.into(), x.shape, x.format);
        }
    }
}

impl Lowering for Builder<'_> {
    fn name(&self) -> &str {
        &self.graph.model.nodes()[self.layer].name
    }

    fn rounding(&self) -> Rounding {
        self.rounding
    }

    fn shape(&self) -> [usize; 3] {
        self.graph.model.nodes()[self.layer].shape
    }

    fn grown(&self, values: usize) -> u32 {
        self.graph.grown(self.layer, values)
    }

    fn append(&mut self, x: Held, layer: Layer, shape: [usize; 3], format: Format) -> Held {
        self.current(x);
        self.push(layer, shape, format);
        let most = i64::MAX >> (64 - format.bits.min(63));
        Held { value: self.program.layers.len(), format, gain: x.gain, most: most + 1, shape }
    }
}
