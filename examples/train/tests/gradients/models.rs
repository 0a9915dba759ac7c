//! Models that a program stands for otherwise than layer by layer.

use ringshare::linalg::Window;
use ringshare::nn::train::{Program, TrainOptions, Trainer};
use ringshare::nn::{Model, Op, Rounding, Weight, op};
use train::float::Float;

use crate::draw::Draw;
use crate::fixed::{batch, clear, held, real};

/// A sum with the result of a ReLU in front of a maximum that keeps its size.
#[test]
fn a_sum_takes_the_result_of_a_relu_in_front_of_a_maximum() {
    let mut model = Model::new([4, 4, 1]);
    let window = Window::new([4, 4, 1], [1, 1]);
    let (weight, bias) = (Weight::Real(vec![1.]), vec![0.125]);
    model.push("conv", op::Convolution { window, groups: 1, weight, bias }).unwrap();
    model.push("relu", op::Relu).unwrap();
    let window = Window { padding: [1; 2], ..Window::new([4, 4, 1], [3, 3]) };
    model.push("pool", op::MaxPool { window }).unwrap();
    model.push("add", op::Add { layer: "relu".into() }).unwrap();
    let weight = Weight::Real((0..32).map(|i| (i % 5) as f32 / 4. - 0.5).collect());
    model.push("fc", op::Linear { weight, bias: vec![0.; 2] }).unwrap();
    outputs_agree(&model);
}

/// A sum with what a layer with weights gives, as it is: with a ReLU behind it, with another layer, and as the last but one.
#[test]
fn a_sum_takes_the_result_of_a_layer_with_weights() {
    let linear = |outputs: usize, inputs: usize| {
        let weight = Weight::Real((0..outputs * inputs).map(|i| (i * 5 % 7) as f32 / 8. - 0.375).collect());
        op::Linear { weight, bias: (0..outputs).map(|i| i as f32 / 16.).collect() }
    };
    for is_rectified in [false, true] {
        let mut model = Model::new([1, 1, 6]);
        model.push("fc1", linear(5, 6)).unwrap();
        if is_rectified {
            model.push("relu1", op::Relu).unwrap();
        }
        model.push("fc2", linear(5, 5)).unwrap();
        model.push("add", op::Add { layer: "fc1".into() }).unwrap();
        if is_rectified {
            model.push("relu2", op::Relu).unwrap();
        }
        model.push("fc3", linear(5, 5)).unwrap();
        model.push("flatten", op::Flatten).unwrap();
        model.push("fc4", linear(5, 5)).unwrap();
        model.push("add2", op::Add { layer: "flatten".into() }).unwrap();
        outputs_agree(&model);
    }
}

/// Outputs of so few fractional bits that those of gradients are more.
#[test]
fn outputs_of_signs_and_of_relus_are_brought_to_the_bits_of_gradients() {
    let mut model = Model::new([1, 1, 4]);
    model.push("fc", op::Linear { weight: Weight::Signs(vec![0xa0, 0x30]), bias: vec![0.; 2] }).unwrap();
    outputs_agree(&model);
    let mut model = Model::new([1, 1, 4]);
    let weight = Weight::Real((0..8).map(|i| (i % 3) as f32 / 2. - 0.5).collect());
    model.push("fc", op::Linear { weight, bias: vec![0.25; 2] }).unwrap();
    model.push("relu", op::Relu).unwrap();
    outputs_agree(&model);
}

fn outputs_agree(model: &Model) {
    let options = TrainOptions::default();
    let trainer = Trainer::given(Program::new(model, options).unwrap(), Some(model)).unwrap();
    let mut float = Float::new(model, &options, &|_| true).unwrap();
    float.with_weights(held(&trainer));
    let x = Draw::new(3).inputs(3 * trainer.program().inputs());
    let words = x.iter().map(|x| (x * 256.).round() as i64 as u64).collect();
    let found = trainer.outputs(&mut clear(), &ringshare::share::Share::from_words(words)).unwrap();
    for (found, expected) in found.expose().iter().zip(float.outputs(&x)) {
        let found = real(*found, 12);
        assert!((found - f64::from(expected)).abs() < 0.1, "{found} for {expected}\n{model}");
    }
}

