//! Models in files.

mod error;
mod save;

pub use error::LoadError;
pub use save::{Precision, SaveError, save};

use super::{Formats, Input, Model};

/// A model as it lay in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// How a pixel becomes a number.
    pub input: Input,
    /// How the layers' results are held in fixed point, if the file says so.
    pub formats: Option<Formats>,
}

/// Reads a model from the bytes of a safetensors file that holds its own description.
///
/// # Errors
/// Everything of which [`LoadError`] speaks.
pub fn load(file: &[u8]) -> Result<Loaded, LoadError> {
    let _ = file;
    Err(LoadError::NoDescription)
}

/// Reads a model from the bytes of a safetensors file and a description in JSON. A description in the file is not
/// looked at.
///
/// # Errors
/// Everything of which [`LoadError`] speaks.
pub fn load_with(file: &[u8], description: &str) -> Result<Loaded, LoadError> {
    let _ = (file, description);
    Err(LoadError::NoDescription)
}
