//! Layers that take several values, against real numbers.

use ringshare::linalg::{Selection, Window};
use ringshare::nn::{Model, Op, Options, Quantised, Rounding, Weight, op};

use crate::random::Draw;

/// Of so many bits for sums, by calibration.
pub(crate) fn options(bits: u32, rounding: Rounding) -> Options {
    Options { bits: Some(bits), rounding, ..Options::default() }
}

/// The largest difference from real numbers, as a part of the largest of these.
pub(crate) fn apart(found: &[f32], real: &[f32]) -> f32 {
    assert_eq!(found.len(), real.len());
    let largest = real.iter().fold(0f32, |most, x| most.max(x.abs()));
    found.iter().zip(real).fold(0f32, |most, (a, b)| most.max((a - b).abs())) / largest
}

/// A model calibrated on images, and how far its results on them are [apart] from those of the real numbers.
pub(crate) fn off(model: &Model, images: &[f32], options: &Options) -> (Quantised, f32) {
    let fixed = Quantised::calibrate(model, images, options).unwrap();
    let found = fixed.decode(&fixed.reference(&fixed.encode(images).unwrap()).unwrap());
    let off = apart(&found, &model.forward(images));
    (fixed, off)
}

fn convolution(draw: &mut Draw, image: [usize; 3], side: usize, outputs: usize) -> Op {
    let window = Window { padding: [side / 2; 2], ..Window::new(image, [side; 2]) };
    let inputs = side * side * image[2];
    let weight = draw.numbers(outputs * inputs).iter().map(|w| w / (inputs as f32).sqrt() * 2.).collect();
    let bias = draw.numbers(outputs);
    Op::Convolution(op::Convolution { window, groups: 1, weight: Weight::Real(weight), bias })
}

/// An image, its channels scaled by what a small network makes of their means.
fn squeezed(draw: &mut Draw, activation: Op) -> Model {
    let mut model = Model::new([6, 5, 3]);
    let mut push = |name: &str, op: Op| model.push(name, op).unwrap();
    push("image", convolution(draw, [6, 5, 3], 3, 8));
    push("active", activation);
    push("means", op::AveragePool { window: Window::new([6, 5, 8], [6, 5]) }.into());
    push("one", convolution(draw, [1, 1, 8], 1, 4));
    push("relu", op::Relu.into());
    push("two", convolution(draw, [1, 1, 4], 1, 8));
    push("sigmoid", op::Sigmoid.into());
    push("scaled", op::Multiply { layer: "active".into() }.into());
    push("last", convolution(draw, [6, 5, 8], 3, 4));
    model
}

#[test]
fn channels_are_scaled_by_what_their_means_say() {
    for (seed, activation) in
        [Op::Relu(op::Relu), Op::Silu(op::Silu), Op::Dropout(op::Dropout)].into_iter().enumerate()
    {
        let mut draw = Draw::new(50 + seed as u64);
        let model = squeezed(&mut draw, activation);
        let images = draw.images(&model, 10);
        for rounding in [Rounding::Stochastic, Rounding::Floor] {
            let (fixed, off) = off(&model, &images, &options(22, rounding));
            assert!(off < 0.01, "{off}, {rounding:?}\n{fixed}");
            assert_eq!(fixed.ring(), 32, "{fixed}");
        }
    }
}

#[test]
fn functions_of_small_values_keep_their_digits() {
    let scaled = |factor: f32| op::Linear { weight: Weight::Real(vec![factor]), bias: vec![0.] };
    for curve in [Op::Hardswish(op::Hardswish), Op::Silu(op::Silu), Op::Tanh(op::Tanh)] {
        let mut model = Model::new([1, 1, 1]);
        model.push("small", scaled(1. / 1000.)).unwrap();
        model.push("curve", curve).unwrap();
        model.push("large", scaled(900.)).unwrap();
        let images: Vec<f32> = (-20..=20).map(|i| i as f32 / 21.).collect();
        for rounding in [Rounding::Stochastic, Rounding::Floor] {
            let (fixed, off) = off(&model, &images, &options(24, rounding));
            assert!(off < 0.01, "{off}, {rounding:?}\n{fixed}");
        }
    }
}

#[test]
fn products_of_whole_numbers_are_exact() {
    let mut model = Model::new([1, 1, 2]);
    model.push("square", op::Multiply { layer: "input".into() }).unwrap();
    model.push("again", op::Multiply { layer: "input".into() }).unwrap();
    let images = [0., 1., 2., 3., -4., -5.];
    for bits in [8, 24, 40] {
        assert_eq!(off(&model, &images, &options(bits, Rounding::Floor)).1, 0.);
    }
}

#[test]
fn joined_values_keep_the_fractions_of_each() {
    let mut draw = Draw::new(7);
    let mut model = Model::new([4, 4, 2]);
    let around = Selection { size: [6, 6, 2], start: [-1, -1, 0], ..Selection::new([4, 4, 2]) };
    model.push("around", op::Select { selection: around }).unwrap();
    model.push("first", convolution(&mut draw, [6, 6, 2], 3, 3)).unwrap();
    model.push("tanh", op::Tanh).unwrap();
    model.push("sign", op::Sign).unwrap();
    model
        .push("joined", op::Concat { layers: vec!["first".into(), "tanh".into(), "around".into()] })
        .unwrap();
    model.push("last", convolution(&mut draw, [6, 6, 11], 3, 2)).unwrap();
    let images = draw.images(&model, 10);
    for rounding in [Rounding::Stochastic, Rounding::Floor] {
        let (fixed, off) = off(&model, &images, &options(22, rounding));
        assert!(off < 0.005, "{off}, {rounding:?}\n{fixed}");
    }
}

#[test]
fn values_that_are_joined_again_and_again_take_no_time_to_choose() {
    let mut model = Model::new([1, 1, 1]);
    model.push("sign", op::Sign).unwrap();
    for layer in 0..60 {
        let before = model.nodes().last().unwrap().name.clone();
        model.push(&format!("joined{layer}"), op::Concat { layers: vec![before] }).unwrap();
        let selection = Selection { size: [1, 1, 1], ..Selection::new([1, 1, 2]) };
        model.push(&format!("part{layer}"), op::Select { selection }).unwrap();
    }
    model.push("max", op::MaxPool { window: Window::new([1, 1, 1], [1, 1]) }).unwrap();
    assert_eq!(off(&model, &[-1., 0., 3.], &options(8, Rounding::Floor)).1, 0.);
}
