//! What a model file holds.

use crate::nn::{Formats, Input, Model};

/// A model as it lies in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// How a pixel becomes a number.
    pub input: Input,
    /// How the layers' results are held in fixed point, if the file says so.
    pub formats: Option<Formats>,
}
