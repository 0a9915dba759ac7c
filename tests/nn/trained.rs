//! Trained models, from real numbers to shares: what parties open is the reference in the clear, bit for bit.
#![cfg(feature = "std")]

use crate::common::{Program, Random, run};
use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Options, Quantised, Rounding, Sequential, Weight, Weights, op};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Word};
use ringshare::sim::Simulation;
use ringshare::with_ring;

/// A number of about −1 to 1, and often near zero.
fn number(random: &mut Random) -> f32 {
    let mut unit = || random.below(1 << 16) as f32 / 32768.0 - 1.0;
    unit() * unit().abs()
}

fn numbers(count: usize, size: f32, random: &mut Random) -> Vec<f32> {
    (0..count).map(|_| size * number(random)).collect()
}

fn linear(inputs: usize, outputs: usize, random: &mut Random) -> Op {
    let size = 2.0 / (inputs as f32).sqrt();
    let weight = Weight::Real(numbers(inputs * outputs, size, random));
    Op::Linear(op::Linear { weight, bias: numbers(outputs, 0.3, random) })
}

fn convolution(window: Window, groups: usize, outputs: usize, random: &mut Random) -> Op {
    let inputs = window.size[0] * window.size[1] * window.image[2] / groups;
    let size = 2.0 / (inputs as f32).sqrt();
    let weight = Weight::Real(numbers(inputs * outputs, size, random));
    Op::Convolution(op::Convolution { window, groups, weight, bias: numbers(outputs, 0.3, random) })
}

fn normalise(channels: usize, random: &mut Random) -> Op {
    let scale = numbers(channels, 1.0, random).iter().map(|scale| scale + 1.2).collect();
    Op::Normalise(op::Normalise::new(scale, numbers(channels, 0.2, random)))
}

fn model(input: [usize; 3], layers: Vec<(&str, Op)>) -> Model {
    let mut model = Model::new(input);
    for (name, op) in layers {
        model.push(name, op).unwrap();
    }
    model
}

fn padded(image: [usize; 3]) -> Window {
    Window { padding: [1; 2], ..Window::new(image, [3, 3]) }
}

fn halved(image: [usize; 3]) -> Window {
    Window { stride: [2; 2], ..Window::new(image, [2, 2]) }
}

/// The result of a batch at everyone.
fn opened<R: Ring>(
    party: &mut Party,
    quantised: &Quantised,
    secret: bool,
    x: &[i64],
) -> Result<Vec<u128>, Error> {
    let architecture = quantised.architecture();
    let own: Option<&dyn Weights<R::Word>> = if party.id() == 0 { Some(quantised) } else { None };
    let model = match secret {
        true => Sequential::<R>::share(party, 0, architecture, own)?,
        false => Sequential::public(architecture, quantised)?,
    };
    let prepared = model.prepare(party, x.len() / architecture.inputs())?;
    let words: Vec<R::Word> = x.iter().map(|&x| R::Word::from_signed(x.into())).collect();
    let x = party.input::<R>(1, words.len(), (party.id() == 1).then_some(&words))?;
    let y = model.forward(party, prepared, x)?;
    let bits = model.bits_out();
    Ok(party.open_modulo(&y, bits)?.into_iter().map(|y| y.signed(bits) as u128).collect())
}

fn secure(quantised: &Quantised, simulation: &Simulation, secret: bool, x: &[i64]) -> Vec<i64> {
    let outputs = with_ring!(quantised.ring(), R in [16, 32, 64] => {
        let program: Program<'_> = &|party| opened::<R>(party, quantised, secret, x);
        run(simulation, program)
    });
    assert!(outputs.iter().all(|output| *output == outputs[0]));
    outputs[0].iter().map(|&y| y as i64).collect()
}

/// Holds a model to the reference at these accumulators, by 2 and 3 parties, with secret and with public weights.
fn agrees(model: &Model, bits: &[u32], seed: u64) {
    let mut random = Random(seed);
    let simple = model.simplify();
    let inputs: usize = model.input().iter().product();
    let images: Vec<f32> = numbers(40 * inputs, 1.0, &mut random).iter().map(|x| x.abs()).collect();
    for &bits in bits {
        let options = Options { bits: Some(bits), rounding: Rounding::Floor, ..Options::default() };
        let quantised = Quantised::calibrate(&simple, &images, &options).unwrap();
        let x = quantised.encode(&images[..5 * inputs]).unwrap();
        let expected = quantised.reference(&x).unwrap();
        for (parties, secret) in [(2, true), (3, true), (3, false)] {
            let simulation = Simulation::new(parties).seed(seed);
            let found = secure(&quantised, &simulation, secret, &x);
            assert_eq!(found, expected, "{bits} bits, {parties} parties\n{quantised}");
        }
        assert!(expected.iter().any(|&y| y != expected[0]), "{quantised}");
        // At random, as far as the bounds say.
        let options = Options { rounding: Rounding::Stochastic, ..options };
        let quantised = Quantised::calibrate(&simple, &images, &options).unwrap();
        let x = quantised.encode(&images[..5 * inputs]).unwrap();
        let expected = quantised.reference(&x).unwrap();
        let found = secure(&quantised, &Simulation::new(2).seed(seed), true, &x);
        let bounds = quantised.bounds();
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let bound = bounds[i % bounds.len()];
            assert!((found - expected).abs() as f64 <= bound, "{found} for {expected}, at most {bound} off");
        }
    }
}

