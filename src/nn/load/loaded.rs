//! The contents of a model file.

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
}
