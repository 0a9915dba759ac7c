//! Binarized networks: weights −1 and +1, integer biases, from a safetensors file.
//!
//! Layer N has `fcN.weight_bits`, u8 `[out, in/8]`, most significant bit first, 1 = +1, and `fcN.bias`, i32 `[out]`.
//! It computes `z = W h + b`; all layers but the last pass on `h = +1 if z ≥ 0 else −1`.

use std::collections::HashSet;
use std::fmt;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// A network: layers whose shapes chain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Model {
    /// At least one.
    pub(crate) layers: Vec<Layer>,
}

/// One layer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    /// A multiple of 8, not 0.
    pub(crate) inputs: usize,
    /// Not 0.
    pub(crate) outputs: usize,
    /// `[outputs, inputs / 8]`, most significant bit first, 1 = +1.
    pub(crate) bits: Vec<u8>,
    /// `[outputs]`
    pub(crate) bias: Vec<i32>,
}

/// What was expected of a model file and what was found. Layers are counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ModelError {
    /// Not a well-formed safetensors file.
    Container(String),
    /// No `fc1`.
    Empty,
    /// A layer lacks one of its tensors, or is lacking altogether.
    Missing { name: String },
    /// A tensor of no layer.
    Unexpected { name: String, layers: usize },
    /// A tensor of another element type.
    Type { name: String, expected: &'static str, found: String },
    /// A tensor of another shape.
    Shape { name: String, expected: String, found: Vec<usize> },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(reason) => write!(f, "not a safetensors file: {reason}"),
            Self::Empty => write!(f, "expected the layers fc1, fc2, ..., found no fc1"),
            Self::Missing { name } => write!(f, "expected a tensor `{name}`, found none"),
            Self::Unexpected { name, layers } => {
                write!(f, "expected only tensors of the layers fc1 to fc{layers}, found `{name}`")
            }
            Self::Type { name, expected, found } => {
                write!(f, "`{name}`: expected elements of type {expected}, found {found}")
            }
            Self::Shape { name, expected, found } => {
                write!(f, "`{name}`: expected shape {expected}, found {found:?}")
            }
        }
    }
}

impl std::error::Error for ModelError {}

impl Model {
    /// Reads a model from the bytes of a file.
    ///
    /// # Errors
    /// A damaged file, missing or extra tensors, other types, shapes that do not chain, empty layers.
    pub(crate) fn parse(file: &[u8]) -> Result<Self, ModelError> {
        let tensors =
            SafeTensors::deserialize(file).map_err(|e| ModelError::Container(one_line(&e.to_string())))?;
        let mut layers: Vec<Layer> = Vec::new();
        while ["weight_bits", "bias"].iter().any(|t| tensors.tensor(&name(layers.len(), t)).is_ok()) {
            let inputs = layers.last().map(|l| l.outputs);
            layers.push(Layer::parse(&tensors, layers.len(), inputs)?);
        }
        let known: HashSet<String> =
            (0..layers.len()).flat_map(|i| [name(i, "weight_bits"), name(i, "bias")]).collect();
        match tensors.names().into_iter().filter(|&n| !known.contains(n)).min() {
            _ if layers.is_empty() => Err(ModelError::Empty),
            None => Ok(Self { layers }),
            // A layer beyond a gap: the gap is what is wrong.
            Some(found) if is_layer(found) => {
                Err(ModelError::Missing { name: name(layers.len(), "weight_bits") })
            }
            Some(found) => {
                Err(ModelError::Unexpected { name: found.escape_debug().to_string(), layers: layers.len() })
            }
        }
    }

    /// Checks that the model takes `inputs` values and tells `outputs` classes apart.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn expect(&self, inputs: usize, outputs: usize) -> Result<(), ModelError> {
        let (first, last) = (&self.layers[0], &self.layers[self.layers.len() - 1]);
        let shape = |layer: &Layer| vec![layer.outputs, layer.inputs / 8];
        if first.inputs != inputs {
            let expected = format!("[out, {}] for {inputs} inputs", inputs / 8);
            return Err(ModelError::Shape { name: name(0, "weight_bits"), expected, found: shape(first) });
        }
        if last.outputs != outputs {
            let expected = format!("[{outputs}, in/8] for {outputs} classes");
            let name = name(self.layers.len() - 1, "weight_bits");
            return Err(ModelError::Shape { name, expected, found: shape(last) });
        }
        Ok(())
    }

    /// The number of outputs of the last layer.
    pub(crate) fn classes(&self) -> usize {
        self.layers.last().map_or(0, |l| l.outputs)
    }

    /// For each layer the bit length that holds its values, as signed numbers, whatever the input: the first layer's
    /// inputs lie in `lo..=hi`, those of the others are −1 and +1.
    ///
    /// The lengths are public between the parties. So they are those of any weights of this shape, and tell of the
    /// model no more than the order of its largest bias.
    pub(crate) fn bits_needed(&self, (lo, hi): (i64, i64)) -> Vec<u32> {
        let ranges = std::iter::once((lo, hi)).chain(std::iter::repeat((-1, 1)));
        self.layers.iter().zip(ranges).map(|(layer, range)| layer.bits_needed(range)).collect()
    }
}

