//! A layer of a description, while it is read.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::LoadError;
use super::order::{self, Order};
use super::tensors::Tensors;
use crate::linalg::Window;
use crate::nn::{Weight, limits};

/// A layer of a description: its type and options, what it takes, and the tensors of the file.
pub(in crate::nn) struct Described<'a, 'b> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) options: Map<String, Value>,
    /// The shape of what it takes.
    pub(super) image: [usize; 3],
    pub(super) order: Order,
    pub(super) tensors: &'a mut Tensors<'b>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Pool {
    size: [usize; 2],
    /// The size, if not given.
    stride: Option<[usize; 2]>,
    #[serde(default)]
    padding: [usize; 2],
    #[serde(default = "ones")]
    dilation: [usize; 2],
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

/// The option of a layer that takes another value.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    layer: String,
}

/// For options that are 1 both ways unless they are given.
pub(in crate::nn) fn ones() -> [usize; 2] {
    [1; 2]
}

/// For options that are true unless they are given.
pub(in crate::nn) fn yes() -> bool {
    true
}

impl Described<'_, '_> {
    /// Its type.
    pub(in crate::nn) fn kind(&self) -> &str {
        self.kind
    }

    /// The error of a type that no layer has.
    pub(in crate::nn) fn unknown(&self) -> LoadError {
        self.wrong(format!("expected a known type, found `{}`", self.kind))
    }

    /// Its options.
    ///
    /// # Errors
    /// If one is missing or unknown.
    pub(in crate::nn) fn options<T: DeserializeOwned>(&mut self) -> Result<T, LoadError> {
        let options = core::mem::take(&mut self.options);
        serde_json::from_value(Value::Object(options)).map_err(|e| self.wrong(e.to_string()))
    }

    /// Checks that it has no options.
    pub(in crate::nn) fn no_options(&mut self) -> Result<(), LoadError> {
        self.options().map(|NoOptions {}| ())
    }

    /// The name of the other layer whose result it takes, its one option.
    pub(in crate::nn) fn other(&mut self) -> Result<String, LoadError> {
        self.options().map(|Reference { layer }| layer)
    }

    /// The shape of the image that it takes.
    ///
    /// # Errors
    /// If it takes an image that was flattened.
    pub(in crate::nn) fn image(&self) -> Result<[usize; 3], LoadError> {
        if self.order.is_some() {
            return Err(self.wrong("expected an image, found one that was flattened"));
        }
        Ok(self.image)
    }

    /// The elements of the vector that it takes.
    ///
    /// # Errors
    /// If it takes an image.
    pub(in crate::nn) fn vector(&self) -> Result<usize, LoadError> {
        let [height, width, inputs] = self.image;
        if height * width != 1 {
            return Err(self.wrong(format!(
                "expected a flatten before a linear layer, found an image [{inputs}, {height}, {width}]"
            )));
        }
        Ok(inputs)
    }

    /// Weights `[outputs, inputs]` of the vector that it takes, and how many outputs there are.
    pub(in crate::nn) fn matrix(&mut self, inputs: usize) -> Result<(Weight, usize), LoadError> {
        let channels = self.channels();
        if self.tensors.has(self.name, "weight_bits") {
            let tensor = self.tensors.take(self.name, "weight_bits")?;
            let bits = tensor.bits(inputs)?;
            let bits = order::each_row(&bits, inputs, |row| order::channels_last(row, channels));
            return Ok((Weight::Signs(bits), tensor.shape()[0]));
        }
        let tensor = self.tensors.take(self.name, "weight")?;
        let outputs = match *tensor.shape() {
            [outputs, found] if outputs > 0 && found == inputs => outputs,
            _ => return Err(tensor.wrong_shape(format!("[out, {inputs}] for the {inputs} values before it"))),
        };
        Ok((Weight::Real(rows_channels_last(tensor.reals()?, inputs, channels)), outputs))
    }

    /// Weights `[outputs, size[0], size[1], channels]`, how many outputs there are, and the size.
    pub(in crate::nn) fn filters(
        &mut self,
        channels: usize,
        size: Option<[usize; 2]>,
        groups: usize,
    ) -> Result<(Weight, usize, [usize; 2]), LoadError> {
        match self.tensors.has(self.name, "weight_bits") {
            true => self.packed_filters(channels, size),
            false => self.real_filters(channels, size, groups),
        }
    }

