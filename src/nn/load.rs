//! Models in files: safetensors with a description in JSON, as `docs/model-format.md` says.
//!
//! The bytes of a file become [`Tensors`] and its JSON a [`Description`]. From both, `build` makes the
//! [`Model`](crate::nn::Model), layer by layer. [`save`] does the reverse.

mod build;
mod chain;
mod described;
mod description;
mod error;
mod file;
mod half;
mod loaded;
mod order;
mod save;
mod tensors;

pub(super) use described::{Described, ones, yes};
pub use error::LoadError;
pub(super) use file::{File, Plain};
pub use loaded::{Loaded, Output};
pub(super) use order::{Order, flattened};
pub(super) use save::Saved;
pub use save::{Precision, SaveError, save};

use crate::nn::Input;
use description::Description;
use tensors::Tensors;

/// Reads a model from the bytes of a safetensors file that contains its description or needs none.
///
/// ```
/// use ringshare::nn::{Input, Loaded, Model, Precision, Weight, load, save, op};
///
/// let mut model = Model::new([1, 1, 3]);
/// let weight = Weight::Real(vec![0.5, -1.0, 2.0]);
/// model.push("fc", op::Linear { weight, bias: vec![0.25] })?;
/// let saved = Loaded { model, input: Input::Threshold { at: 128 }, formats: None, outputs: vec![] };
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
/// The first part of the file that is not as described below, with the name of the layer or tensor.
#[doc = include_str!("../../docs/model-format.md")]
pub fn load(file: &[u8]) -> Result<Loaded, LoadError> {
    read(file, None)
}

/// As [`load()`], for a file without a description that does not say what a pixel becomes either.
///
/// # Errors
/// As [`load()`], and [`LoadError::InputTwice`] if the file says what a pixel becomes.
pub fn load_with_input(file: &[u8], input: Input) -> Result<Loaded, LoadError> {
    read(file, Some(input))
}

fn read(file: &[u8], input: Option<Input>) -> Result<Loaded, LoadError> {
    let (tensors, metadata) = Tensors::parse(file)?;
    let description = match metadata.description {
        Some(_) if input.is_some() => return Err(LoadError::InputTwice),
        Some(text) => Description::parse(&text)?,
        None => chain::describe(&tensors, metadata.input.as_deref(), input)?,
    };
    finish(description, tensors)
}

/// Reads a model from the bytes of a safetensors file and a description in JSON. A description in the file is ignored.
///
/// # Errors
/// As [`load()`].
pub fn load_with(file: &[u8], description: &str) -> Result<Loaded, LoadError> {
    let (tensors, _) = Tensors::parse(file)?;
    finish(Description::parse(description)?, tensors)
}

/// The description in a safetensors file, if it has one: [`load_with`] takes it for a file of the same network without a
/// description.
///
/// # Errors
/// If it is not a safetensors file.
pub fn description(file: &[u8]) -> Result<Option<std::string::String>, LoadError> {
    Ok(Tensors::parse(file)?.1.description)
}

fn finish(description: Description, tensors: Tensors<'_>) -> Result<Loaded, LoadError> {
    let model = build::build(&description, tensors)?;
    description.check_outputs(model.output())?;
    let Description { input, formats, outputs, .. } = description;
    Ok(Loaded { model, input, formats, outputs })
}
