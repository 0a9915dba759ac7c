//! The description: JSON to types.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

mod numbers;

use self::numbers::{FormatsDocument, Pixel};
use super::error::LoadError;
use crate::nn::{Formats, Input};

/// Which description this is.
pub(super) const VERSION: u64 = 1;
/// The most bytes of a description.
const MOST_BYTES: usize = 1 << 20;
/// The most layers of a model.
const MOST_LAYERS: usize = 1 << 10;
/// The most characters of a layer's name.
const MOST_CHARACTERS: usize = 1 << 8;

/// A model without its tensors.
pub(super) struct Description {
    /// `[C, H, W]` or `[N]`.
    pub(super) shape: Vec<usize>,
    pub(super) input: Input,
    pub(super) layers: Vec<Layer>,
    pub(super) formats: Option<Formats>,
}

/// A layer without its tensors.
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a layer is, with its options.
pub(super) enum Kind {
    Conv2d(Conv2d),
    Linear(Linear),
    BatchNorm(BatchNorm),
    Relu,
    Relu6,
    Clip(Clip),
    Sign,
    Sigmoid,
    Tanh,
    Gelu,
    Softmax,
    MaxPool2d(Pool),
    AvgPool2d(Pool),
    GlobalAvgPool2d,
    Flatten,
    Dropout,
    Add(Reference),
    From(Reference),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conv2d {
    /// Needed for packed weights, whose shape does not determine it.
    pub(super) size: Option<[usize; 2]>,
    #[serde(default = "one")]
    pub(super) stride: [usize; 2],
    #[serde(default)]
    pub(super) padding: [usize; 2],
    #[serde(default = "one")]
    pub(super) dilation: [usize; 2],
    #[serde(default = "yes_one")]
    pub(super) groups: usize,
    #[serde(default = "yes")]
    pub(super) bias: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Linear {
    #[serde(default = "yes")]
    pub(super) bias: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchNorm {
    #[serde(default = "small")]
    pub(super) eps: f64,
    #[serde(default = "yes")]
    pub(super) affine: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clip {
    pub(super) low: f32,
    pub(super) high: f32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pool {
    pub(super) size: [usize; 2],
    /// The size, if not given.
    pub(super) stride: Option<[usize; 2]>,
    #[serde(default)]
    pub(super) padding: [usize; 2],
    #[serde(default = "one")]
    pub(super) dilation: [usize; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    pub(super) layer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    input: InputDocument,
    layers: Vec<Value>,
    formats: Option<FormatsDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputDocument {
    shape: Vec<usize>,
    pixel: Pixel,
}

fn one() -> [usize; 2] {
    [1; 2]
}

fn yes_one() -> usize {
    1
}

fn yes() -> bool {
    true
}

/// PyTorch's.
fn small() -> f64 {
    1e-5
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
        if !(1..=MOST_LAYERS).contains(&document.layers.len()) {
            let found = document.layers.len();
            return Err(wrong(format!("expected 1 to {MOST_LAYERS} layers, found {found}")));
        }
        let layers = document.layers.into_iter().enumerate().map(|(i, layer)| Layer::parse(i + 1, layer));
        Ok(Self {
            shape: document.input.shape,
            input: document.input.pixel.input().map_err(wrong)?,
            layers: layers.collect::<Result<_, _>>()?,
            formats: document.formats.map(FormatsDocument::formats).transpose().map_err(wrong)?,
        })
    }
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
        if !(1..=MOST_CHARACTERS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(numbered("expected a name of 1 to 256 printable characters, found another"));
        }
        let wrong = |reason| LoadError::Layer { layer: name.clone(), reason };
        let Some(Value::String(kind)) = options.remove("type") else {
            return Err(wrong("expected a text `type`, found none".into()));
        };
        let kind = Kind::parse(&kind, options).map_err(wrong)?;
        Ok(Self { name, kind })
    }
}

impl Kind {
    fn parse(kind: &str, options: Map<String, Value>) -> Result<Self, String> {
        let known = Ok(match kind {
            "conv2d" => Self::Conv2d(read(options)?),
            "linear" => Self::Linear(read(options)?),
            "batch_norm" => Self::BatchNorm(read(options)?),
            "clip" => Self::Clip(read(options)?),
            "max_pool2d" => Self::MaxPool2d(read(options)?),
            "avg_pool2d" => Self::AvgPool2d(read(options)?),
            "add" => Self::Add(read(options)?),
            "from" => Self::From(read(options)?),
            _ => {
                let kind = Self::without_options(kind)?;
                let NoOptions {} = read(options)?;
                kind
            }
        });
        match known {
            Ok(Self::BatchNorm(BatchNorm { eps, .. })) if !eps.is_finite() || eps < 0.0 => {
                Err(format!("expected eps of at least 0, found {eps}"))
            }
            known => known,
        }
    }

    fn without_options(kind: &str) -> Result<Self, String> {
        Ok(match kind {
            "relu" => Self::Relu,
            "relu6" => Self::Relu6,
            "sign" => Self::Sign,
            "sigmoid" => Self::Sigmoid,
            "tanh" => Self::Tanh,
            "gelu" => Self::Gelu,
            "softmax" => Self::Softmax,
            "global_avg_pool2d" => Self::GlobalAvgPool2d,
            "flatten" => Self::Flatten,
            "dropout" => Self::Dropout,
            _ => return Err(format!("expected a known type, found `{kind}`")),
        })
    }
}

fn read<T: DeserializeOwned>(options: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(options)).map_err(|e| e.to_string())
}
