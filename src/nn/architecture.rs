//! What of a model is public.
//!
//! The layers are a program over integers: a list machine, whose value 0 is the input and whose value i + 1 is the
//! result of layer i. Of every value two things are known before any of it is there: its elements, and how many of
//! its low bits are *right*. A product is right modulo 2^bits alone, whatever is lifted out of a comparison or a
//! table is right in the whole ring, and a sum is as right as the less right of its parts.
//!
//! | layer | its value is right modulo | takes values right modulo |
//! | --- | --- | --- |
//! | linear, convolution of b bits | 2^b | 2^b |
//! | sign, ReLU, clip of b bits | 2^k | 2^b |
//! | truncation of b bits | 2^k | 2^(b+1): it opens a bit more |
//! | maximum of b bits | what it took | 2^b |
//! | sums, scale, add, from | what they took | anything |
//! | lookup of m bits | 2^k | 2^m |
//! | softmax of b bits | 2^k | 2^b |

mod check;
mod error;
mod layer;

use alloc::vec::Vec;

pub(super) use check::MAX_FRACTION;
pub use error::ArchitectureError;
pub use layer::Layer;
use layer::Value;

/// How truncations round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// Down, or up with the probability of what is dropped: off by less than one unit, and cheap.
    #[default]
    Stochastic,
    /// Down, exactly.
    Floor,
}

/// Layers whose shapes fit each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    layers: Vec<Layer>,
    /// Of the input and of every layer's result.
    values: Vec<Value>,
    ring: u32,
    rounding: Rounding,
}

impl Architecture {
    /// Checks that the layers fit each other and ring width `ring`. The first layer says how wide the input is: it
    /// is linear, a convolution or a pooling.
    ///
    /// # Errors
    /// The first layer that does not fit, and why.
    pub fn new(layers: Vec<Layer>, ring: u32) -> Result<Self, ArchitectureError> {
        let inputs = layers.first().and_then(Layer::width).ok_or(ArchitectureError::NoLinear)?;
        Self::with_inputs(inputs, layers, ring)
    }

    /// As [`new`](Self::new), for an input of `inputs` elements, whatever the first layer is.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_inputs(inputs: usize, layers: Vec<Layer>, ring: u32) -> Result<Self, ArchitectureError> {
        let mut values = Vec::with_capacity(layers.len() + 1);
        values.push(Value { elements: inputs, right: ring });
        for (number, layer) in layers.iter().enumerate() {
            let value = check::layer(number, layer, &values, ring)?;
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

    /// Bits of the output that are right, and that it is opened with. A comparison of two outputs, as of an argmax,
    /// takes their difference to fit so many bits.
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

    /// How many low bits of a value are right: 0 is the input, i + 1 the result of layer i.
    ///
    /// # Panics
    /// If there is no such value.
    pub fn right_bits(&self, value: usize) -> u32 {
        self.values[value].right
    }

    /// For every value the last layer that goes back to it, if one does.
    pub(super) fn last_uses(&self) -> Vec<Option<usize>> {
        let mut last = alloc::vec![None; self.values.len()];
        for (number, layer) in self.layers.iter().enumerate() {
            if let Layer::Add { value } | Layer::From { value } = *layer {
                last[value] = Some(number);
            }
        }
        last
    }
}
