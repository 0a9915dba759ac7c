//! The parts of a program.

use alloc::string::String;

use crate::nn::train::TrainError;
use crate::nn::train::layer::Layer;

/// A layer, the result of which is the next value.
pub(in crate::nn::train) struct Stage {
    pub(in crate::nn::train) name: String,
    pub(in crate::nn::train) layer: Layer,
}

/// What is public about the weights of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterShape {
    /// The layer's name.
    pub name: String,
    /// Rows of its weights, and elements of its bias.
    pub outputs: usize,
    /// Columns of its weights.
    pub inputs: usize,
    /// t, of weights that are signs and stand for ±2^−t.
    pub signs: Option<u32>,
    /// Whether it is trained.
    pub trained: bool,
}

pub(in crate::nn::train) fn unfit(layer: &str, reason: String) -> TrainError {
    TrainError::Value { layer: layer.into(), reason }
}

/// A normalisation of the model.
#[derive(Clone, Copy, Debug)]
pub(in crate::nn::train) struct Norm {
    /// The number of γ and β among the layers with weights.
    pub(in crate::nn::train) product: usize,
    pub(in crate::nn::train) channels: usize,
    /// ε, in units of σ².
    pub(in crate::nn::train) epsilon: u64,
    /// Whether it is trained. If not, γ and β have the statistics folded in.
    pub(in crate::nn::train) trained: bool,
}
