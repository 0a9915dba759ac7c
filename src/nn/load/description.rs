//! The description: JSON to types.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;
use serde_json::{Map, Value};

mod numbers;

use self::numbers::{FormatsDocument, Pixel};
use super::error::LoadError;
use super::loaded::Output;
use crate::nn::{Formats, Input};

/// Which description this is.
pub(super) const VERSION: u64 = 1;
/// The most bytes of a description.
const MOST_BYTES: usize = 1 << 20;
/// The most characters of a layer's name.
const MOST_CHARACTERS: usize = 1 << 8;
/// Of the shape of an output.
const MOST_SIDES: usize = 8;

/// A model without its tensors.
pub(super) struct Description {
    /// `[C, H, W]` or `[N]`.
    pub(super) shape: Vec<usize>,
    pub(super) input: Input,
    pub(super) layers: Vec<Layer>,
    pub(super) formats: Option<Formats>,
    pub(super) outputs: Vec<Output>,
}

/// A layer without its tensors.
pub(super) struct Layer {
    pub(super) name: String,
    /// What it is.
    pub(super) kind: String,
    pub(super) options: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    input: InputDocument,
    layers: Vec<Value>,
    formats: Option<FormatsDocument>,
    #[serde(default)]
    outputs: Vec<OutputDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputDocument {
    name: String,
    shape: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputDocument {
    shape: Vec<usize>,
    pixel: Pixel,
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// If it is not JSON, or if keys are unknown, repeated or missing.
    pub(super) fn parse(text: &str) -> Result<Self, LoadError> {
        let wrong = |reason| LoadError::Description { reason };
        if text.len() > MOST_BYTES {
            return Err(wrong(format!("expected at most {MOST_BYTES} bytes, found {}", text.len())));
        }
        let document: Document = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
        if document.version != VERSION {
            return Err(wrong(format!("expected version {VERSION}, found {}", document.version)));
        }
        if !matches!(document.input.shape.len(), 1 | 3) {
            let found = document.input.shape.len();
            return Err(wrong(format!("input: expected a shape [C, H, W] or [N], found {found} numbers")));
        }
        let layers = document.layers.into_iter().enumerate().map(|(i, layer)| Layer::parse(i + 1, layer));
        Ok(Self {
            shape: document.input.shape,
            input: document.input.pixel.input().map_err(wrong)?,
            layers: layers.collect::<Result<_, _>>()?,
            formats: document.formats.map(FormatsDocument::formats).transpose().map_err(wrong)?,
            outputs: document
                .outputs
                .into_iter()
                .map(OutputDocument::output)
                .collect::<Result<_, _>>()
                .map_err(wrong)?,
        })
    }

    /// Checks that several outputs make up the result of the model.
    pub(super) fn check_outputs(&self, [height, width, channels]: [usize; 3]) -> Result<(), LoadError> {
        let wrong = |reason| Err(LoadError::Description { reason });
        let mut all = 0usize;
        for Output { name, shape } in &self.outputs {
            let elements = shape.iter().try_fold(1usize, |all, &side| all.checked_mul(side)).unwrap_or(0);
            // Images that are joined keep their height and width.
            let image = height * width == 1 || matches!(shape[..], [_, h, w] if [h, w] == [height, width]);
            if elements == 0 || !image {
                return wrong(format!(
                    "outputs: `{name}`: expected a part of [{channels}, {height}, {width}], found {shape:?}"
                ));
            }
            all = all.saturating_add(elements);
        }
        let expected = height * width * channels;
        if !self.outputs.is_empty() && all != expected {
            return wrong(format!("outputs: expected {expected} elements, found {all}"));
        }
        Ok(())
    }
}

impl OutputDocument {
    fn output(self) -> Result<Output, String> {
        let Self { name, shape } = self;
        if !is_name(&name) {
            return Err("outputs: expected names of 1 to 256 printable characters, found another".into());
        }
        match shape.len() {
            1..=MOST_SIDES => Ok(Output { name, shape }),
            found => Err(format!(
                "outputs: `{name}`: expected a shape of 1 to {MOST_SIDES} numbers, found {found}"
            )),
        }
    }
}

/// Whether messages can show it.
fn is_name(name: &str) -> bool {
    (1..=MOST_CHARACTERS).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

impl Layer {
    /// Reads the description of the layer of a number, counted from 1.
    fn parse(number: usize, layer: Value) -> Result<Self, LoadError> {
        let numbered = |reason: &str| LoadError::Layer { layer: number.to_string(), reason: reason.into() };
        let Value::Object(mut options) = layer else {
            return Err(numbered("expected an object, found something else"));
        };
        let Some(Value::String(name)) = options.remove("name") else {
            return Err(numbered("expected a text `name`, found none"));
        };
        if !is_name(&name) {
            return Err(numbered("expected a name of 1 to 256 printable characters, found another"));
        }
        let wrong = |reason| LoadError::Layer { layer: name.clone(), reason };
        let Some(Value::String(kind)) = options.remove("type") else {
            return Err(wrong("expected a text `type`, found none".into()));
        };
        Ok(Self { name, kind, options })
    }
}
