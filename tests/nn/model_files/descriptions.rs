//! Descriptions: what they say is what the model becomes, and what they may not say is refused by name.

use ringshare::linalg::{Outside, Selection, Window};
use ringshare::nn::{Format, Formats, Input, Op, load, load_with, op};
use serde_json::{Value, json};

use super::files::{File, small};

/// A description of layers without tensors, for an image of 4 channels, 6 × 8.
fn layers(layers: Value) -> File {
    File::new(&[4, 6, 8], layers)
}

fn ops(file: &File) -> Vec<Op> {
    load(&file.bytes()).unwrap().model.nodes().iter().map(|node| node.op.clone()).collect()
}

#[test]
fn layers_without_tensors_become_what_they_are_called() {
    let file = layers(json!([
        { "name": "1", "type": "relu" },
        { "name": "2", "type": "relu6" },
        { "name": "3", "type": "clip", "low": -0.5, "high": 2 },
        { "name": "4", "type": "sign" },
        { "name": "5", "type": "sigmoid" },
        { "name": "6", "type": "tanh" },
        { "name": "7", "type": "gelu" },
        { "name": "8", "type": "softmax" },
        { "name": "9", "type": "dropout" },
        { "name": "10", "type": "add", "layer": "input" },
        { "name": "11", "type": "from", "layer": "3" },
    ]));
    let expected = [
        Op::Relu(op::Relu),
        Op::Clip(op::Clip { low: 0.0, high: 6.0 }),
        Op::Clip(op::Clip { low: -0.5, high: 2.0 }),
        Op::Sign(op::Sign),
        Op::Sigmoid(op::Sigmoid),
        Op::Tanh(op::Tanh),
        Op::Gelu(op::Gelu),
        Op::Softmax(op::Softmax),
        Op::Dropout(op::Dropout),
        Op::Add(op::Add { layer: "input".into() }),
        Op::From(op::From { layer: "3".into() }),
    ];
    assert_eq!(ops(&file), expected);
}

#[test]
fn several_values_and_parts_are_read_channels_first() {
    let file = layers(json!([
        { "name": "part", "type": "select", "size": [2, 6, 4], "start": [1, 0, -1], "repeat": [1, 1, 2] },
        { "name": "all", "type": "concat", "layers": ["part"] },
        { "name": "shuffled", "type": "select", "size": [4, 6, 5], "groups": 2, "step": [1, 1, -1], "edges": true },
        { "name": "square", "type": "multiply", "layer": "shuffled" },
        { "name": "elu", "type": "elu" },
        { "name": "steep", "type": "elu", "alpha": 2 },
        { "name": "vector", "type": "global_avg_pool2d" },
        { "name": "scaled", "type": "multiply", "layer": "all" },
        { "name": "apart", "type": "select", "size": [4, 7, 11], "repeat": [1, 2, 2], "zeros_between": true },
    ]));
    let part = Selection::new([6, 8, 4]);
    let part = Selection { size: [6, 4, 2], start: [0, -1, 1], repeat: [1, 2, 1], ..part };
    let shuffled = Selection { size: [6, 5, 4], step: [1, -1, 1], ..Selection::new([6, 4, 4]) };
    let shuffled = Selection { groups: 2, outside: Outside::Nearest, ..shuffled };
    let apart = Selection { size: [7, 11, 4], repeat: [2, 2, 1], ..Selection::new([6, 4, 4]) };
    let apart = Selection { outside: Outside::ZeroBetween, ..apart };
    let expected = [
        Op::Select(op::Select { selection: part }),
        Op::Concat(op::Concat { layers: vec!["part".into()] }),
        Op::Select(op::Select { selection: shuffled }),
        Op::Multiply(op::Multiply { layer: "shuffled".into() }),
        Op::Elu(op::Elu { alpha: 1.0 }),
        Op::Elu(op::Elu { alpha: 2.0 }),
        Op::AveragePool(op::AveragePool { window: Window::new([6, 5, 4], [6, 5]) }),
        Op::Multiply(op::Multiply { layer: "all".into() }),
        Op::Select(op::Select { selection: apart }),
    ];
    assert_eq!(ops(&file), expected);
    assert_eq!(load(&file.bytes()).unwrap().model.output(), [7, 11, 4]);
    let both =
        json!({ "name": "x", "type": "select", "size": [2, 6, 8], "edges": true, "zeros_between": true });
    layers(json!([both])).refused(&["layer `x`", "found both"]);
}

