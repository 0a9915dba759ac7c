//! From a model with formats to the integer program.

use alloc::vec;
use alloc::vec::Vec;

use super::builder::{Builder, Held, check_format};
use super::clip::{ends, outside};
use super::error::QuantiseError;
use super::format::{Format, Formats};
use super::graph::{Affine, Graph, source};
use super::matrix::{Matrix, Scales};
use super::program::Program;
use crate::linalg::Window;
use crate::nn::{Layer, Model, Op, Rounding, step};
use crate::ring::{nearest, power_of_two};

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
        let x = values[source(model, layer)];
        if let Some(affine) = Affine::of(model, layer) {
            return self.product(&affine, x, want);
        }
        let shape = model.nodes()[layer].shape;
        Ok(match &model.nodes()[layer].op {
            Op::Relu => {
                let shift = self.shift(x.format, want)?;
                let layer = step::Relu { bits: x.format.bits.max(2), shift };
                self.emit(x, layer, shape, want)
            }
            Op::Sign => {
                self.fraction(want, 0, 0)?;
                let sign = self.emit(
                    x,
                    step::Sign { bits: x.format.bits.max(2) },
                    shape,
                    Format { fraction: 0, bits: 2 },
                );
                Held { most: 1, gain: 1., ..sign }
            }
            Op::Clip { low, high } => {
                let ends = ends(x.format, *low, *high);
                let clip = self.clip(x, ends)?;
                let result = self.finish(clip, want)?;
                self.holds(want, outside(x.format, ends), x.format.fraction - want.fraction)?;
                result
            }
            Op::MaxPool { window } => {
                self.fraction(want, 0, x.format.fraction)?;
                let differences = want.bits + x.format.fraction - want.fraction;
                let layer = step::MaxPool { window: *window, bits: differences.max(2) };
                let pooled = self.emit(x, layer, shape, Format { bits: differences, ..x.format });
                self.finish(Held { most: x.most, ..pooled }, want)?
            }
            Op::AveragePool { window } => self.average(x, window, want)?,
            Op::Flatten | Op::Dropout | Op::From { .. } => {
                let x = Held { shape, ..x };
                if want.fraction == x.format.fraction { x } else { self.finish(x, want)? }
            }
            Op::Add { layer: name } => self.add(x, values[model.value(name).unwrap_or(layer)], want)?,
            Op::Softmax => {
                self.fraction(want, 0, x.format.fraction)?;
                let bits = x.format.bits.saturating_sub(x.format.fraction - want.fraction);
                let x = self.finish(x, Format { bits: bits.max(2), ..want })?;
                let layer =
                    step::Softmax { classes: shape[2], bits: x.format.bits + 1, fraction: want.fraction };
                self.emit(x, layer, shape, want)
            }
            Op::Sigmoid | Op::Tanh | Op::Gelu => self.activation(x, want)?,
            _ => x,
        })
    }

    fn product(&mut self, affine: &Affine<'_>, x: Held, want: Format) -> Result<Held, QuantiseError> {
        let name = self.name();
        self.fraction(want, x.format.fraction, 62)?;
        let signs = self.graph.only_signs(self.layer + 1).then_some(x.most);
        let weights = want.fraction - x.format.fraction;
        let half = self.half(want);
        let scales = Scales { weights, results: want.fraction, gain: x.gain, signs, half };
        let matrix = Matrix::new(name, affine, scales)?;
        let (outputs, bits) = (matrix.outputs(), want.bits);
        self.program.matrices.push(matrix);
        let layer: Layer = match affine.window {
            None => step::Linear { inputs: affine.row, outputs, bits }.into(),
            Some((window, groups)) => step::Convolution { window, outputs, groups, bits }.into(),
        };
        let shape = self.graph.model.nodes()[self.layer].shape;
        let z = self.emit(x, layer, shape, want);
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

    /// The sum over every window of n values, which is n times their mean. The factor 2^⌊log2 n⌋ becomes fractional bits.
    /// The rest of n goes into the weights of the next product, or else the sum is multiplied by c ≈ 2^q/n.
    fn average(&mut self, x: Held, window: &Window, want: Format) -> Result<Held, QuantiseError> {
        let values = window.size[0] * window.size[1];
        let grown = self.graph.grown(self.layer, values);
        let shape = self.graph.model.nodes()[self.layer].shape;
        let bits = (x.format.bits + values.next_power_of_two().ilog2()).min(63);
        if grown > 0 || values == 1 {
            let fraction = x.format.fraction + grown;
            self.fraction(want, 0, fraction)?;
            let bits = bits.min(want.bits + fraction - want.fraction);
            let sum = self.emit(x, step::SumPool { window: *window }, shape, Format { fraction, bits });
            let gain = x.gain * (1u64 << grown) as f64 / values as f64;
            return self.finish(Held { gain, ..sum }, want);
        }
        let sum = self.emit(x, step::SumPool { window: *window }, shape, Format { bits, ..x.format });
        self.fraction(want, 0, x.format.fraction)?;
        // 2^11 ≤ c < 2^13, so the relative error of rounding it is at most 2^−12.
        let shift = 11 + values.next_power_of_two().ilog2();
        let factor = nearest(power_of_two(shift as i32) / values as f64, 0, 63).0 as i64;
        let format = Format { fraction: x.format.fraction + shift, bits: bits + 12 };
        let mean = self.emit(sum, step::Scale { factor }, shape, format);
        self.finish(mean, want)
    }

    fn add(&mut self, x: Held, other: Held, want: Format) -> Result<Held, QuantiseError> {
        let (coarse, fine) = if x.format.fraction < other.format.fraction { (x, other) } else { (other, x) };
        let fraction = fine.format.fraction;
        self.fraction(want, 0, fraction)?;
        let bits = want.bits + fraction - want.fraction;
        let up = fraction - coarse.format.fraction;
        let (scaled, fine) = if up == 0 { (x, other) } else { (self.scale(coarse, up)?, fine) };
        self.current(scaled);
        let layer = step::Add { value: fine.value };
        let sum = self.emit(scaled, layer, x.shape, Format { fraction, bits });
        self.finish(sum, want)
    }
}
