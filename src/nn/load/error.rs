//! Why a file makes no model.

use core::fmt;

/// What was expected of a model file and what was found. Its text is one line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LoadError {
    /// The file describes no model and no description is given.
    NoDescription,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDescription => f.write_str("expected a description of the model, found none"),
        }
    }
}

impl core::error::Error for LoadError {}
