//! The public program of a model.
//!
//! The program is a list of layers over integers of Z_2^k. Value 0 is the input, and value i + 1 is the result of layer
//! i. Two facts about every value are known in advance: how many elements it has, and how many of its low bits are
//! *correct*. A product of b bits is correct modulo 2^b only. The result of a comparison or a lookup is correct in the
//! whole ring. A sum has as many correct bits as the summand with fewer of them, and so has a product of two values.
//!
//! | layer | its result is correct modulo | it takes values correct modulo |
//! | --- | --- | --- |
//! | linear, convolution of b bits | 2^b | 2^b |
//! | sign, ReLU, clip of b bits | 2^k | 2^b |
//! | truncation of b bits | 2^k | 2^(b+1), as it opens one bit more |
//! | maximum of b bits | the modulus of its input | 2^b |
//! | sums, scale, add, multiply, concat, select, from | the modulus of their inputs | any power of two |
//! | lookup of m bits | 2^k | 2^m |
//! | function by lines of b bits, with the bit that a clip needs | 2^k | 2^b |
//! | softmax of b bits | 2^k | 2^b |

mod check;
mod error;
mod rounding;

use alloc::vec::Vec;

use super::Layer;
pub(super) use check::{Check, MAX_FRACTION, Value};
pub use error::ArchitectureError;
pub use rounding::Rounding;

/// Layers whose shapes fit each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    layers: Vec<Layer>,
    /// The input, then every layer's result.
    values: Vec<Value>,
    ring: u32,
    rounding: Rounding,
}

impl Architecture {
    /// Checks that the layers fit each other and the ring width `ring`. The first layer determines the size of the input,
    /// so it must be linear, a convolution or a pooling.
    ///
    /// # Errors
    /// The first layer that does not fit, and why.
    pub fn new(layers: Vec<Layer>, ring: u32) -> Result<Self, ArchitectureError> {
        let inputs =
            layers.first().and_then(|layer| layer.step().width()).ok_or(ArchitectureError::NoLinear)?;
        Self::with_inputs(inputs, layers, ring)
    }

    /// As [`new`](Self::new), for an input of `inputs` elements and a first layer of any kind.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_inputs(inputs: usize, layers: Vec<Layer>, ring: u32) -> Result<Self, ArchitectureError> {
        let mut values = Vec::with_capacity(layers.len() + 1);
        values.push(Value { elements: inputs, right: ring });
        for (number, layer) in layers.iter().enumerate() {
            let value = layer.step().check(&Check::new(number, &values, ring))?;
            values.push(value);
        }
        Ok(Self { layers, values, ring, rounding: Rounding::default() })
    }

    /// The same, with truncations that round this way.
    pub fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// How truncations round.
    pub fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The ring width.
    pub fn ring(&self) -> u32 {
        self.ring
    }

    /// Elements of a row of the input.
    pub fn inputs(&self) -> usize {
        self.values[0].elements
    }

    /// Elements of a row of the output.
    pub fn outputs(&self) -> usize {
        self.elements(self.layers.len())
    }

    /// The number of correct low bits of the output, with which it is opened. A comparison of two outputs, as in an
    /// argmax, needs their difference to fit this many bits.
    pub fn bits_out(&self) -> u32 {
        self.right_bits(self.layers.len())
    }

    /// Elements of a row of a value: 0 is the input, i + 1 the result of layer i.
    ///
    /// # Panics
    /// If there is no such value.
    pub fn elements(&self, value: usize) -> usize {
        self.values[value].elements
    }

    /// The number of correct low bits of a value: 0 is the input, i + 1 the result of layer i.
    ///
    /// # Panics
    /// If there is no such value.
    pub fn right_bits(&self, value: usize) -> u32 {
        self.values[value].right
    }

    /// For every value, the last layer that refers back to it, if any.
    pub(super) fn last_uses(&self) -> Vec<Option<usize>> {
        let mut last = alloc::vec![None; self.values.len()];
        for (number, layer) in self.layers.iter().enumerate() {
            layer.step().earlier().iter().for_each(|&value| last[value] = Some(number));
        }
        last
    }
}
