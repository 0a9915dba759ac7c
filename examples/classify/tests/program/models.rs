//! Small models that are made here.

use std::path::PathBuf;

use classify::network::Network;
use ringshare::nn::{Input, Loaded, Model, Precision, Weight, op, save};

/// Pseudorandom numbers.
pub(crate) fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as u32
}

/// A binarized network of pseudorandom weights and small biases, so that values of 0 and equal logits occur.
pub(crate) fn binarized(widths: &[usize]) -> Model {
    let mut state = 1;
    let mut model = Model::new([1, 1, widths[0]]);
    for (i, w) in widths.windows(2).enumerate() {
        let signs = (0..w[0].div_ceil(8) * w[1]).map(|_| random(&mut state) as u8).collect();
        let bias = (0..w[1]).map(|_| (random(&mut state) % 5) as f32 - 2.0).collect();
        model.push(&format!("fc{}", i + 1), op::Linear { weight: Weight::Signs(signs), bias }).unwrap();
        if i + 2 < widths.len() {
            model.push(&format!("sign{}", i + 1), op::Sign).unwrap();
        }
    }
    model
}

/// A binarized network with as many layers as the shipped one and a fiftieth of its weights, in a file of its own.
pub(crate) fn small_file(name: &str) -> PathBuf {
    file(name, binarized(&[784, 1024, 64, 64, 10]), Input::Threshold { at: 128 })
}

/// As [`small_file`], from the file.
pub(crate) fn small(name: &str) -> Network {
    written(name, binarized(&[784, 1024, 64, 64, 10]), Input::Threshold { at: 128 })
}

/// A network as its file gives it.
pub(crate) fn written(name: &str, model: Model, input: Input) -> Network {
    let path = file(name, model, input);
    let network = Network::load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    network
}

/// Writes a model to a file.
fn file(name: &str, model: Model, input: Input) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ringshare-{name}-{}.safetensors", std::process::id()));
    let loaded = Loaded { model, input, formats: None, outputs: vec![] };
    std::fs::write(&path, save(&loaded, Precision::Single).unwrap()).unwrap();
    path
}
