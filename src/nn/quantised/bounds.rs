//! Bounds on the difference between stochastic rounding and the reference.
//!
//! Let e be the greatest error of a value, channel by channel, in units of its last place. Each layer says what the
//! greatest error of its result is then; that of W·x + b is |W|·e. The bound holds for every input and every outcome of
//! rounding, so with many layers it is far above typical errors.

use alloc::vec;
use alloc::vec::Vec;
use core::iter;

use super::Quantised;
use super::matrix::Matrix;
use crate::nn::step::Errors;
use crate::ring::power_of_two;

impl Quantised {
    /// The greatest difference, for any input, between outputs under
    /// [`Rounding::Stochastic`](crate::nn::Rounding::Stochastic) and those of [`reference`](Self::reference): `[outputs]`,
    /// in units of the last layer's format.
    pub fn bounds(&self) -> Vec<f64> {
        let mut off = vec![vec![0f64; self.model.input()[2]]];
        let mut matrices = self.program.matrices.iter();
        for (i, (layer, step)) in self.program.layers.iter().zip(&self.program.steps).enumerate() {
            let layer = layer.step();
            let matrix = layer.weighted().and_then(|_| matrices.next());
            let others: Vec<&[f64]> = layer.earlier().iter().map(|&value| &off[value][..]).collect();
            let most: Vec<f64> =
                iter::once(&i).chain(layer.earlier()).map(|&value| self.largest(value)).collect();
            let at = Errors {
                others: &others,
                most: &most,
                channels: step.shape[2],
                slack: self.architecture().slack(i + 1),
                product: &|groups, channels, e| {
                    matrix.map_or(vec![], |matrix| product(matrix, groups, channels, e))
                },
            };
            let result = layer.error(&off[i], &at);
            off.push(channels(result, step.shape[2]));
        }
        let last = off.pop().unwrap_or_default();
        let outputs = self.architecture().outputs();
        (0..outputs).map(|i| last[i % last.len()]).collect()
    }

    /// The greatest magnitude that the bits of a value of the program hold.
    fn largest(&self, value: usize) -> f64 {
        let before = value.checked_sub(1);
        let format = before.map_or(self.formats.input, |layer| self.program.steps[layer].format);
        power_of_two(format.bits as i32 - 1)
    }
}

/// The greatest errors of channels, of those of all elements.
fn channels(e: Vec<f64>, channels: usize) -> Vec<f64> {
    if e.len() <= channels || !e.len().is_multiple_of(channels) {
        return e;
    }
    (0..channels)
        .map(|channel| e.iter().skip(channel).step_by(channels).fold(0., |all, &e| e.max(all)))
        .collect()
}

/// |W|·e for images of `channels` channels. A vector x of fewer elements is repeated.
fn product(matrix: &Matrix, groups: usize, channels: usize, x: &[f64]) -> Vec<f64> {
    let (outputs, seen) = (matrix.outputs(), channels / groups);
    let mut out = vec![0.; outputs];
    for (row, out) in out.iter_mut().enumerate() {
        let first = row / (outputs / groups) * seen;
        matrix.each(row, |i, w| *out += f64::from(w.unsigned_abs()) * x[(first + i % seen) % x.len()]);
    }
    out
}
