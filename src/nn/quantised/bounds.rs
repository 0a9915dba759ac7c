//! Bounds on the difference between stochastic rounding and the reference.
//!
//! Let e be the greatest error of a value, channel by channel, in units of its last place. Then
//!
//! | layer | greatest error of its result |
//! | --- | --- |
//! | W·x + b | \|W\|·e |
//! | truncation and ReLU by s > 0 bits | ⌈e / 2^s⌉ + 1 |
//! | ReLU without truncation, clip, maximum | e, or the greatest e |
//! | sign | 2, if e > 0 |
//! | sum, product with a number | Σ e, \|c\|·e |
//! | table | e times its greatest change from one entry to the next, at most its whole range |
//! | softmax | e, plus its own error |
//!
//! This holds for every input and every outcome of rounding, so with many layers the bound is far above typical errors.

use alloc::vec;
use alloc::vec::Vec;

use super::Quantised;
use super::matrix::Matrix;
use crate::function::Table;
use crate::nn::Layer;

impl Quantised {
    /// The greatest difference, for any input, between outputs under
    /// [`Rounding::Stochastic`](crate::nn::Rounding::Stochastic) and those of [`reference`](Self::reference): `[outputs]`,
    /// in units of the last layer's format.
    pub fn bounds(&self) -> Vec<f64> {
        let mut off = vec![vec![0f64; self.model.input()[2]]];
        let mut matrices = self.program.matrices.iter();
        for (i, (layer, step)) in self.program.layers.iter().zip(&self.program.steps).enumerate() {
            let x = &off[i];
            let result = match layer {
                Layer::Linear { inputs, .. } => {
                    matrices.next().map_or(vec![], |matrix| product(matrix, 1, *inputs, x))
                }
                Layer::Convolution { window, groups, .. } => {
                    matrices.next().map_or(vec![], |matrix| product(matrix, *groups, window.image[2], x))
                }
                Layer::Relu { shift, .. } | Layer::Truncate { shift, .. } if *shift > 0 => {
                    let unit = (1u64 << shift) as f64;
                    x.iter().map(|e| libm::ceil(e / unit) + 1.).collect()
                }
                Layer::Sign { .. } => x.iter().map(|&e| if e > 0. { 2. } else { 0. }).collect(),
                Layer::SumPool { window } => {
                    let values = (window.size[0] * window.size[1]) as f64;
                    x.iter().map(|e| e * values).collect()
                }
                Layer::Scale { factor } => x.iter().map(|e| e * factor.unsigned_abs() as f64).collect(),
                Layer::Add { value } => each(x, &off[*value], step.shape[2], |a, b| a + b),
                Layer::From { value } => off[*value].clone(),
                Layer::Lookup { table } => x.iter().map(|&e| looked_up(table, e)).collect(),
                Layer::Softmax { fraction, .. } => {
                    // Rounded down it is off by as much as at random, on the other side at worst.
                    let own = softmax_error(*fraction);
                    let most = x.iter().copied().fold(0., f64::max);
                    vec![(most + 2. * own).min((1u64 << fraction) as f64 + own); x.len()]
                }
                _ => x.clone(),
            };
            off.push(result);
        }
        let last = off.pop().unwrap_or_default();
        let outputs = self.architecture().outputs();
        (0..outputs).map(|i| last[i % last.len()]).collect()
    }
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

/// f(a, b) for each of `channels` channels. A vector of fewer elements is repeated.
fn each(a: &[f64], b: &[f64], channels: usize, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    (0..channels).map(|i| f(a[i % a.len()], b[i % b.len()])).collect()
}

/// The most that a table changes over e steps of its index.
fn looked_up(table: &Table, e: f64) -> f64 {
    let entries = table.entries();
    // From the least index, which is the middle entry, to the greatest.
    let (positive, negative) = entries.split_at(entries.len() / 2);
    let ordered = || negative.iter().chain(positive);
    let steps = ordered().zip(ordered().skip(1)).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
    let range = ordered().max().zip(ordered().min()).map_or(0, |(high, low)| high.abs_diff(*low));
    (steps as f64 * e).min(range as f64)
}

/// The error of a softmax itself in units, as its docs say: 2^−9 and that of the last truncation.
fn softmax_error(fraction: u32) -> f64 {
    1. + (1u64 << fraction) as f64 / 512.
}
