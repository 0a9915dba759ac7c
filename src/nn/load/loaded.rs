//! The contents of a model file.

use alloc::string::String;
use alloc::vec::Vec;

use crate::nn::{Formats, Input, Model};

/// The contents of a model file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// How a pixel becomes a number.
    pub input: Input,
    /// The formats in fixed point, if the file has some.
    pub formats: Option<Formats>,
    /// What the result consists of, if it is several outputs.
    pub outputs: Vec<Output>,
}

/// One of several outputs of a network. In PyTorch's order, those of a model's result follow each other, each row by row in its
/// shape. In a result that is an image, whose channels are last here, each is some of the channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name or number.
    pub name: String,
    /// Its shape for an image, `[C, H, W]` for an image.
    pub shape: Vec<usize>,
}
