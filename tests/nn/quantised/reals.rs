//! The integer program against the real model.

use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Options, Quantised, Weight, op};

use crate::random::Draw;

/// How far the decoded results are from the real ones at most.
fn error(model: &Model, images: &[f32], options: &Options) -> f32 {
    let quantised = Quantised::calibrate(model, images, options).unwrap_or_else(|e| panic!("{model}{e}"));
    let outputs = quantised.reference(&quantised.encode(images).unwrap()).unwrap();
    let real = model.forward(images);
    assert_eq!(outputs.len(), real.len());
    quantised.decode(&outputs).iter().zip(&real).map(|(a, b)| (a - b).abs()).fold(0., f32::max)
}

fn at(bits: u32) -> Options {
    Options { bits: Some(bits), ..Options::default() }
}

/// Pushes layers with numbers for names.
fn model(input: [usize; 3], ops: Vec<Op>) -> Model {
    let mut model = Model::new(input);
    for (number, op) in ops.into_iter().enumerate() {
        model.push(&format!("layer{number}"), op).unwrap();
    }
    model
}

#[test]
fn more_bits_come_closer_to_the_real_model() {
    // Without what jumps: a sign of what is nearly zero may be either. And without what has no more bits: an inverse root has
    // so many nodes, and those of the least numbers are far apart.
    let smooth = |model: &Model| {
        model
            .nodes()
            .iter()
            .all(|node| !matches!(node.op, Op::Sign(op::Sign) | Op::Softmax(op::Softmax) | Op::InverseRms(_)))
    };
    let mut done = 0;
    for seed in 0..300 {
        let mut draw = Draw::new(5000 + seed);
        let model = draw.model(6);
        let tables = model.nodes().iter().any(|node| {
            matches!(node.op, Op::Sigmoid(op::Sigmoid) | Op::Tanh(op::Tanh) | Op::Gelu(op::Gelu))
        });
        if !smooth(&model) {
            continue;
        }
        let images = draw.images(&model, 20);
        let largest = model.forward(&images).iter().fold(0f32, |all, x| all.max(x.abs()));
        done += 1;
        let error = error(&model, &images, &at(30));
        let within = if tables { 0.02 } else { 0.002 } * largest.max(1.);
        assert!(error < within, "seed {seed}: off by {error} of {largest}\n{model}");
    }
    assert!(done > 100);
}

#[test]
fn activations_by_lines_are_as_exact_as_they_say() {
    // A unit of 11 fractional bits by the lines, and a half by the argument.
    let within = 1.5 / 2048.;
    // Far beyond the nodes, and within.
    for reach in [2f32, 30.] {
        let images: Vec<f32> = (-500..=500).map(|i| i as f32 / 500. * reach).collect();
        for op in [Op::Sigmoid(op::Sigmoid), Op::Tanh(op::Tanh), Op::Gelu(op::Gelu)] {
            let linear = Op::Linear(op::Linear { weight: Weight::Real(vec![1.0001]), bias: vec![0.] });
            let model = model([1, 1, 1], vec![linear, op.clone()]);
            let error = error(&model, &images, &at(34));
            assert!(error < within, "{op:?} up to {reach}: {error}");
        }
    }
}

#[test]
fn averages_cost_no_truncation_before_a_product() {
    let mut draw = Draw::new(3);
    for image in [[4, 4, 3], [3, 5, 3]] {
        let ops = vec![
            Op::Relu(op::Relu),
            Op::AveragePool(op::AveragePool { window: Window::new(image, [image[0], image[1]]) }),
            Op::Linear(op::Linear { weight: Weight::Real(draw.numbers(12)), bias: draw.numbers(4) }),
        ];
        let model = model(image, ops);
        let images = draw.images(&model, 20);
        assert!(error(&model, &images, &at(34)) < 1e-4);
        let quantised = Quantised::calibrate(&model, &images, &at(24)).unwrap();
        assert_eq!(quantised.architecture().layers().len(), 3, "{quantised}");
    }
}

#[test]
fn residual_networks_need_no_truncation() {
    let mut draw = Draw::new(4);
    let window = Window { padding: [1; 2], ..Window::new([6, 6, 4], [3; 2]) };
    let mut convolution = || {
        Op::Convolution(op::Convolution {
            window,
            groups: 1,
            weight: Weight::Real(draw.numbers(4 * 36).iter().map(|w| w * 0.3).collect()),
            bias: draw.numbers(4),
        })
    };
    let ops = vec![
        convolution(),
        Op::Relu(op::Relu),
        convolution(),
        Op::Relu(op::Relu),
        convolution(),
        Op::Add(op::Add { layer: "layer1".into() }),
        Op::Relu(op::Relu),
        convolution(),
    ];
    let model = model([6, 6, 4], ops);
    let images = draw.images(&model, 20);
    assert!(error(&model, &images, &at(24)) < 1e-2);
    let quantised = Quantised::calibrate(&model, &images, &at(14)).unwrap();
    assert_eq!(quantised.ring(), 16, "{quantised}");
    let text = quantised.to_string();
    assert!(!text.contains("truncation"), "{text}");
}
