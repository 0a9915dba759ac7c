//! Integer weights.

use alloc::vec;
use alloc::vec::Vec;

use super::error::QuantiseError;
use super::product::word;
use crate::nn::Weight;
use crate::nn::op::Affine;
use crate::ring::{Word, nearest, power_of_two};

/// W and b of a product, as integers.
#[derive(Clone)]
pub(super) struct Matrix {
    /// Elements of a row.
    pub(super) inputs: usize,
    weights: Integers,
    /// `[outputs]`
    pub(super) bias: Vec<i64>,
}

#[derive(Clone)]
enum Integers {
    Whole(Vec<i32>),
    /// A bit each as in [`Weight::Signs`], for −2^shift and 2^shift.
    Signs {
        bits: Vec<u8>,
        shift: u32,
    },
}

/// How a matrix is rounded.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    /// Fractional bits of the weights.
    pub(super) weights: u32,
    /// Fractional bits of the results.
    pub(super) results: u32,
    /// A factor that the inputs still lack and that goes into the weights.
    pub(super) gain: f64,
    /// The greatest magnitude of an input, if only the signs of the results count.
    pub(super) signs: Option<i64>,
    /// What is added to the bias: half a unit of what is kept of the results.
    pub(super) half: i64,
}

impl Matrix {
    /// Rounds weights and biases to the nearest, halves to even. Where only the signs of the results count, biases are
    /// rounded down instead, since for integers z, z + b ≥ 0 if and only if z + ⌊b⌋ ≥ 0. They are also limited to the
    /// least magnitude that decides the sign for all inputs.
    pub(super) fn new(layer: &str, affine: &Affine<'_>, scales: Scales) -> Result<Self, QuantiseError> {
        let fraction = scales.weights;
        let too_large = |value| QuantiseError::Weight { layer: layer.into(), value, fraction };
        let weights = match &*affine.weight {
            Weight::Signs(bits) if scales.gain == 1. => {
                let shift = fraction;
                if shift > 30 {
                    return Err(too_large(1.));
                }
                Integers::Signs { bits: bits.clone(), shift }
            }
            weight => {
                let mut whole = Vec::with_capacity(affine.row * affine.bias.len());
                let mut row = vec![0.; affine.row];
                for output in 0..affine.bias.len() {
                    weight.row(output, &mut row);
                    for &w in &row {
                        let (value, fits) = nearest(f64::from(w) * scales.gain, fraction, 32);
                        if !fits {
                            return Err(too_large(w));
                        }
                        whole.push(value as i32);
                    }
                }
                Integers::Whole(whole)
            }
        };
        let mut out = Self { inputs: affine.row, weights, bias: Vec::with_capacity(affine.bias.len()) };
        for (output, &b) in affine.bias.iter().enumerate() {
            let bias = match scales.signs {
                None => whole_bias(b, scales.results).ok_or_else(|| too_large(b))? + scales.half,
                Some(most) => {
                    let most = out.weight_sum(output).saturating_mul(most.into());
                    threshold(b, scales.results, most.min(1 << 62) as i64)
                }
            };
            out.bias.push(bias);
        }
        Ok(out)
    }

    /// Rows of W.
    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Calls `f` with every weight of a row.
    pub(super) fn each(&self, row: usize, mut f: impl FnMut(usize, i32)) {
        match &self.weights {
            Integers::Whole(all) => {
                all[row * self.inputs..][..self.inputs].iter().enumerate().for_each(|(i, &w)| f(i, w));
            }
            Integers::Signs { bits, shift } => {
                let bits = &bits[row * self.inputs.div_ceil(8)..];
                (0..self.inputs)
                    .for_each(|i| f(i, (i32::from(bits[i / 8] >> (7 - i % 8) & 1) * 2 - 1) << shift));
            }
        }
    }

    /// Writes a row as words, two's complement.
    pub(super) fn write_row<W: Word>(&self, row: usize, out: &mut [W]) {
        match &self.weights {
            Integers::Whole(all) => {
                let row = &all[row * self.inputs..][..self.inputs];
                out.iter_mut().zip(row).for_each(|(out, &w)| *out = word(w.into()));
            }
            Integers::Signs { bits, shift } => {
                let (minus, plus) = (word::<W>(-1 << shift), word::<W>(1 << shift));
                let bits = &bits[row * self.inputs.div_ceil(8)..];
                for (out, bits) in out[..self.inputs].chunks_mut(8).zip(bits) {
                    for (i, out) in out.iter_mut().enumerate() {
                        let negative = W::truncate64(u64::from(!bits >> (7 - i) & 1)).wrapping_neg();
                        *out = plus ^ (plus ^ minus) & negative;
                    }
                }
            }
        }
    }

    /// Whether all weights are −1 and +1.
    pub(super) fn are_signs(&self) -> bool {
        matches!(self.weights, Integers::Signs { shift: 0, .. })
    }

    /// Σ |w| over a row.
    pub(super) fn weight_sum(&self, row: usize) -> i128 {
        match &self.weights {
            Integers::Whole(all) => {
                let row = &all[row * self.inputs..][..self.inputs];
                row.iter().map(|w| u64::from(w.unsigned_abs())).sum::<u64>().into()
            }
            Integers::Signs { shift, .. } => (self.inputs as i128) << shift,
        }
    }

    /// The greatest magnitude of a result, for inputs of at most `most` in magnitude.
    pub(super) fn bound(&self, most: i64) -> i128 {
        let of = |row| self.weight_sum(row) * i128::from(most) + i128::from(self.bias[row]).abs();
        (0..self.outputs()).map(of).max().unwrap_or(0)
    }
}

/// A bias with `fraction` fractional bits, if it fits 63 bits.
fn whole_bias(bias: f32, fraction: u32) -> Option<i64> {
    let (value, fits) = nearest(bias.into(), fraction, 63);
    fits.then_some(value as i64)
}

/// ⌊b · 2^fraction⌋, limited to the numbers that decide the sign of a sum with anything of magnitude at most `most`.
pub(super) fn threshold(bias: f32, fraction: u32, most: i64) -> i64 {
    let scaled = libm::floor(f64::from(bias) * power_of_two(fraction as i32));
    // What is out of range saturates.
    (scaled as i64).clamp(-most - 1, most)
}