/// A model is what it was made of, where nothing was trained.
#[test]
fn a_model_of_signs_is_given_and_taken_back() {
    let mut model = Model::new([1, 1, 20]);
    let bytes = |count: usize| Weight::Signs((0..count).map(|i| (i * 167 % 251) as u8 & 0xf0).collect());
    model
        .push(
            "fc1",
            op::Linear { weight: bytes(3 * 16), bias: (0..16).map(|i| i as f32 / 4. - 2.).collect() },
        )
        .unwrap();
    model.push("sign", op::Sign).unwrap();
    model.push("fc2", op::Linear { weight: bytes(2 * 5), bias: vec![3.; 5] }).unwrap();
    let trainer =
        Trainer::given(Program::new(&model, TrainOptions::default()).unwrap(), Some(&model)).unwrap();
    assert!(trainer.model(&model).unwrap() == model, "a trainer in fixed point");
    let float = Float::new(&model, &TrainOptions::default(), &|_| true).unwrap();
    assert!(float.model().unwrap() == model, "a trainer in float32");
}

/// Losses, weights and running statistics with normalisations: in fixed point near those in float32, whose root is exact, and what both
/// make of the images when they serve.
#[test]
fn steps_with_normalisations_stay_together() {
    let mut draw = Draw::new(11);
    let mut model = Model::new([1, 1, 10]);
    for (name, inputs, outputs) in [("fc1", 10, 8), ("fc2", 8, 4)] {
        let weight = Weight::Real(draw.inputs(inputs * outputs).iter().map(|w| w / 2.).collect());
        model.push(name, op::Linear { weight, bias: draw.inputs(outputs) }).unwrap();
        if name == "fc1" {
            let mut norm = op::Normalise::new(vec![1.25; 8], draw.inputs(8));
            (norm.mean, norm.variance, norm.eps) = (draw.inputs(8), vec![0.5; 8], 1e-3);
            model.push("norm", norm).unwrap();
            model.push("relu", op::Relu).unwrap();
        }
    }
    let options = TrainOptions { rounding: Rounding::Floor, ..TrainOptions::default() };
    for is_trained in [(|_: &str| true) as fn(&str) -> bool, |name| name != "norm"] {
        let program = Program::tuning(&model, options, &is_trained).unwrap();
        let mut trainer = Trainer::given(program, Some(&model)).unwrap();
        let mut float = Float::new(&model, &options, &is_trained).unwrap();
        let mut last = 0.;
        for _ in 0..30 {
            let x = draw.inputs(16 * 10);
            let labels: Vec<usize> = (0..16).map(|_| draw.below(4)).collect();
            let found =
                trainer.step(&mut clear(), batch(&trainer, &x, &labels), 0.25, true).unwrap().unwrap();
            let (found, expected) = (real(found.expose()[0], 12) / 16., float.step(&x, &labels, 0.25));
            assert!((found - expected).abs() < 0.03, "loss {found} for {expected}");
            last = expected;
        }
        assert!(last.is_finite());
        let models = [trainer.model(&model).unwrap(), float.model().unwrap()];
        let [a, b] = &models;
        let (Op::Normalise(a), Op::Normalise(b)) = (&a.nodes()[1].op, &b.nodes()[1].op) else {
            panic!("a normalisation")
        };
        for (a, b) in
            [(&a.weight, &b.weight), (&a.bias, &b.bias), (&a.mean, &b.mean), (&a.variance, &b.variance)]
        {
            let off = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0., f32::max);
            assert!(off < 0.03, "off by {off}: {a:?} for {b:?}");
        }
        let x = draw.inputs(20 * 10);
        let words = x.iter().map(|x| (x * 256.).round() as i64 as u64).collect();
        let served = trainer.outputs(&mut clear(), &ringshare::share::Share::from_words(words)).unwrap();
        for (z, expected) in served.expose().iter().zip(float.outputs(&x)) {
            let z = real(*z, 12);
            assert!((z - f64::from(expected)).abs() < 0.1, "{z} for {expected}");
        }
    }
}
