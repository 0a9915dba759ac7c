//! A layer, while it is written.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::error::SaveError;
use super::values::{self, Data, Precision};
use crate::linalg::Window;
use crate::nn::Weight;
use crate::nn::load::order::Order;

/// A layer on its way to a file: what it takes, and what it has said so far.
pub(in crate::nn) struct Saved<'a> {
    pub(super) name: &'a str,
    /// The shape of what it takes.
    pub(in crate::nn) image: [usize; 3],
    pub(super) order: Order,
    pub(super) precision: Precision,
    pub(super) layer: Map<String, Value>,
    pub(super) tensors: Vec<(String, Data)>,
}

impl Saved<'_> {
    /// Its type.
    pub(in crate::nn) fn kind(&mut self, kind: &str) {
        self.option("type", kind);
    }

    /// An option.
    pub(in crate::nn) fn option(&mut self, name: &str, value: impl Into<Value>) {
        self.layer.insert(name.into(), value.into());
    }

    /// The options of a window.
    pub(in crate::nn) fn window(&mut self, window: &Window) {
        let Window { size, stride, padding, dilation, .. } = window;
        self.option("size", json!(size));
        self.option("stride", json!(stride));
        self.option("padding", json!(padding));
        self.option("dilation", json!(dilation));
    }

    /// Channels of the image that a vector was, in another order than in PyTorch.
    pub(in crate::nn) fn channels(&self) -> usize {
        self.order.map_or(1, |[_, _, channels]| channels)
    }

    /// Weights of a shape in channels first, whose rows run over so many channels last.
    ///
    /// # Errors
    /// A weight that half precision cannot hold.
    pub(in crate::nn) fn weight(
        &mut self,
        weight: &Weight,
        shape: &[usize],
        channels: usize,
    ) -> Result<(), SaveError> {
        let (name, data) = match weight {
            Weight::Signs(bits) => ("weight_bits", values::signs(bits, shape, channels)),
            Weight::Real(weights) => {
                let data = values::matrix(weights, shape.to_vec(), channels, self.precision);
                let range = |(place, found)| SaveError::Range { layer: self.name.into(), place, found };
                ("weight", data.map_err(range)?)
            }
        };
        self.tensor(name, data);
        Ok(())
    }

    /// A bias.
    pub(in crate::nn) fn bias(&mut self, bias: &[f32]) {
        self.tensor("bias", values::vector(bias, 1));
    }

    /// A number for every channel.
    pub(in crate::nn) fn vector(&mut self, name: &str, vector: &[f32]) {
        self.tensor(name, values::vector(vector, self.channels()));
    }

    /// A number for every element of the image that it takes.
    pub(in crate::nn) fn elements(&mut self, name: &str, elements: &[f32]) {
        let [height, width, channels] = self.image;
        let shape = Vec::from([channels, height, width]);
        self.tensor(name, Data { shape, ..values::vector(elements, channels) });
    }

    fn tensor(&mut self, name: &str, data: Data) {
        self.tensors.push((format!("{}.{name}", self.name), data));
    }
}