    fn real_filters(
        &mut self,
        channels: usize,
        wanted: Option<[usize; 2]>,
        groups: usize,
    ) -> Result<(Weight, usize, [usize; 2]), LoadError> {
        let tensor = self.tensors.take(self.name, "weight")?;
        let (outputs, size) = match *tensor.shape() {
            [outputs, found, height, width]
                if ![outputs, height, width].contains(&0)
                    && found == channels
                    && wanted.is_none_or(|size| size == [height, width]) =>
            {
                (outputs, [height, width])
            }
            _ => {
                let [height, width] =
                    wanted.map_or(["kh".into(), "kw".into()], |size| size.map(|n| format!("{n}")));
                return Err(tensor.wrong_shape(format!(
                    "[out, {channels}, {height}, {width}] for {channels} channels in each of {groups} groups"
                )));
            }
        };
        let row = channels * size[0] * size[1];
        Ok((Weight::Real(rows_channels_last(tensor.reals()?, row, channels)), outputs, size))
    }

    fn packed_filters(
        &mut self,
        channels: usize,
        size: Option<[usize; 2]>,
    ) -> Result<(Weight, usize, [usize; 2]), LoadError> {
        let Some(size) = size else {
            return Err(self.wrong("expected the key `size` beside packed weights, found none"));
        };
        let row = channels.checked_mul(size[0]).and_then(|n| n.checked_mul(size[1])).filter(|&n| n > 0);
        let Some(row) = row else {
            return Err(
                self.wrong(format!("expected a size of at least 1 that can be counted, found {size:?}"))
            );
        };
        let tensor = self.tensors.take(self.name, "weight_bits")?;
        let bits = tensor.bits(row)?;
        let bits = order::each_row(&bits, row, |row| order::channels_last(row, channels));
        Ok((Weight::Signs(bits), tensor.shape()[0], size))
    }

    /// A tensor of a number for every channel, or that number for all.
    pub(in crate::nn) fn channel_vector(
        &mut self,
        tensor: &str,
        default: Option<f32>,
    ) -> Result<Vec<f32>, LoadError> {
        let n = self.image[2];
        match default {
            Some(default) => Ok(vec![default; n]),
            None => self.tensors.take(self.name, tensor)?.vector(n, &format!("{n} channels")),
        }
    }

    /// A tensor of a number for every element of an image, in the order of this crate.
    pub(in crate::nn) fn element_vector(&mut self, tensor: &str) -> Result<Vec<f32>, LoadError> {
        let [height, width, channels] = self.image()?;
        let tensor = self.tensors.take(self.name, tensor)?;
        if tensor.shape() != [channels, height, width] {
            return Err(
                tensor.wrong_shape(format!("[{channels}, {height}, {width}] for the image before it"))
            );
        }
        tensor.reals().map(|reals| order::channels_last(&reals, channels))
    }

    /// Passes over a tensor that the library does not need.
    pub(in crate::nn) fn skip(&mut self, tensor: &str) {
        self.tensors.skip(self.name, tensor);
    }

    /// A window from the options of a pooling.
    pub(in crate::nn) fn pool(&mut self) -> Result<Window, LoadError> {
        let Pool { size, stride, padding, dilation } = self.options()?;
        let image = self.image()?;
        self.checked(Window { image, size, stride: stride.unwrap_or(size), padding, dilation })
    }

    /// A window whose numbers are not too large.
    pub(in crate::nn) fn checked(&self, window: Window) -> Result<Window, LoadError> {
        limits::window(&window).map_err(|error| self.wrong(error.to_string())).map(|()| window)
    }

    /// The bias, zeros where there is none.
    pub(in crate::nn) fn bias(&mut self, there: bool, outputs: usize) -> Result<Vec<f32>, LoadError> {
        if !there {
            return Ok(vec![0.0; outputs]);
        }
        let tensor = self.tensors.take(self.name, "bias")?;
        tensor.vector(outputs, &format!("the {outputs} outputs of its weights"))
    }

    /// The error of a layer that is not as described.
    pub(in crate::nn) fn wrong(&self, reason: impl Into<String>) -> LoadError {
        LoadError::Layer { layer: self.name.into(), reason: reason.into() }
    }

    /// The error of an element of a tensor.
    pub(in crate::nn) fn value(
        &self,
        tensor: &str,
        place: usize,
        expected: &'static str,
        found: f64,
    ) -> LoadError {
        LoadError::Value { name: format!("{}.{tensor}", self.name), place, expected, found }
    }

    /// A number for every channel, in the order of this crate.
    pub(in crate::nn) fn channels_last(&self, vector: &[f32]) -> Vec<f32> {
        order::channels_last(vector, self.channels())
    }

    /// Channels of the image that a vector was, in another order than here.
    fn channels(&self) -> usize {
        self.order.map_or(1, |[_, _, channels]| channels)
    }
}

/// Rows of `width` weights over `[C, places]` to rows over `[places, C]`.
fn rows_channels_last(weights: Vec<f32>, width: usize, channels: usize) -> Vec<f32> {
    if channels == 1 || channels == width {
        return weights;
    }
    weights.chunks_exact(width).flat_map(|row| order::channels_last(row, channels)).collect()
}
