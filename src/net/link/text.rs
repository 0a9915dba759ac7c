//! A text that is not what it should be.

use core::fmt;
use std::string::String;

/// A text is no [`Role`](super::Role), or no [`Address`](super::Address).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// What it should be.
    pub expected: &'static str,
    /// What it is.
    pub found: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found \"{}\"", self.expected, self.found.escape_debug())
    }
}

impl core::error::Error for TextError {}
