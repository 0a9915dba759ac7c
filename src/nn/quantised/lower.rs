//! From a model with formats to the integer program.

use alloc::vec;
use alloc::vec::Vec;

use super::builder::{Builder, Held, check_format};
use super::error::QuantiseError;
use super::format::{Format, Formats};
use super::graph::{Graph, others};
use super::matrix::{Matrix, Scales};
use super::program::Program;
use crate::nn::{Layer, Model, Rounding, step};

/// The program of a model, for inputs of at most `most` in magnitude.
///
/// # Errors
/// The first layer whose format does not fit, or a program that fits no ring.
pub(super) fn lower(
    model: &Model,
    formats: &Formats,
    rounding: Rounding,
    most: i64,
) -> Result<Program, QuantiseError> {
    let (expected, found) = (model.nodes().len(), formats.layers.len());
    if expected != found {
        return Err(QuantiseError::Count { what: "formats of layers", expected, found });
    }
    let program = Program { layers: vec![], steps: vec![], matrices: vec![], ring: 16 };
    let graph = Graph::new(model);
    let kept = graph.kept(&|layer| formats.layers[layer].fraction);
    let mut builder = Builder { graph, program, rounding, kept, layer: 0 };
    let format = formats.input;
    check_format("input", format)?;
    let mut values = Vec::from([Held { value: 0, format, gain: 1., most, shape: model.input() }]);
    for (layer, &want) in formats.layers.iter().enumerate() {
        builder.layer = layer;
        check_format(builder.name(), want)?;
        let value = builder.lower(&values, want)?;
        values.push(value);
    }
    let last = values[values.len() - 1];
    builder.current(last);
    let mut program = builder.program;
    program.widen(formats.input, last.format);
    program.check_ring(model)?;
    Ok(program)
}

impl Builder<'_> {
    fn lower(&mut self, values: &[Held], want: Format) -> Result<Held, QuantiseError> {
        let (model, layer) = (self.graph.model, self.layer);
        let others: Vec<Held> = others(model, layer).map(|value| values[value]).collect();
        model.nodes()[layer].op.get().lower(self, values[layer], &others, want)
    }

    /// A layer with weights.
    pub(in crate::nn) fn product(&mut self, x: Held, want: Format) -> Result<Held, QuantiseError> {
        let Some(affine) = self.graph.affine(self.layer) else { return Ok(x) };
        let name = self.name();
        self.fraction(want, x.format.fraction, 62)?;
        let signs = self.graph.only_signs(self.layer + 1).then_some(x.most);
        let weights = want.fraction - x.format.fraction;
        let half = self.half(want);
        let scales = Scales { weights, results: want.fraction, gain: x.gain, signs, half };
        let matrix = Matrix::new(name, &affine, scales)?;
        let (outputs, bits) = (matrix.outputs(), want.bits);
        self.program.matrices.push(matrix);
        let layer: Layer = match affine.window {
            None => step::Linear { inputs: affine.row, outputs, bits }.into(),
            Some((window, groups)) => step::Convolution { window, outputs, groups, bits }.into(),
        };
        let z = self.emit(x, layer, self.shape(), want);
        Ok(Held { gain: 1., ..z })
    }

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
}
