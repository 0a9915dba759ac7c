//! A description, piece by piece.

use serde_json::{Value, json};

use crate::nn::{Format, Formats, Input};

/// How a pixel becomes a number.
pub(super) fn pixel(input: Input) -> Value {
    match input {
        Input::Scaled { scale, shift } => json!({ "scale": scale, "shift": shift }),
        Input::Threshold { at } => json!({ "threshold": at }),
        Input::HighBits { drop } => json!({ "drop_bits": drop }),
    }
}

/// The formats of a model.
pub(super) fn formats(formats: &Formats) -> Value {
    let format = |f: &Format| json!({ "fraction": f.fraction, "bits": f.bits });
    let layers: Value = formats.layers.iter().map(format).collect();
    json!({ "input": format(&formats.input), "layers": layers })
}
