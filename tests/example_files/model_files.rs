//! Model files: the shipped one is read, damaged ones are refused with a reason that names the layer.

use std::collections::HashMap;

use proptest::prelude::*;
use safetensors::{Dtype, serialize, tensor::TensorView};

use crate::error::read;
use crate::input::Input;
use crate::model::{Layer, Model};
use crate::{in_data, in_repository};

type Tensors = HashMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// Tensors of a network with the given widths; weights and biases count up.
fn net(widths: &[usize]) -> Tensors {
    let layers = widths.windows(2).enumerate().flat_map(|(l, w)| {
        let (bytes, outputs) = (w[0] / 8, w[1]);
        let bits = (0..bytes * outputs).map(|i| i as u8).collect();
        let bias = (0..outputs).flat_map(|i| (i as i32 - 3).to_le_bytes()).collect();
        [
            (format!("fc{}.weight_bits", l + 1), (Dtype::U8, vec![outputs, bytes], bits)),
            (format!("fc{}.bias", l + 1), (Dtype::I32, vec![outputs], bias)),
        ]
    });
    layers.collect()
}

fn file(tensors: &Tensors) -> Vec<u8> {
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    serialize(views, None).unwrap()
}

fn refusal(tensors: &Tensors) -> String {
    Model::parse(&file(tensors)).unwrap_err().to_string()
}

#[test]
fn a_small_network_is_read_bit_for_bit() {
    let model = Model::parse(&file(&net(&[16, 8, 2]))).unwrap();
    let shapes: Vec<_> = model.layers.iter().map(|l| (l.inputs, l.outputs)).collect();
    assert_eq!(shapes, [(16, 8), (8, 2)]);
    assert_eq!(model.layers[0].bias, [-3, -2, -1, 0, 1, 2, 3, 4]);
    let mut row = [0; 16];
    model.layers[0].row(1, &mut row);
    assert_eq!(row, [-1, -1, -1, -1, -1, -1, 1, -1, -1, -1, -1, -1, -1, -1, 1, 1]);
    assert_eq!(model.expect(16, 2), Ok(()));
    assert!(
        model.expect(24, 2).unwrap_err().to_string().contains("`fc1.weight_bits`: expected shape [out, 3]")
    );
    assert!(
        model
            .expect(16, 10)
            .unwrap_err()
            .to_string()
            .contains("`fc2.weight_bits`: expected shape [10, in/8]")
    );
}

#[test]
fn a_file_cut_short_or_continued_is_refused() {
    let good = file(&net(&[16, 8, 2]));
    (0..good.len()).for_each(|n| assert!(Model::parse(&good[..n]).is_err(), "{n} of {}", good.len()));
    assert!(Model::parse(&[&good[..], &[0]].concat()).is_err());
}

#[test]
fn missing_and_extra_tensors_are_named() {
    for (gone, reason) in [
        ("fc1.bias", "a tensor `fc1.bias`, found none"),
        ("fc1.weight_bits", "a tensor `fc1.weight_bits`, found none"),
        ("fc3.bias", "a tensor `fc3.bias`, found none"),
    ] {
        let mut tensors = net(&[8, 8, 8, 2]);
        tensors.remove(gone);
        assert!(refusal(&tensors).contains(reason), "{}", refusal(&tensors));
    }
    let mut tensors = net(&[8, 8, 8, 2]);
    tensors.retain(|name, _| !name.starts_with("fc2"));
    assert!(refusal(&tensors).contains("a tensor `fc2.weight_bits`, found none"));
    for extra in ["conv1.weight", "fc1.weight", "fc02.bias", "fc0.bias", "fc.bias", "a\nb"] {
        let mut tensors = net(&[8, 8, 2]);
        tensors.insert(extra.into(), (Dtype::U8, vec![1], vec![0]));
        let expected = format!("layers fc1 to fc2, found `{}`", extra.escape_debug());
        assert!(refusal(&tensors).contains(&expected), "{}", refusal(&tensors));
    }
    assert!(refusal(&net(&[8])).contains("found no fc1"));
}

