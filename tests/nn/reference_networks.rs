//! The reference networks and their images.

use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight, op};
use safetensors::SafeTensors;

use crate::common::{root, skipped};

/// A file among the complete data, for example `data/mnist/x.gz` or `models/x.safetensors`.
pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
    let named = std::env::var_os("RINGSHARE_DATA").map(|data| PathBuf::from(data).join(".."));
    let beside = root().join("../shared");
    let found = named.into_iter().chain([beside]).map(|d| d.join(path)).find(|p| p.exists());
    if found.is_none() {
        skipped(path);
    }
    found.map(|path| std::fs::read(path).unwrap())
}

/// The first images of a set, `train` or `t10k`.
pub(crate) fn images(set: &str, part: &str, count: usize, real: fn(u8) -> f32) -> Option<Vec<f32>> {
    let file = shared(&format!("data/{set}/{part}-images-idx3-ubyte.gz"))?;
    let mut pixels = vec![0; 16 + count * 784];
    GzDecoder::new(&file[..]).read_exact(&mut pixels).unwrap();
    Some(pixels[16..].iter().map(|&p| real(p)).collect())
}

pub(crate) fn reals(file: &SafeTensors, name: &str) -> Vec<f32> {
    let data = file.tensor(name).unwrap();
    data.data().chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap())).collect()
}

pub(crate) fn integers(file: &SafeTensors, name: &str) -> Vec<f32> {
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
    Op::Linear(op::Linear { weight, bias: reals(file, &format!("{name}.bias")) })
}

pub(crate) fn mlp(file: &SafeTensors) -> Model {
    let mut model = Model::new([28, 28, 1]);
    for layer in 1..=5 {
        let name = format!("fc{layer}");
        model.push(&name, linear(file, &name)).unwrap();
        if layer < 5 {
            model.push(&format!("relu{layer}"), op::Relu).unwrap();
        }
    }
    model
}

pub(crate) fn cnn(file: &SafeTensors) -> Model {
    let convolution = |name: &str, image: [usize; 3]| {
        let weight = channels_last(&reals(file, &format!("{name}.weight")), image[2], 9);
        let bias = reals(file, &format!("{name}.bias"));
        Op::Convolution(op::Convolution { window: Window::new(image, [3; 2]), groups: 1, weight, bias })
    };
    let pool = Window { stride: [2; 2], ..Window::new([24, 24, 64], [2; 2]) };
    let fc1 = channels_last(&reals(file, "fc1.weight"), 64, 144);
    let layers = [
        ("conv1", convolution("conv1", [28, 28, 1])),
        ("relu1", Op::Relu(op::Relu)),
        ("conv2", convolution("conv2", [26, 26, 32])),
        ("relu2", Op::Relu(op::Relu)),
        ("pool", Op::MaxPool(op::MaxPool { window: pool })),
        ("flatten", Op::Flatten(op::Flatten)),
        ("fc1", Op::Linear(op::Linear { weight: fc1, bias: reals(file, "fc1.bias") })),
        ("relu3", Op::Relu(op::Relu)),
        ("fc2", linear(file, "fc2")),
    ];
    let mut model = Model::new([28, 28, 1]);
    layers.into_iter().for_each(|(name, op)| model.push(name, op).unwrap());
    model
}

pub(crate) fn bmlp(file: &SafeTensors) -> Model {
    let mut model = Model::new([28, 28, 1]);
    for layer in 1..=4 {
        let name = format!("fc{layer}");
        let weight = Weight::Signs(file.tensor(&format!("{name}.weight_bits")).unwrap().data().to_vec());
        model.push(&name, op::Linear { weight, bias: integers(file, &format!("{name}.bias")) }).unwrap();
        if layer < 4 {
            model.push(&format!("sign{layer}"), op::Sign).unwrap();
        }
    }
    model
}

pub(crate) fn bit(p: u8) -> f32 {
    f32::from(u8::from(p >= 128))
}

pub(crate) fn unit(p: u8) -> f32 {
    f32::from(p) / 255.
}
