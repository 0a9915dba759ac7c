//! A description, piece by piece.

use alloc::string::String;

use serde_json::{Map, Value, json};

use crate::linalg::Window;
use crate::nn::{Format, Formats, Input, Op};

/// Type and options of a layer.
pub(super) fn of(op: &Op) -> Map<String, Value> {
    let value = match op {
        Op::Linear { .. } => json!({ "type": "linear" }),
        Op::Convolution { window, groups, .. } => {
            return geometry(window, json!({ "type": "conv2d", "groups": groups }));
        }
        Op::Normalise { .. } => json!({ "type": "batch_norm", "eps": 0.0 }),
        Op::Relu => json!({ "type": "relu" }),
        Op::Clip { low, high } => json!({ "type": "clip", "low": low, "high": high }),
        Op::Sign => json!({ "type": "sign" }),
        Op::Sigmoid => json!({ "type": "sigmoid" }),
        Op::Tanh => json!({ "type": "tanh" }),
        Op::Gelu => json!({ "type": "gelu" }),
        Op::Softmax => json!({ "type": "softmax" }),
        Op::MaxPool { window } => return geometry(window, json!({ "type": "max_pool2d" })),
        Op::AveragePool { window } => return geometry(window, json!({ "type": "avg_pool2d" })),
        Op::Flatten => json!({ "type": "flatten" }),
        Op::Dropout => json!({ "type": "dropout" }),
        Op::Add { layer } => json!({ "type": "add", "layer": layer }),
        Op::From { layer } => json!({ "type": "from", "layer": layer }),
    };
    object(value)
}

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

fn geometry(window: &Window, value: Value) -> Map<String, Value> {
    let Window { size, stride, padding, dilation, .. } = window;
    let options = json!({ "size": size, "stride": stride, "padding": padding, "dilation": dilation });
    object(value).into_iter().chain(object(options)).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
