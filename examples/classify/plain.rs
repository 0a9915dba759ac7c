//! The exact evaluation in the clear, in integers: what the shared evaluation has to equal.
//!
//! With bits for signs (1 = +1), the product of two ±1 vectors of length n is `n − 2·popcount(w ⊕ h)`; the product of
//! a ±1 vector with small unsigned integers is, summed over the bit planes x_j, `2^j·(2·popcount(w ∧ x_j) −
//! popcount(x_j))`.

use ringshare::protocol::Family;

use crate::model::{Layer, Model};

/// Images that go through a layer together, so that a row of weights is read once for all of them.
const BLOCK: usize = 64;

/// Logits and classes of some images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// `[n, classes]`
    pub(crate) logits: Vec<i32>,
    /// `[n]`, the first maximum of the logits.
    pub(crate) classes: Vec<u8>,
}

/// A network with its weights as rows of words.
#[derive(Debug)]
pub(crate) struct Exact<'a> {
    layers: Vec<(&'a Layer, Bits)>,
    signs: Signs,
}

/// What the hidden layers pass on.
#[derive(Debug)]
enum Signs {
    /// +1 for 0 and above.
    Exact,
    /// Where a majority of Legendre symbols is +1, for the values from −LIMIT on.
    Legendre(Vec<bool>),
}

/// Beyond every value of the example's 16-bit comparisons.
const LIMIT: i32 = 1 << 15;

impl Signs {
    fn of(&self, value: i32) -> bool {
        match self {
            Self::Exact => value >= 0,
            Self::Legendre(table) => table[(value + LIMIT) as usize],
        }
    }
}

impl<'a> Exact<'a> {
    /// Arranges the weights. All values of the model have to fit 32 signed bits.
    pub(crate) fn new(model: &'a Model) -> Self {
        let layers = model.layers.iter().map(|layer| {
            let mut bits = Bits::new(layer.inputs, layer.outputs);
            (0..layer.outputs).for_each(|r| bits.set_row(r, layer.row_bits(r)));
            (layer, bits)
        });
        Self { layers: layers.collect(), signs: Signs::Exact }
    }

    /// With the signs that a comparison gives: those of Legendre symbols are exact for small values only, and all
    /// values have to fit 16 bits then.
    pub(crate) fn with_signs(mut self, comparison: Family) -> Self {
        if let Family::Legendre(variant) = comparison {
            let signs = (-LIMIT..LIMIT).map(|x| variant.evaluate(x.into()) > 0);
            self.signs = Signs::Legendre(signs.collect());
        }
        self
    }

    /// Evaluates the network on `inputs: [n, in]`; `progress` learns of the images done.
    pub(crate) fn run(&self, inputs: &[u8], mut progress: impl FnMut(usize)) -> Outcome {
        let mut outcome = Outcome::default();
        for block in inputs.chunks(BLOCK * self.layers[0].0.inputs) {
            let n = block.len() / self.layers[0].0.inputs;
            let mut values = self.first(block, n);
            for (layer, weights) in &self.layers[1..] {
                values = inner(layer, weights, &self.signs(&values, n));
            }
            // `[out, n]` to `[n, out]`
            for i in 0..n {
                let logits: Vec<i32> = values.iter().skip(i).step_by(n).copied().collect();
                outcome.classes.push(argmax(&logits) as u8);
                outcome.logits.extend(logits);
            }
            progress(n);
        }
        outcome
    }

    /// Signs of `values: [out, n]` as n rows.
    fn signs(&self, values: &[i32], n: usize) -> Bits {
        Bits::from_fn(values.len() / n, n, |i, c| self.signs.of(values[c * n + i]))
    }

    /// The values of the first layer, `[out, n]`.
    fn first(&self, inputs: &[u8], n: usize) -> Vec<i32> {
        let (layer, weights) = &self.layers[0];
        let mut values = Vec::with_capacity(layer.outputs * n);
        layer.bias.iter().for_each(|&b| values.extend(std::iter::repeat_n(b, n)));
        let width = u8::BITS - inputs.iter().fold(0, |all, x| all | x).leading_zeros();
        for j in 0..width {
            let plane = Bits::from_fn(layer.inputs, n, |i, c| inputs[i * layer.inputs + c] >> j & 1 == 1);
            let ones: Vec<u32> = (0..n).map(|i| plane.row(i).iter().map(|w| w.count_ones()).sum()).collect();
            for (r, values) in values.chunks_exact_mut(n).enumerate() {
                for (i, value) in values.iter_mut().enumerate() {
                    let both = popcount(weights.row(r), plane.row(i), |w, x| w & x);
                    *value += (2 * both as i32 - ones[i] as i32) << j;
                }
            }
        }
        values
    }
}

/// The values of a later layer, `[out, n]`, from the signs of the layer before, n rows.
fn inner(layer: &Layer, weights: &Bits, signs: &Bits) -> Vec<i32> {
    let mut values = Vec::with_capacity(layer.outputs * signs.rows);
    for (r, &bias) in layer.bias.iter().enumerate() {
        values.extend((0..signs.rows).map(|i| {
            let differ = popcount(weights.row(r), signs.row(i), |w, h| w ^ h);
            layer.inputs as i32 - 2 * differ as i32 + bias
        }));
    }
    values
}

fn popcount(a: &[u64], b: &[u64], op: impl Fn(u64, u64) -> u64) -> u32 {
    a.iter().zip(b).map(|(&a, &b)| op(a, b).count_ones()).sum()
}

/// The index of the first maximum.
pub(crate) fn argmax<T: PartialOrd + Copy>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Rows of bits, each padded with zeros to whole words.
#[derive(Debug)]
struct Bits {
    rows: usize,
    words: usize,
    data: Vec<u64>,
}

impl Bits {
    fn new(cols: usize, rows: usize) -> Self {
        let words = cols.div_ceil(64);
        Self { rows, words, data: vec![0; rows * words] }
    }

    fn from_fn(cols: usize, rows: usize, bit: impl Fn(usize, usize) -> bool) -> Self {
        let mut bits = Self::new(cols, rows);
        for i in 0..rows {
            for c in 0..cols {
                bits.data[i * bits.words + c / 64] |= u64::from(bit(i, c)) << (63 - c % 64);
            }
        }
        bits
    }

    fn row(&self, i: usize) -> &[u64] {
        &self.data[i * self.words..][..self.words]
    }

    /// Sets a row from bytes, most significant bit first.
    fn set_row(&mut self, i: usize, bytes: &[u8]) {
        for (word, bytes) in self.data[i * self.words..].iter_mut().zip(bytes.chunks(8)) {
            let mut padded = [0; 8];
            padded[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_be_bytes(padded);
        }
    }
}
