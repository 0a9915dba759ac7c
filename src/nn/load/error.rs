//! Why a file is not a model.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::nn::ModelError;

/// What was expected of a model file and what was found. The text is one line, whatever the file holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LoadError {
    /// Not a well-formed safetensors file: why.
    Container {
        /// What was expected and what was found.
        reason: String,
    },
    /// The file has no description, and none was given.
    NoDescription,
    /// A chain of linear layers, of which neither the file nor the caller says what a pixel becomes.
    NoInput,
    /// Both the file and the caller say what a pixel becomes.
    InputTwice,
    /// The description is not JSON, has another version, or lacks something outside of its layers.
    Description {
        /// What was expected and what was found.
        reason: String,
    },
    /// The description of a layer is not complete, has unknown keys, or does not fit what comes before.
    Layer {
        /// The layer: its name, or its number from 1 on where it has none.
        layer: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// A layer lacks a tensor.
    Missing {
        /// The tensor.
        name: String,
    },
    /// A tensor belongs to no layer.
    Unexpected {
        /// The tensor.
        name: String,
    },
    /// A tensor has elements of another type.
    Type {
        /// The tensor.
        name: String,
        /// The types that it may have.
        expected: &'static str,
        /// What it has.
        found: String,
    },
    /// A tensor has another shape.
    Shape {
        /// The tensor.
        name: String,
        /// What it should be, and why.
        expected: String,
        /// What it is.
        found: Vec<usize>,
    },
    /// An element of a tensor has a value that is not allowed.
    Value {
        /// The tensor.
        name: String,
        /// The place of the element, row by row, from 0 on.
        place: usize,
        /// The values that are allowed.
        expected: &'static str,
        /// What it is.
        found: f64,
    },
    /// The layers do not fit each other.
    Model(ModelError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container { reason } => write!(f, "not a safetensors file: {}", OneLine(reason)),
            Self::NoDescription => {
                f.write_str("expected a description of the model in the metadata `ringshare`, found none")
            }
            Self::NoInput => f.write_str(
                "expected the metadata `input`, `1 if pixel >= 128 else 0` or `pixel >> 4`, found none: \
                 nothing says what a pixel becomes",
            ),
            Self::InputTwice => {
                f.write_str("expected a file that does not say what a pixel becomes, found one that does")
            }
            Self::Description { reason } => write!(f, "description: {}", OneLine(reason)),
            Self::Layer { layer, reason } => write!(f, "layer `{}`: {}", OneLine(layer), OneLine(reason)),
            Self::Missing { name } => write!(f, "expected a tensor `{}`, found none", OneLine(name)),
            Self::Unexpected { name } => {
                write!(f, "expected only tensors of the layers, found `{}`", OneLine(name))
            }
            Self::Type { name, expected, found } => {
                write!(f, "`{}`: expected elements of type {expected}, found {found}", OneLine(name))
            }
            Self::Shape { name, expected, found } => {
                write!(f, "`{}`: expected shape {expected}, found {found:?}", OneLine(name))
            }
            Self::Value { name, place, expected, found } => {
                write!(f, "`{}`: expected {expected}, found {found} in place {place}", OneLine(name))
            }
            Self::Model(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for LoadError {}

impl From<ModelError> for LoadError {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

/// Text of a file, for a message: one line, and not too long.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 300;
        self.0.chars().take(MOST).try_for_each(|c| match c {
            c if c.is_control() => write!(f, "{}", c.escape_default()),
            c => write!(f, "{c}"),
        })?;
        f.write_str(if self.0.chars().nth(MOST).is_some() { "..." } else { "" })
    }
}
