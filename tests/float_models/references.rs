//! Trained networks against the results of the framework that trained them.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight};
use safetensors::SafeTensors;

/// Says so past the test runner's capture.
#[expect(clippy::explicit_write, reason = "eprintln is captured")]
fn skipped(what: &str) {
    writeln!(std::io::stderr(), "skipped: {what} is not here").unwrap();
}

/// A file among the complete data, for example `data/mnist/x.gz` or `models/x.safetensors`.
fn shared(path: &str) -> Option<Vec<u8>> {
    let named = std::env::var_os("RINGSHARE_DATA").map(|data| PathBuf::from(data).join(".."));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let found = named.into_iter().chain([beside]).map(|d| d.join(path)).find(|p| p.exists());
    if found.is_none() {
        skipped(path);
    }
    found.map(|path| std::fs::read(path).unwrap())
}

/// The first 100 test images.
fn images(set: &str, real: impl Fn(u8) -> f32) -> Option<Vec<f32>> {
    let file = shared(&format!("data/{set}/t10k-images-idx3-ubyte.gz"))?;
    let mut pixels = vec![0; 16 + 100 * 784];
    GzDecoder::new(&file[..]).read_exact(&mut pixels).unwrap();
    Some(pixels[16..].iter().map(|&p| real(p)).collect())
}

fn reals(file: &SafeTensors, name: &str) -> Vec<f32> {
    let data = file.tensor(name).unwrap();
    data.data().chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap())).collect()
}

fn integers(file: &SafeTensors, name: &str) -> Vec<f32> {
    let data = file.tensor(name).unwrap();
    data.data().chunks_exact(4).map(|x| i32::from_le_bytes(x.try_into().unwrap()) as f32).collect()
}

/// `[outputs, channels, places]` to `[outputs, places, channels]`.
fn channels_last(weights: &[f32], channels: usize, places: usize) -> Weight {
    let row = |row: &[f32]| -> Vec<f32> {
        (0..places).flat_map(|p| (0..channels).map(move |c| c * places + p)).map(|i| row[i]).collect()
    };
    Weight::Real(weights.chunks(channels * places).flat_map(row).collect())
}

fn linear(file: &SafeTensors, name: &str) -> Op {
    let weight = Weight::Real(reals(file, &format!("{name}.weight")));
    Op::Linear { weight, bias: reals(file, &format!("{name}.bias")) }
}

fn mlp(file: &SafeTensors) -> Model {
    let mut model = Model::new([28, 28, 1]);
    for layer in 1..=5 {
        let name = format!("fc{layer}");
        model.push(&name, linear(file, &name)).unwrap();
        if layer < 5 {
            model.push(&format!("relu{layer}"), Op::Relu).unwrap();
        }
    }
    model
}

fn cnn(file: &SafeTensors) -> Model {
    let convolution = |name: &str, image: [usize; 3]| {
        let weight = channels_last(&reals(file, &format!("{name}.weight")), image[2], 9);
        let bias = reals(file, &format!("{name}.bias"));
        Op::Convolution { window: Window::new(image, [3; 2]), groups: 1, weight, bias }
    };
    let pool = Window { stride: [2; 2], ..Window::new([24, 24, 64], [2; 2]) };
    let fc1 = channels_last(&reals(file, "fc1.weight"), 64, 144);
    let layers = [
        ("conv1", convolution("conv1", [28, 28, 1])),
        ("relu1", Op::Relu),
        ("conv2", convolution("conv2", [26, 26, 32])),
        ("relu2", Op::Relu),
        ("pool", Op::MaxPool { window: pool }),
        ("flatten", Op::Flatten),
        ("fc1", Op::Linear { weight: fc1, bias: reals(file, "fc1.bias") }),
        ("relu3", Op::Relu),
        ("fc2", linear(file, "fc2")),
    ];
    let mut model = Model::new([28, 28, 1]);
    layers.into_iter().for_each(|(name, op)| model.push(name, op).unwrap());
    model
}

fn bmlp(file: &SafeTensors) -> Model {
    let mut model = Model::new([28, 28, 1]);
    for layer in 1..=4 {
        let name = format!("fc{layer}");
        let weight = Weight::Signs(file.tensor(&format!("{name}.weight_bits")).unwrap().data().to_vec());
        model.push(&name, Op::Linear { weight, bias: integers(file, &format!("{name}.bias")) }).unwrap();
        if layer < 4 {
            model.push(&format!("sign{layer}"), Op::Sign).unwrap();
        }
    }
    model
}

/// Runs a network and the simplified one on the first 100 test images, against its logits.
fn check(name: &str, build: fn(&SafeTensors) -> Model, real: impl Fn(u8) -> f32, within: f32) {
    let set = if name.ends_with("fashion") { "fashion" } else { "mnist" };
    let files = (
        shared(&format!("models/{name}.safetensors")),
        shared(&format!("models/{name}.expected.safetensors")),
        images(set, real),
    );
    let (Some(weights), Some(expected), Some(images)) = files else { return };
    let model = build(&SafeTensors::deserialize(&weights).unwrap());
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let expected = if within == 0. { integers(&expected, "logits") } else { reals(&expected, "logits") };
    for model in [&model, &model.simplify()] {
        let found = model.forward(&images);
        assert_eq!(found.len(), expected.len());
        for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() <= within, "{name}: {found} for {expected} in place {place}");
        }
    }
}

fn bit(p: u8) -> f32 {
    f32::from(u8::from(p >= 128))
}

fn unit(p: u8) -> f32 {
    f32::from(p) / 255.
}

#[test]
fn relu_networks_give_the_reference_logits() {
    check("mlp_relu_mnist", mlp, bit, 1e-3);
    check("mlp_relu_fashion", mlp, unit, 1e-3);
}

#[test]
fn convolutional_networks_give_the_reference_logits() {
    check("cnn_mnist", cnn, unit, 1e-3);
    check("cnn_fashion", cnn, unit, 1e-3);
}

#[test]
fn binarized_networks_give_the_reference_logits_exactly() {
    check("bmlp_sign_4096_mnist", bmlp, bit, 0.);
    check("bmlp_sign_4096_fashion", bmlp, |p| f32::from(p >> 4), 0.);
}
