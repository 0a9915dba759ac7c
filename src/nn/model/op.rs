//! What layers compute, and with which numbers.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::linalg::Window;

/// Weights of a layer, row by row. [`Debug`](fmt::Debug) prints their number, not their values.
#[derive(Clone, PartialEq)]
pub enum Weight {
    /// Real numbers.
    Real(Vec<f32>),
    /// −1 and +1: a bit each, most significant first, 1 for +1; every row begins with a byte.
    Signs(Vec<u8>),
}

impl Weight {
    /// Writes row `row` of a matrix with rows of `out.len()` elements.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        match self {
            Self::Real(weights) => out.copy_from_slice(&weights[row * out.len()..][..out.len()]),
            Self::Signs(bits) => {
                let bytes = out.len().div_ceil(8);
                let bits = &bits[row * bytes..][..bytes];
                for (out, bits) in out.chunks_mut(8).zip(bits) {
                    out.iter_mut()
                        .enumerate()
                        .for_each(|(i, out)| *out = SIGNS[usize::from(bits >> (7 - i) & 1)]);
                }
            }
        }
    }
}

impl fmt::Debug for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real(weights) => write!(f, "Real({} numbers)", weights.len()),
            Self::Signs(bytes) => write!(f, "Signs({} bytes)", bytes.len()),
        }
    }
}

/// What a bit of [`Weight::Signs`] stands for.
const SIGNS: [f32; 2] = [-1., 1.];

/// What a layer computes. Values are `[height, width, channels]`, channels last; a vector is `[1, 1, n]`.
/// [`Debug`](fmt::Debug) prints what it is and how many weights it has, not their values.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Op {
    /// x·Wᵀ + b for W: `[outputs, inputs]`, b: `[outputs]`, over all elements of x.
    Linear {
        /// W.
        weight: Weight,
        /// b.
        bias: Vec<f32>,
    },
    /// The same at every place of a window: W: `[outputs, size[0], size[1], channels / groups]`, b: `[outputs]`.
    Convolution {
        /// Image and window.
        window: Window,
        /// Groups of channels.
        groups: usize,
        /// W.
        weight: Weight,
        /// b.
        bias: Vec<f32>,
    },
    /// x·scale + shift, channel by channel: batch normalisation with its statistics.
    Normalise {
        /// `[channels]`
        scale: Vec<f32>,
        /// `[channels]`
        shift: Vec<f32>,
    },
    /// max(x, 0)
    Relu,
    /// min(max(x, low), high)
    Clip {
        /// The least result.
        low: f32,
        /// The greatest result.
        high: f32,
    },
    /// +1 where x ≥ 0, else −1.
    Sign,
    /// 1 / (1 + exp(−x))
    Sigmoid,
    /// tanh(x)
    Tanh,
    /// x·Φ(x) with the normal distribution's Φ.
    Gelu,
    /// exp(x_c) / Σ exp(x_j) over the channels of every place.
    Softmax,
    /// The greatest value of every window, channel by channel; padding is ignored.
    MaxPool {
        /// Image and window.
        window: Window,
    },
    /// The mean over every window, channel by channel; padding counts as 0.
    AveragePool {
        /// Image and window.
        window: Window,
    },
    /// `[height, width, channels]` to `[1, 1, height·width·channels]`.
    Flatten,
    /// x itself: dropout acts during training only.
    Dropout,
    /// x plus the result of the layer of this name, or the input for the name `input`.
    Add {
        /// The layer.
        layer: String,
    },
    /// The result of the layer of this name, or the input for the name `input`, in place of x.
    From {
        /// The layer.
        layer: String,
    },
}

impl Op {
    /// The name of the other value that the layer takes.
    pub(super) fn refers_to(&self) -> Option<&str> {
        match self {
            Self::Add { layer } | Self::From { layer } => Some(layer),
            _ => None,
        }
    }
}

/// A layer with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The name, for messages; no two layers of a model share one.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Height, width and channels of its result.
    pub shape: [usize; 3],
}