#[test]
fn wrong_types_and_shapes_are_named() {
    for (name, tensor, reason) in [
        (
            "fc2.bias",
            (Dtype::F32, vec![2], vec![0; 8]),
            "`fc2.bias`: expected elements of type I32, found F32",
        ),
        (
            "fc1.weight_bits",
            (Dtype::I8, vec![8, 1], vec![0; 8]),
            "`fc1.weight_bits`: expected elements of type U8",
        ),
        (
            "fc1.weight_bits",
            (Dtype::U8, vec![8], vec![0; 8]),
            "`fc1.weight_bits`: expected shape [out, in/8]",
        ),
        ("fc2.weight_bits", (Dtype::U8, vec![2, 0], vec![]), "neither of them 0, found [2, 0]"),
        ("fc2.weight_bits", (Dtype::U8, vec![2, 2], vec![0; 4]), "for the 8 outputs of fc1, found [2, 2]"),
        ("fc2.bias", (Dtype::I32, vec![3], vec![0; 12]), "`fc2.bias`: expected shape [2]"),
        ("fc2.bias", (Dtype::I32, vec![2, 1], vec![0; 8]), "`fc2.bias`: expected shape [2]"),
    ] {
        let mut tensors = net(&[8, 8, 2]);
        tensors.insert(name.into(), tensor);
        assert!(refusal(&tensors).contains(reason), "{}", refusal(&tensors));
    }
    let narrow: Tensors =
        net(&[8, 4]).into_iter().chain(net(&[8, 8, 2]).into_iter().filter(|t| t.0 > "fc2".into())).collect();
    assert!(refusal(&narrow).contains("[out, 4/8, a multiple of 8]"), "{}", refusal(&narrow));
}

#[test]
fn bit_lengths_hold_every_value_and_depend_on_no_weight() {
    let bits = |weights: &[u8], bias: i32, range| {
        let layer = Layer { inputs: 8 * weights.len(), outputs: 1, bits: weights.to_vec(), bias: vec![bias] };
        Model { layers: vec![layer] }.bits_needed(range)[0]
    };
    // Values up to 8 and the bias, either way.
    for weights in [0xff, 0xf0, 0] {
        assert_eq!(bits(&[weights], 0, (0, 1)), 5);
        assert_eq!(bits(&[weights], 7, (-1, 1)), 5);
        assert_eq!(bits(&[weights], -7, (-1, 0)), 5);
        assert_eq!(bits(&[weights], 8, (0, 1)), 6);
        assert_eq!(bits(&[weights], 0, (0, 15)), 8);
        assert_eq!(bits(&[weights], i32::MIN, (0, 1)), 33);
    }
}

#[test]
fn the_reference_networks_have_known_bit_lengths() {
    for (path, input, expected) in [
        (in_repository("examples/data/bmlp_sign_4096_mnist.safetensors"), Input::Threshold, [11, 14, 14, 14]),
        (in_data("../models/bmlp_sign_4096_fashion.safetensors"), Input::HighBits, [15, 14, 14, 14]),
    ] {
        let Some(path) = path else {
            crate::skipped("a reference network");
            continue;
        };
        let model = Model::parse(&read(&path).unwrap()).unwrap();
        let shapes: Vec<_> = model.layers.iter().map(|l| (l.inputs, l.outputs)).collect();
        assert_eq!(shapes, [(784, 4096), (4096, 4096), (4096, 4096), (4096, 10)]);
        assert_eq!(Input::beside(&path).unwrap(), Some(input));
        assert_eq!(model.bits_needed(input.range()), expected);
    }
}

#[test]
fn an_unknown_input_is_refused() {
    assert_eq!(Input::from_text("pixel >> 4 (0..15)"), Ok(Input::HighBits));
    assert_eq!(Input::from_text("1 if pixel >= 128 else 0"), Ok(Input::Threshold));
    assert!(Input::from_text("pixel / 255").unwrap_err().contains("found `pixel / 255`"));
    assert_eq!(Input::Threshold.encode(&[0, 127, 128, 255]), [0, 0, 1, 1]);
    assert_eq!(Input::HighBits.encode(&[0, 15, 16, 255]), [0, 0, 1, 15]);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(at in 0usize..400, byte: u8, tail in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut damaged = file(&net(&[16, 8, 2]));
        let at = at % damaged.len();
        damaged[at] = byte;
        let _ = Model::parse(&damaged);
        damaged.truncate(at);
        damaged.extend(tail);
        let _ = Model::parse(&damaged);
    }
}