impl Layer {
    fn parse(tensors: &SafeTensors<'_>, index: usize, chain: Option<usize>) -> Result<Self, ModelError> {
        let weight = Tensor::get(tensors, name(index, "weight_bits"), Dtype::U8, "U8")?;
        let bias = Tensor::get(tensors, name(index, "bias"), Dtype::I32, "I32")?;
        let (outputs, bytes) = match *weight.view.shape() {
            [outputs, bytes] if outputs > 0 && bytes > 0 => (outputs, bytes),
            _ => return Err(weight.shape("[out, in/8], neither of them 0")),
        };
        // The bytes are all there, but eight times their number might still not fit a small word.
        let Some(inputs) = bytes.checked_mul(8) else {
            return Err(weight.shape("[out, in/8] of a size that fits this machine"));
        };
        if let Some(before) = chain.filter(|&before| before != inputs) {
            let note = if before % 8 == 0 { "" } else { ", a multiple of 8" };
            return Err(
                weight.shape(format_args!("[out, {before}/8{note}] for the {before} outputs of fc{index}"))
            );
        }
        if *bias.view.shape() != [outputs] {
            return Err(bias.shape(format_args!("[{outputs}] as for `{}`", weight.name)));
        }
        let (values, _) = bias.view.data().as_chunks::<4>();
        Ok(Self {
            inputs,
            outputs,
            bits: weight.view.data().to_vec(),
            bias: values.iter().map(|&b| i32::from_le_bytes(b)).collect(),
        })
    }

    /// The packed weights of output `r`.
    pub(crate) fn row_bits(&self, r: usize) -> &[u8] {
        let bytes = self.inputs / 8;
        &self.bits[r * bytes..][..bytes]
    }

    /// Writes the weights of output `r`, −1 or +1, to `out[..inputs]`.
    pub(crate) fn row(&self, r: usize, out: &mut [i8]) {
        for (out, &byte) in out.as_chunks_mut::<8>().0.iter_mut().zip(self.row_bits(r)) {
            *out = std::array::from_fn(|i| if byte >> (7 - i) & 1 == 1 { 1 } else { -1 });
        }
    }

    fn bits_needed(&self, (lo, hi): (i64, i64)) -> u32 {
        let bias = self.bias.iter().map(|b| b.unsigned_abs()).max().unwrap_or(0);
        let most = i128::from(lo.unsigned_abs().max(hi.unsigned_abs()));
        signed_bits(self.inputs as i128 * most + i128::from(bias))
    }
}

/// The smallest b with −2^(b−1) ≤ x < 2^(b−1).
fn signed_bits(x: i128) -> u32 {
    i128::BITS + 1 - if x < 0 { x.leading_ones() } else { x.leading_zeros() }
}

fn name(index: usize, tensor: &str) -> String {
    format!("fc{}.{tensor}", index + 1)
}

/// Whether the tensor would belong to some layer.
fn is_layer(found: &str) -> bool {
    let digits = found.strip_prefix("fc").and_then(|rest| rest.split_once('.'));
    digits.is_some_and(|(n, tensor)| {
        !n.starts_with('0')
            && !n.is_empty()
            && n.bytes().all(|b| b.is_ascii_digit())
            && matches!(tensor, "weight_bits" | "bias")
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A tensor with its name, for the messages.
struct Tensor<'a> {
    name: String,
    view: TensorView<'a>,
}

impl<'a> Tensor<'a> {
    fn get(
        tensors: &SafeTensors<'a>,
        name: String,
        dtype: Dtype,
        expected: &'static str,
    ) -> Result<Self, ModelError> {
        let Ok(view) = tensors.tensor(&name) else { return Err(ModelError::Missing { name }) };
        if view.dtype() != dtype {
            return Err(ModelError::Type { name, expected, found: format!("{:?}", view.dtype()) });
        }
        Ok(Self { name, view })
    }

    fn shape(&self, expected: impl fmt::Display) -> ModelError {
        ModelError::Shape {
            name: self.name.clone(),
            expected: expected.to_string(),
            found: self.view.shape().to_vec(),
        }
    }
}