#[test]
fn perceptrons_are_their_references() {
    let random = &mut Random(1);
    let layers = vec![
        ("one", linear(20, 30, random)),
        ("norm", normalise(30, random)),
        ("relu", Op::Relu(op::Relu)),
        ("drop", Op::Dropout(op::Dropout)),
        ("two", linear(30, 20, random)),
        ("cut", Op::Clip(op::Clip { low: 0.0, high: 1.0 })),
        ("three", linear(20, 6, random)),
    ];
    agrees(&model([1, 1, 20], layers), &[12, 14, 20, 30], 1);
}

#[test]
fn convolutional_networks_are_their_references() {
    let random = &mut Random(2);
    let layers = vec![
        ("conv1", convolution(padded([8, 8, 2]), 1, 4, random)),
        ("norm1", normalise(4, random)),
        ("relu1", Op::Relu(op::Relu)),
        ("pool1", Op::MaxPool(op::MaxPool { window: halved([8, 8, 4]) })),
        ("conv2", convolution(padded([4, 4, 4]), 2, 6, random)),
        ("relu2", Op::Relu(op::Relu)),
        ("pool2", Op::AveragePool(op::AveragePool { window: halved([4, 4, 6]) })),
        ("flat", Op::Flatten(op::Flatten)),
        ("classes", linear(24, 5, random)),
    ];
    agrees(&model([8, 8, 2], layers), &[13, 14, 18, 26], 2);
}

#[test]
fn residual_networks_are_their_references() {
    let random = &mut Random(3);
    let layers = vec![
        ("conv1", convolution(padded([5, 5, 3]), 1, 4, random)),
        ("relu1", Op::Relu(op::Relu)),
        ("conv2", convolution(padded([5, 5, 4]), 1, 4, random)),
        ("relu2", Op::Relu(op::Relu)),
        ("conv3", convolution(padded([5, 5, 4]), 4, 4, random)),
        ("sum", Op::Add(op::Add { layer: "relu1".into() })),
        ("relu3", Op::Relu(op::Relu)),
        ("pool", Op::AveragePool(op::AveragePool { window: Window::new([5, 5, 4], [5, 5]) })),
        ("flat", Op::Flatten(op::Flatten)),
        ("classes", linear(4, 5, random)),
        ("softmax", Op::Softmax(op::Softmax)),
    ];
    agrees(&model([5, 5, 3], layers), &[14, 20, 28], 3);
}

#[test]
fn networks_of_signs_and_of_smooth_activations_are_their_references() {
    let random = &mut Random(4);
    let layers = vec![
        ("one", linear(12, 24, random)),
        ("sign", Op::Sign(op::Sign)),
        ("two", linear(24, 16, random)),
        ("tanh", Op::Tanh(op::Tanh)),
        ("three", linear(16, 12, random)),
        ("sigmoid", Op::Sigmoid(op::Sigmoid)),
        ("four", linear(12, 8, random)),
        ("gelu", Op::Gelu(op::Gelu)),
        ("five", linear(8, 3, random)),
    ];
    agrees(&model([1, 1, 12], layers), &[16, 24], 4);
}

#[test]
fn weights_keep_their_fractions_behind_sums_of_activations() {
    let random = &mut Random(5);
    let layers = vec![
        ("one", linear(20, 16, random)),
        ("tanh", Op::Tanh(op::Tanh)),
        ("two", linear(16, 16, random)),
        ("relu", Op::Relu(op::Relu)),
        ("sum", Op::Add(op::Add { layer: "tanh".into() })),
        ("three", linear(16, 16, random)),
        ("relu2", Op::Relu(op::Relu)),
        ("sum2", Op::Add(op::Add { layer: "sum".into() })),
        ("four", linear(16, 5, random)),
    ];
    let model = model([1, 1, 20], layers);
    agrees(&model, &[14, 20], 5);
    let images = numbers(100 * 20, 1.0, random);
    let real = model.forward(&images);
    for (bits, most) in [(16, 0.06), (24, 0.01)] {
        let options = Options { bits: Some(bits), ..Options::default() };
        let quantised = Quantised::calibrate(&model, &images, &options).unwrap();
        let fixed = quantised.decode(&quantised.reference(&quantised.encode(&images).unwrap()).unwrap());
        let off = fixed.iter().zip(&real).map(|(fixed, real)| (fixed - real).abs()).fold(0., f32::max);
        assert!(off < most, "{off} off, at most {most} expected\n{quantised}");
    }
}
