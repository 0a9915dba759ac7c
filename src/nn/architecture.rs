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
//! | sums, also of groups, scale, add, multiply, products of matrices, concat, select, from | the modulus of their inputs | any power of two |
//! | lookup of m bits | 2^k | 2^m |
//! | function by lines of b bits, with the bit that a clip needs | 2^k | 2^b |
//! | softmax of b bits | 2^k | 2^b |

mod check;
mod error;
mod rounding;

use alloc::vec::Vec;

use super::Layer;
use super::step::Sign;
use crate::correlation::compare::legendre::MAX_BITS;
use crate::protocol::Family;
pub(super) use check::{Check, MAX_FRACTION, Value};
pub use error::ArchitectureError;
pub use rounding::Rounding;

/// Layers whose shapes fit each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    layers: Vec<Layer>,
    /// The input, then every layer's result.
    values: Vec<Value>,
    /// The low bits that count of every value.
    needed: Vec<u32>,
    ring: u32,
    rounding: Rounding,
    /// For every layer its own family, if it has one; empty if none has.
    comparisons: Vec<Option<Family>>,
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
        let needed = needs(&layers, values[values.len() - 1].right, |_, layer, result| {
            let step = layer.step();
            match step.weighted() {
                // Products keep the bits that they have.
                Some(_) => step.need(0),
                None => step.need(result),
            }
        });
        Ok(Self { layers, values, needed, ring, rounding: Rounding::default(), comparisons: Vec::new() })
    }

    /// The same, with truncations that round this way.
    pub fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// The same, where layers compare by families of their own. There is an entry for every layer; `None` stands for the
    /// family of the [party](crate::protocol::Party::set_comparison), and entries of layers that compare nothing have no
    /// effect. As a part of the program, the families are the same at all parties.
    ///
    /// With [`Family::Legendre`] the result of a sign is [`Variant::evaluate`], whatever its bits: the sign on the variant's
    /// range, and any outside. So the hidden layers of a binarized network can be compared as by Abspoel et al. (CT-RSA
    /// 2019), and its first layer exactly. The values are then correct modulo 2^(b + 1), as the symbols of b bits need it.
    ///
    /// [`Variant::evaluate`]: crate::correlation::compare::legendre::Variant::evaluate
    ///
    /// # Errors
    /// Another number of entries than layers, or Legendre symbols for a layer that is no sign, or one of so many bits that
    /// the ring has none to spare.
    pub fn with_comparisons(self, comparisons: &[Option<Family>]) -> Result<Self, ArchitectureError> {
        let (expected, found) = (self.layers.len(), comparisons.len());
        if expected != found {
            return Err(ArchitectureError::Comparisons { expected, found });
        }
        let (inputs, ring, rounding, mut layers) = (self.inputs(), self.ring, self.rounding, self.layers);
        let symbols = |number: usize| matches!(comparisons[number], Some(Family::Legendre(_)));
        for (number, layer) in layers.iter().enumerate().filter(|&(number, _)| symbols(number)) {
            let &Layer::Sign(Sign { bits }) = layer else {
                return Err(ArchitectureError::Symbols { layer: number });
            };
            let most = MAX_BITS.min(ring - 1);
            if bits > most {
                return Err(ArchitectureError::Bits { layer: number, most, found: bits });
            }
        }
        let needed =
            needs(&layers, 0, |number, layer, result| layer.step().need(result) + u32::from(symbols(number)));
        widen(&mut layers, &needed);
        let some = comparisons.iter().any(Option::is_some);
        let comparisons = if some { comparisons.to_vec() } else { Vec::new() };
        Ok(Self { comparisons, rounding, ..Self::with_inputs(inputs, layers, ring)? })
    }

    /// The family by which a layer compares, if it has one of its own.
    pub fn comparison(&self, layer: usize) -> Option<Family> {
        self.comparisons.get(layer).copied().flatten()
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

    /// The number of low bits of a value that layers after it may make use of: 0 is the input, i + 1 the result of layer i.
    /// Those that none makes use of are not computed.
    ///
    /// # Panics
    /// If there is no such value.
    pub fn right_bits(&self, value: usize) -> u32 {
        self.values[value].right
    }

    /// The low bits of a value that later layers make use of, at least one; of the output, those with which it is opened.
    /// Comparisons by Legendre symbols take one more.
    pub(super) fn needed_bits(&self, value: usize) -> u32 {
        self.needed[value].max(1)
    }

    /// The low bits of a value that the only layer that takes it drops, up or down at random.
    pub(super) fn slack(&self, value: usize) -> u32 {
        self.dropped(value)[1]
    }

    /// The bits that the only layer that takes a value has for it, and the low ones of these that it drops, up or down at random; none
    /// if it drops none.
    pub(super) fn dropped(&self, value: usize) -> [u32; 2] {
        let dropped = self.layers.get(value).map_or([0; 2], |next| next.step().dropped());
        let referred = |layer: &Layer| layer.step().earlier().contains(&value);
        let counts =
            self.rounding == Rounding::Stochastic && dropped[1] > 0 && !self.layers.iter().any(referred);
        if counts { dropped } else { [0; 2] }
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

/// The low bits of every value that have to be correct, so that those of the last are, `last` of them: what layers need for
/// results of so many bits, found from the last to the first.
pub(super) fn needs(layers: &[Layer], last: u32, of: impl Fn(usize, &Layer, u32) -> u32) -> Vec<u32> {
    let mut need = alloc::vec![0; layers.len() + 1];
    need[layers.len()] = last;
    for (number, layer) in layers.iter().enumerate().rev() {
        let result = need[number + 1];
        for &value in layer.step().earlier() {
            need[value] = result.max(need[value]);
        }
        need[number] = need[number].max(of(number, layer, result));
    }
    need
}

/// Gives products as many bits as are needed of their results, if they have fewer.
pub(super) fn widen(layers: &mut [Layer], needed: &[u32]) {
    for (layer, &result) in layers.iter_mut().zip(&needed[1..]) {
        let bits = layer.step().need(result);
        layer.step_mut().set_bits(bits);
    }
}
