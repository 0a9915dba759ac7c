//! How a pixel becomes the integer that enters a network.

use std::path::Path;

use crate::error::{Error, read};

/// The map from a pixel p to an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// 1 if p ≥ 128, otherwise 0.
    Threshold,
    /// p >> 4, so 0..=15.
    HighBits,
}

impl Input {
    /// Reads the entry `input` of the description `NAME.json` beside the model `NAME.safetensors`; `None` if there is
    /// no such file.
    ///
    /// # Errors
    /// A description that cannot be read, has no entry `input`, or names another map than the two above.
    pub(crate) fn beside(model: &Path) -> Result<Option<Self>, Error> {
        let path = model.with_extension("json");
        if !path.exists() {
            return Ok(None);
        }
        let json: serde_json::Value =
            serde_json::from_slice(&read(&path)?).map_err(|e| Error::bad(&path, e))?;
        match json.get("input").and_then(|v| v.as_str()) {
            Some(text) => Self::from_text(text).map(Some).map_err(|e| Error::bad(&path, e)),
            None => Err(Error::bad(&path, "expected an entry `input` that is a text, found none")),
        }
    }

    /// Reads the words by which a description names the map.
    ///
    /// # Errors
    /// Any other words.
    pub(crate) fn from_text(text: &str) -> Result<Self, String> {
        if text.starts_with("1 if pixel >= 128 else 0") {
            Ok(Self::Threshold)
        } else if text.starts_with("pixel >> 4") {
            Ok(Self::HighBits)
        } else {
            Err(format!(
                "expected the input to be `1 if pixel >= 128 else 0` or `pixel >> 4`, found `{text}`"
            ))
        }
    }

    /// The smallest and the largest input.
    pub(crate) fn range(self) -> (i64, i64) {
        match self {
            Self::Threshold => (0, 1),
            Self::HighBits => (0, 15),
        }
    }

    /// The input for each pixel.
    pub(crate) fn encode(self, pixels: &[u8]) -> Vec<u8> {
        match self {
            Self::Threshold => pixels.iter().map(|p| p >> 7).collect(),
            Self::HighBits => pixels.iter().map(|p| p >> 4).collect(),
        }
    }
}
