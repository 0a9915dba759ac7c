//! The networks in `examples/data`: they are read, and are the reference networks, rounded.

use ringshare::nn::{Input, Loaded, Op, Weight, load, load_with, op};
use serde_json::Value;

use super::files::{in_repository, skipped};

const UNIT: Input = Input::Scaled { scale: 1.0 / 255.0, shift: 0.0 };

/// Name, input, and widths of the results.
const NETWORKS: [(&str, Input, &[usize]); 5] = [
    ("mlp_relu_mnist", Input::Threshold { at: 128 }, &[784, 784, 784, 784, 784, 10]),
    ("mlp_relu_fashion", UNIT, &[784, 784, 784, 784, 784, 10]),
    ("cnn_mnist", UNIT, &[26 * 26 * 32, 24 * 24 * 64, 12 * 12 * 64, 128, 10]),
    ("cnn_fashion", UNIT, &[26 * 26 * 32, 24 * 24 * 64, 12 * 12 * 64, 128, 10]),
    ("bmlp_sign_4096_fashion", Input::HighBits { drop: 4 }, &[784, 4096, 4096, 4096, 10]),
];

fn shipped(name: &str) -> Option<Vec<u8>> {
    let path = in_repository(&format!("examples/data/{name}.safetensors"));
    if path.is_none() {
        skipped(name);
    }
    path.map(|path| std::fs::read(path).unwrap())
}

fn reference(name: &str) -> Option<Vec<u8>> {
    let path = in_repository(&format!("../shared/models/{name}.safetensors"));
    if path.is_none() {
        skipped("a reference network");
    }
    path.map(|path| std::fs::read(path).unwrap())
}

/// The text in a file's metadata.
fn description(file: &[u8]) -> String {
    let (_, header) = safetensors::SafeTensors::read_metadata(file).unwrap();
    header.metadata().as_ref().unwrap()["ringshare"].clone()
}

/// Weights and bias of every layer that has them.
fn weights(loaded: &Loaded) -> impl Iterator<Item = (&Weight, &[f32])> {
    loaded.model.nodes().iter().filter_map(|node| match &node.op {
        Op::Linear(op::Linear { weight, bias }) | Op::Convolution(op::Convolution { weight, bias, .. }) => {
            Some((weight, &bias[..]))
        }
        _ => None,
    })
}

#[test]
fn shipped_networks_have_their_shapes_and_inputs() {
    for (name, input, widths) in NETWORKS {
        let Some(file) = shipped(name) else { continue };
        let loaded = load(&file).unwrap();
        assert_eq!(loaded.model.input(), [28, 28, 1], "{name}");
        assert_eq!(loaded.input, input, "{name}");
        let changes = |node: &&ringshare::nn::Node| {
            // Flattening is what the widths of the chains begin with.
            let flatten = node.op == Op::Flatten(op::Flatten) && name.starts_with("cnn");
            !flatten && !matches!(node.op, Op::Relu(op::Relu) | Op::Sign(op::Sign))
        };
        let nodes = loaded.model.nodes().iter().filter(changes);
        let found: Vec<usize> = nodes.map(|node| node.shape.iter().product()).collect();
        assert_eq!(found, widths, "{name}");
    }
}

#[test]
fn shipped_weights_are_those_of_the_reference_networks_to_the_nearest_half() {
    for (name, _, _) in NETWORKS {
        let (Some(file), Some(reference)) = (shipped(name), reference(name)) else { continue };
        let reference = load_with(&reference, &description(&file)).unwrap();
        let shipped = load(&file).unwrap();
        assert_eq!(weights(&shipped).count(), weights(&reference).count(), "{name}");
        for ((weight, bias), (exact, exact_bias)) in weights(&shipped).zip(weights(&reference)) {
            assert_eq!(bias, exact_bias, "{name}");
            match (weight, exact) {
                (Weight::Real(weight), Weight::Real(exact)) => {
                    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= (b.abs() / 2048.0).max(3e-8);
                    assert!(weight.len() == exact.len() && weight.iter().zip(exact).all(near), "{name}");
                }
                _ => assert_eq!(weight, exact, "{name}"),
            }
        }
    }
}