#[test]
fn vectors_that_were_images_are_neither_joined_nor_cut() {
    for (second, words) in [
        (json!({ "name": "x", "type": "concat", "layers": ["input"] }), "flattened likewise"),
        (
            json!({ "name": "x", "type": "select", "size": [3, 1, 1] }),
            "expected an image, found one that was flattened",
        ),
        (json!({ "name": "x", "type": "multiply", "layer": "input" }), "flattened likewise"),
    ] {
        layers(json!([{ "name": "flat", "type": "flatten" }, second])).refused(&["layer `x`", words]);
    }
    let zero = json!([{ "name": "x", "type": "select", "size": [3, 0, 1] }]);
    layers(zero).refused(&["layer `x`: side of a selection: expected 1 to 16777216, found 0"]);
}

#[test]
fn windows_have_the_defaults_of_pytorch() {
    let file = layers(json!([
        { "name": "max", "type": "max_pool2d", "size": [2, 3] },
        { "name": "mean", "type": "avg_pool2d", "size": [2, 2], "stride": [1, 1], "padding": [1, 0] },
        { "name": "all", "type": "global_avg_pool2d" },
    ]));
    let max = Window { stride: [2, 3], ..Window::new([6, 8, 4], [2, 3]) };
    let mean = Window { padding: [1, 0], ..Window::new([3, 2, 4], [2, 2]) };
    let all = Window::new([4, 1, 4], [4, 1]);
    let expected = [
        Op::MaxPool(op::MaxPool { window: max }),
        Op::AveragePool(op::AveragePool { window: mean }),
        Op::AveragePool(op::AveragePool { window: all }),
    ];
    assert_eq!(ops(&file), expected);
    let layers =
        json!([{ "name": "conv", "type": "conv2d", "stride": [2, 1], "dilation": [1, 3], "bias": false }]);
    let file = File::new(&[4, 6, 8], layers).counting("conv.weight", &[5, 4, 3, 2]);
    let window = Window { stride: [2, 1], dilation: [1, 3], ..Window::new([6, 8, 4], [3, 2]) };
    let Op::Convolution(op::Convolution { window: found, groups: 1, bias, .. }) = &ops(&file)[0] else {
        panic!()
    };
    assert_eq!((found, &bias[..]), (&window, &[0.0; 5][..]));
}

#[test]
fn pixels_and_formats_are_read() {
    for (pixel, input) in [
        (json!({ "scale": 0.5, "shift": -1 }), Input::Scaled { scale: 0.5, shift: -1.0 }),
        (json!({ "threshold": 7 }), Input::Threshold { at: 7 }),
        (json!({ "drop_bits": 3 }), Input::HighBits { drop: 3 }),
    ] {
        let description = json!({
            "version": 1,
            "input": { "shape": [5], "pixel": pixel },
            "layers": [{ "name": "relu", "type": "relu" }],
            "formats": {
                "input": { "fraction": 3, "bits": 9 },
                "layers": [{ "fraction": 4, "bits": 14 }],
            },
        });
        let loaded = load(&File::described(description).bytes()).unwrap();
        assert_eq!((loaded.input, loaded.model.input()), (input, [1, 1, 5]));
        let [input, layer] = [(3, 9), (4, 14)].map(|(fraction, bits)| Format { fraction, bits });
        assert_eq!(loaded.formats, Some(Formats { input, layers: vec![layer] }));
    }
}

