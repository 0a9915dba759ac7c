//! Models in files: safetensors with a description in JSON, as `docs/model-format.md` says.
//!
//! A file passes through three types: the bytes are [`Tensors`], the JSON is a [`Description`], and `build` makes the
//! [`Model`] of both, layer by layer. [`save`] goes the other way.

mod build;
mod chain;
mod description;
mod error;
mod loaded;
mod order;
mod save;
mod tensors;

pub use error::LoadError;
pub use loaded::Loaded;
pub use save::{Precision, SaveError, save};

use description::Description;
use tensors::Tensors;

/// Reads a model from the bytes of a safetensors file that holds its own description, or needs none.
///
/// ```
/// use ringshare::nn::{Input, Loaded, Model, Op, Precision, Weight, load, save};
///
/// let mut model = Model::new([1, 1, 3]);
/// let weight = Weight::Real(vec![0.5, -1.0, 2.0]);
/// model.push("fc", Op::Linear { weight, bias: vec![0.25] })?;
/// let saved = Loaded { model, input: Input::Threshold { at: 128 }, formats: None };
///
/// let loaded = load(&save(&saved, Precision::Half)?)?;
/// assert_eq!(loaded, saved);
/// assert_eq!(loaded.model.forward(&loaded.input.encode(&[255, 0, 200])), [2.75]);
///
/// let error = load(b"something else").unwrap_err();
/// assert!(error.to_string().starts_with("not a safetensors file"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first thing in the file that is not as described below, with the name of the layer or tensor.
#[doc = include_str!("../../docs/model-format.md")]
pub fn load(file: &[u8]) -> Result<Loaded, LoadError> {
    let (tensors, metadata) = Tensors::parse(file)?;
    let description = match metadata.description {
        Some(text) => Description::parse(&text)?,
        None => chain::describe(&tensors, metadata.input.as_deref())?,
    };
    finish(description, tensors)
}

/// Reads a model from the bytes of a safetensors file and a description in JSON. A description in the file is not
/// looked at.
///
/// # Errors
/// As [`load()`].
pub fn load_with(file: &[u8], description: &str) -> Result<Loaded, LoadError> {
    let (tensors, _) = Tensors::parse(file)?;
    finish(Description::parse(description)?, tensors)
}

/// The description that lies in a safetensors file, if there is one: what [`load_with`] takes for a file of the same
/// network without it.
///
/// # Errors
/// If the file is no safetensors file.
pub fn description(file: &[u8]) -> Result<Option<std::string::String>, LoadError> {
    Ok(Tensors::parse(file)?.1.description)
}

fn finish(description: Description, tensors: Tensors<'_>) -> Result<Loaded, LoadError> {
    let model = build::build(&description, tensors)?;
    Ok(Loaded { model, input: description.input, formats: description.formats })
}