#[test]
fn shipped_networks_give_the_logits_of_the_reference_networks() {
    for (name, ..) in NETWORKS {
        let Some(file) = shipped(name) else { continue };
        let set = if name.ends_with("mnist") { "mnist" } else { "fashion" };
        let path = |path: String| in_repository(&format!("../shared/{path}"));
        let (Some(expected), Some(images)) = (
            path(format!("models/{name}.expected.safetensors")),
            path(format!("data/{set}/t10k-images-idx3-ubyte.gz")),
        ) else {
            skipped("the complete data");
            continue;
        };
        let expected = std::fs::read(expected).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&expected).unwrap();
        let logits = tensors.tensor("logits").unwrap();
        let logits: Vec<f32> = match logits.dtype() {
            safetensors::Dtype::F32 => {
                logits.data().as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
            }
            safetensors::Dtype::I32 => {
                logits.data().as_chunks().0.iter().map(|&b| i32::from_le_bytes(b) as f32).collect()
            }
            other => panic!("{name}: {other:?}"),
        };
        let loaded = load(&file).unwrap();
        let pixels = &gunzipped(&images)[16..][..100 * 784];
        let found = loaded.model.forward(&loaded.input.encode(pixels));
        let bound = if name.starts_with("bmlp") { 0.0 } else { 0.05 };
        assert_eq!(found.len(), logits.len());
        let off = found.iter().zip(&logits).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off <= bound, "{name}: off by {off}");
    }
}

/// The accuracy of every shipped network on all test images, beside that of the reference networks in single precision.
/// Slow, so it runs by name alone: `cargo test --release --test model_files accuracy -- --ignored --nocapture`.
#[test]
#[ignore = "evaluates 50,000 images"]
fn half_precision_keeps_the_accuracy() {
    for (name, ..) in NETWORKS {
        let set = if name.ends_with("mnist") { "mnist" } else { "fashion" };
        let path = |path: String| in_repository(&format!("../shared/{path}"));
        let (Some(file), Some(reference), Some(images), Some(labels)) = (
            shipped(name),
            reference(name),
            path(format!("data/{set}/t10k-images-idx3-ubyte.gz")),
            path(format!("data/{set}/t10k-labels-idx1-ubyte.gz")),
        ) else {
            continue;
        };
        let exact = load_with(&reference, &description(&file)).unwrap();
        let (images, labels) = (gunzipped(&images), gunzipped(&labels));
        let [half, exact] = [load(&file).unwrap(), exact].map(|loaded| classes(&loaded, &images[16..]));
        let correct = |classes: &[u8]| classes.iter().zip(&labels[8..]).filter(|(a, b)| a == b).count();
        let same = half.iter().zip(&exact).filter(|(a, b)| a == b).count();
        println!(
            "{name}: {} of {} correct, {} in single precision, {same} classes alike",
            correct(&half),
            half.len(),
            correct(&exact)
        );
        assert!(correct(&half).abs_diff(correct(&exact)) <= 5);
    }
}

/// The class of every image: the first greatest logit.
fn classes(loaded: &Loaded, pixels: &[u8]) -> Vec<u8> {
    let class =
        |logits: &[f32]| (0..10).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap() as u8;
    let batch = |pixels: &[u8]| {
        let logits = loaded.model.forward(&loaded.input.encode(pixels));
        logits.chunks_exact(10).map(class).collect::<Vec<u8>>()
    };
    pixels.chunks(100 * 784).flat_map(batch).collect()
}

fn gunzipped(path: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file), &mut bytes).unwrap();
    bytes
}

#[test]
fn descriptions_are_json_with_known_keys_alone() {
    for (name, ..) in NETWORKS {
        let Some(file) = shipped(name) else { continue };
        let description: Value = serde_json::from_str(&description(&file)).unwrap();
        let keys: Vec<_> = description.as_object().unwrap().keys().collect();
        assert!(
            keys.iter().all(|key| ["version", "input", "layers", "formats"].contains(&key.as_str())),
            "{keys:?}"
        );
    }
}