#[test]
fn a_description_beside_the_file_takes_the_place_of_its_own() {
    let mut file = small();
    let text = file.metadata["ringshare"].clone();
    let expected = load(&file.bytes());
    file.metadata.insert("ringshare".into(), "something else".into());
    assert_eq!(load_with(&file.bytes(), &text), expected);
    file.metadata.clear();
    assert_eq!(load_with(&file.bytes(), &text), expected);
    file.refused(&["expected a description of the model in the metadata `ringshare`, found none"]);
}

#[test]
fn keys_that_are_unknown_missing_or_twice_there_are_named() {
    for (description, words) in [
        ("{", "EOF"),
        ("[]", "expected struct"),
        (r#"{"version":1,"layers":[]}"#, "missing field `input`"),
        (r#"{"version":1,"version":1}"#, "duplicate field `version`"),
        (r#"{"version":1,"inputs":{}}"#, "unknown field `inputs`"),
        (r#"{"version":2,"input":{"shape":[1],"pixel":{}},"layers":[]}"#, "expected version 1, found 2"),
        (
            r#"{"version":1,"input":{"shape":[1,2],"pixel":{}},"layers":[]}"#,
            "[C, H, W] or [N], found 2 numbers",
        ),
        (r#"{"version":1,"input":{"shape":[-1],"pixel":{}},"layers":[]}"#, "-1"),
        (
            r#"{"version":1,"input":{"shape":[1],"pixel":{"threshold":1}},"layers":[]}"#,
            "1 to 1024 layers, found 0",
        ),
        (r#"{"version":1,"input":{"shape":[1],"pixel":{"threshold":256}},"layers":[]}"#, "256"),
        (r#"{"version":1,"input":{"shape":[1],"pixel":{}},"layers":[1]}"#, "expected finite scale and shift"),
        (
            r#"{"version":1,"input":{"shape":[1],"pixel":{"scale":1e39,"shift":0}},"layers":[1]}"#,
            "expected finite scale and shift",
        ),
        (
            r#"{"version":1,"input":{"shape":[1],"pixel":{"drop_bits":8}},"layers":[1]}"#,
            "drop_bits of 0 to 7",
        ),
        (
            r#"{"version":1,"input":{"shape":[1],"pixel":{"threshold":1,"drop_bits":1}},"layers":[1]}"#,
            "found something else",
        ),
        (
            r#"{"version":1,"input":{"shape":[1],"pixel":{"threshold":1}},"layers":[{"name":"a","type":"relu"}],
               "formats":{"input":{"fraction":0,"bits":0},"layers":[]}}"#,
            "expected 1 to 64 bits",
        ),
    ] {
        let error = load_with(&small().bytes(), description).unwrap_err().to_string();
        assert!(error.starts_with("description: ") && error.contains(words), "{error}");
        assert!(!error.contains(char::is_control), "{error}");
    }
}

#[test]
fn layers_that_say_too_little_or_too_much_are_named() {
    for (layer, words) in [
        (json!(1), &["layer `1`", "expected an object"][..]),
        (json!({ "type": "relu" }), &["layer `1`", "`name`"]),
        (json!({ "name": "", "type": "relu" }), &["layer `1`", "name of 1 to 256"]),
        (json!({ "name": "a\u{7}", "type": "relu" }), &["layer `1`", "printable"]),
        (json!({ "name": "x".repeat(257), "type": "relu" }), &["layer `1`", "name of 1 to 256"]),
        (json!({ "name": "a" }), &["layer `a`", "`type`"]),
        (json!({ "name": "a", "type": "swish" }), &["layer `a`", "expected a known type, found `swish`"]),
        (json!({ "name": "a", "type": "e\nlu" }), &["layer `a`", r"found `e\nlu`"]),
        (json!({ "name": "a", "type": "relu", "slope": 1 }), &["layer `a`", "unknown field `slope`"]),
        (
            json!({ "name": "a", "type": "conv2d", "strides": [1, 1] }),
            &["layer `a`", "`strides`", "`stride`"],
        ),
        (json!({ "name": "a", "type": "conv2d", "stride": 2 }), &["layer `a`", "invalid type: integer `2`"]),
        (json!({ "name": "a", "type": "conv2d", "padding": [1, -1] }), &["layer `a`", "-1"]),
        (json!({ "name": "a", "type": "conv2d", "groups": 3 }), &["layer `a`", "divide 4 channels, found 3"]),
        (json!({ "name": "a", "type": "conv2d", "groups": 0 }), &["layer `a`", "divide 4 channels, found 0"]),
        (json!({ "name": "a", "type": "max_pool2d" }), &["layer `a`", "missing field `size`"]),
        (json!({ "name": "a", "type": "clip", "low": 0 }), &["layer `a`", "missing field `high`"]),
        (
            json!({ "name": "a", "type": "batch_norm", "eps": -1 }),
            &["layer `a`", "eps of at least 0, found -1"],
        ),
        (json!({ "name": "a", "type": "add" }), &["layer `a`", "missing field `layer`"]),
    ] {
        layers(json!([layer])).refused(words);
    }
}

#[test]
fn layers_that_do_not_chain_are_named() {
    for (list, words) in [
        (
            json!([{ "name": "a", "type": "linear" }]),
            &["layer `a`", "flatten before a linear layer", "[4, 6, 8]"][..],
        ),
        (json!([{ "name": "a", "type": "flatten" }]), &["layer `a`", "a linear layer behind the flatten"]),
        (
            json!([{ "name": "a", "type": "flatten" }, { "name": "b", "type": "max_pool2d", "size": [1, 1] }]),
            &["layer `b`", "expected an image, found one that was flattened"],
        ),
        (
            json!([{ "name": "a", "type": "relu" }, { "name": "a", "type": "relu" }]),
            &["a: expected a new name"],
        ),
        (json!([{ "name": "input", "type": "relu" }]), &["input: expected a new name"]),
        (
            json!([{ "name": "a", "type": "add", "layer": "b" }]),
            &["a: expected an earlier layer, found \"b\""],
        ),
        (json!([{ "name": "a", "type": "from", "layer": "a" }]), &["a: expected an earlier layer"]),
        (
            json!([
                { "name": "a", "type": "max_pool2d", "size": [2, 2] },
                { "name": "b", "type": "add", "layer": "input" },
            ]),
            &["b: ", "expected [3, 4, 4], found [6, 8, 4]"],
        ),
        (json!([{ "name": "a", "type": "max_pool2d", "size": [7, 1] }]), &["a: ", "at most 6 rows"]),
        (json!([{ "name": "a", "type": "max_pool2d", "size": [0, 1] }]), &["a: ", "at least 1, found 0"]),
        (
            json!([{ "name": "a", "type": "max_pool2d", "size": [1, 1], "padding": [usize::MAX, 0] }]),
            &["layer `a`", "padding: expected at most 65536"],
        ),
        (
            json!([{ "name": "a", "type": "avg_pool2d", "size": [1, 1], "stride": [1, 1], "padding": [4000, 4000] }]),
            &["a", "expected"],
        ),
    ] {
        layers(list).refused(words);
    }
    for shape in [&[0][..], &[1, 0, 1], &[usize::MAX, usize::MAX, 2], &[1 << 25]] {
        let file = File::new(shape, json!([{ "name": "a", "type": "relu" }]));
        file.refused(&["input: expected a shape of 1 to 16777216 elements"]);
    }
}

#[test]
fn sums_are_of_values_that_were_flattened_alike() {
    let list = json!([
        { "name": "flat", "type": "flatten" },
        { "name": "fc", "type": "linear", "bias": false },
        { "name": "sum", "type": "add", "layer": "flat" },
    ]);
    let file = File::new(&[2, 2, 2], list).counting("fc.weight", &[8, 8]);
    file.refused(&["layer `sum`", "flattened likewise"]);
    let list = json!([
        { "name": "flat", "type": "flatten" },
        { "name": "relu", "type": "relu" },
        { "name": "sum", "type": "add", "layer": "flat" },
        { "name": "fc", "type": "linear", "bias": false },
        { "name": "back", "type": "from", "layer": "relu" },
        { "name": "fc2", "type": "linear", "bias": false },
    ]);
    let file = File::new(&[2, 2, 2], list).counting("fc.weight", &[3, 8]).counting("fc2.weight", &[1, 8]);
    let Op::Linear(op::Linear { weight, .. }) = &ops(&file)[5] else { panic!() };
    let mut row = [0.0; 8];
    weight.row(0, &mut row);
    assert_eq!(row, [1.0, 5.0, 2.0, 6.0, 3.0, 7.0, 4.0, 8.0]);
}

#[test]
fn more_layers_than_any_network_has_are_refused() {
    let list: Vec<Value> = (0..1025).map(|i| json!({ "name": i.to_string(), "type": "relu" })).collect();
    load(&File::new(&[1], list[..1024].into()).bytes()).unwrap();
    File::new(&[1], list.into()).refused(&["expected 1 to 1024 layers, found 1025"]);
    let error = load_with(&small().bytes(), &" ".repeat((1 << 20) + 1)).unwrap_err().to_string();
    assert_eq!(error, "description: expected at most 1048576 bytes, found 1048577");
}

/// A stride of 2^63 − 1 loaded once, and panicked where the model was used.
#[test]
fn windows_beyond_the_limits_are_refused_with_the_layer_and_the_limit() {
    for large in [65_537, 1 << 40, i64::MAX as u64, u64::MAX] {
        for (what, option) in
            [("stride", "stride"), ("padding", "padding"), ("dilation", "dilation"), ("size", "size")]
        {
            for axis in 0..2 {
                let mut pair = [1u64; 2];
                pair[axis] = large;
                for kind in ["max_pool2d", "avg_pool2d"] {
                    let mut layer = json!({ "name": "wide", "type": kind, "size": [1, 1] });
                    layer[option] = json!(pair);
                    layers(json!([layer])).refused(&["layer `wide`", what, "65536", &large.to_string()]);
                }
                let mut layer = json!({ "name": "wide", "type": "conv2d", "bias": false });
                layer[option] = json!(pair);
                let file = layers(json!([layer])).counting("wide.weight", &[1, 4, 1, 1]);
                file.refused(&["layer `wide`", what, "65536", &large.to_string()]);
            }
        }
    }
    let layer = json!([{ "name": "relu", "type": "relu" }]);
    File::new(&[1, 1, (1 << 20) + 1], layer.clone()).refused(&[
        "input",
        "side of an image",
        "1048576",
        "1048577",
    ]);
    load(&File::new(&[1, 1, 1 << 20], layer).bytes()).unwrap();
    let edge = json!([{ "name": "edge", "type": "max_pool2d", "size": [1, 1], "stride": [65_536, 65_536] }]);
    let loaded = load(&layers(edge).bytes()).unwrap();
    assert_eq!(loaded.model.forward(&[0.5; 4 * 6 * 8]), [0.5; 4]);
}

#[test]
fn more_names_of_layers_than_any_network_has_are_refused() {
    let names = |n: usize| vec!["input"; n];
    let file = |n| layers(json!([{ "name": "all", "type": "concat", "layers": names(n) }])).bytes();
    assert!(load(&file(1 << 14)).is_ok());
    let error = load(&file((1 << 14) + 1)).unwrap_err().to_string();
    assert!(error.contains("expected at most 16384 names of earlier layers in all, found more"), "{error}");
}

#[test]
fn an_eps_that_is_not_positive_is_refused_as_it_came() {
    for (eps, found) in [(json!(0), "0"), (json!(-1), "-1")] {
        let file = layers(json!([{ "name": "x", "type": "inverse_rms", "eps": eps }]));
        let error = load(&file.bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!("expected a positive `eps`, found {found}")), "{error}");
    }
}
