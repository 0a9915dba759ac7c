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

/// One of several outputs of a network. Those of a model's result follow each other, each of them row by row in its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name or number.
    pub name: String,
    /// Its shape for an image, `[C, H, W]` for an image.
    pub shape: Vec<usize>,
}
