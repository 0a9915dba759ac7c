//! A model as it was trained: real numbers.
//!
//! Values are images `[height, width, channels]`, channels last, `[images, height, width, channels]` for a batch; a
//! vector of n elements is `[1, 1, n]`. Value 0 is the input, value i + 1 the result of layer i. A layer takes the result of
//! the layer before it and may also refer to an earlier value by name, as residual networks do:
//!
//! v_0 = x, v_{i+1} = op_i(v_i), or op_i(v_i, v_j) for an earlier j.
//!
//! Layers are pushed one by one, and each is checked against the shape of the value before it (`shape.rs`).
//! [`Model::forward`] evaluates in single precision (`evaluate.rs`). [`Model::simplify`] gives the same function with
//! fewer layers (`simplify.rs`, `fold.rs`, `flip.rs`); a model in fixed point is made of that.
//!
//! ```
//! use ringshare::linalg::Window;
//! use ringshare::nn::{Model, ModelError, Op, Weight, op};
//!
//! let real = |count: usize| Weight::Real((0..count).map(|i| (i % 5) as f32 / 4. - 0.5).collect());
//! let window = Window::new([8, 8, 1], [3, 3]);
//! let pool = Window { stride: [2, 2], ..Window::new([6, 6, 4], [2, 2]) };
//!
//! let mut model = Model::new([8, 8, 1]);
//! let convolution = Op::Convolution(op::Convolution { window, groups: 1, weight: real(4 * 9), bias: vec![0.; 4] });
//! model.push("conv", convolution)?;
//! model.push("norm", op::Normalise::new(vec![0.5; 4], vec![0.25; 4]))?;
//! model.push("relu", op::Relu)?;
//! model.push("pool", op::MaxPool { window: pool })?;
//! model.push("flatten", op::Flatten)?;
//! model.push("fc", op::Linear { weight: real(10 * 36), bias: vec![0.; 10] })?;
//!
//! let images = [0.5; 2 * 64];
//! let logits = model.forward(&images);
//! assert_eq!(logits.len(), 2 * 10);
//!
//! let simple = model.simplify();
//! for (a, b) in simple.forward(&images).iter().zip(&logits) {
//!     assert!((a - b).abs() < 1e-5);
//! }
//! assert_eq!(
//!     simple.to_string(),
//!     "\
//! layer  operation               result  weights
//! input                          8×8×1
//! conv   convolution 3×3         6×6×4        40
//! pool   max pool 2×2, stride 2  3×3×4
//! relu   ReLU                    3×3×4
//! fc     linear                  10          370
//! norm: folded into conv
//! pool: moved before relu
//! flatten: left out: the order of the elements is the same
//! "
//! );
//!
//! // A layer that does not fit gives an error that names it.
//! let error = model.push("more", op::Linear { weight: real(7), bias: vec![0.] }).unwrap_err();
//! assert_eq!(error.to_string(), "more: weight: expected 10 elements, found 7");
//! # Ok::<(), ModelError>(())
//! ```

mod edit;
mod error;
mod evaluate;
mod flip;
mod fold;
mod images;
mod product;
mod rows;
mod shape;
mod simplify;
mod summary;
mod value;

use alloc::string::String;
use alloc::vec::Vec;

pub use error::ModelError;
pub(super) use images::{fold_windows, geometry, unfold};
pub(super) use product::{Panels, add_bias};
pub(super) use value::{Batch, Value};

use super::op::Node;

/// The name of a model's input.
const INPUT: &str = "input";

/// A trained model: layers whose shapes fit each other, each of which takes the result of the one before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    input: [usize; 3],
    nodes: Vec<Node>,
    notes: Vec<String>,
}

impl Model {
    /// The most elements of a value: several times as many as common image networks have, but few enough that a model
    /// from a small file cannot exhaust memory.
    pub const MOST_ELEMENTS: usize = error::MOST_ELEMENTS;

    /// A model without layers, for inputs of a height, a width and a number of channels. A shape that no model can have
    /// is an error of the first [`push`](Self::push).
    pub fn new(input: [usize; 3]) -> Self {
        Self { input, nodes: Vec::new(), notes: Vec::new() }
    }

    /// Height, width and channels of the input.
    pub fn input(&self) -> [usize; 3] {
        self.input
    }

    /// Height, width and channels of the last layer's result.
    pub fn output(&self) -> [usize; 3] {
        self.nodes.last().map_or(self.input, |node| node.shape)
    }

    /// The layers.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What [`simplify`](Self::simplify) changed, one sentence for each step.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The number of the value of a name: 0 is the input, i + 1 the result of layer i.
    pub fn value(&self, name: &str) -> Option<usize> {
        if name == INPUT {
            return Some(0);
        }
        self.nodes.iter().position(|node| node.name == name).map(|layer| layer + 1)
    }

    /// Height, width and channels of a value, counted as by [`value`](Self::value).
    pub(super) fn shape(&self, value: usize) -> [usize; 3] {
        value.checked_sub(1).map_or(self.input, |layer| self.nodes[layer].shape)
    }
}
