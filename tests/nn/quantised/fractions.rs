//! Fractions are kept wherever an operation makes them, whatever the model was calibrated on.

use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Options, QuantiseError, Quantised, Rounding, Weight, op};

/// Every length of the accumulators that a calibration may be asked for, the shortest and the longest among them.
const BITS: [u32; 3] = [8, 24, 40];

fn options(bits: u32, rounding: Rounding) -> Options {
    Options { bits: Some(bits), rounding, ..Options::default() }
}

/// The outputs of a model that was calibrated on the images, and the real ones.
fn outputs(model: &Model, images: &[f32], options: &Options) -> [Vec<f32>; 2] {
    let fixed = Quantised::calibrate(model, images, options).unwrap();
    let outputs = fixed.reference(&fixed.encode(images).unwrap()).unwrap();
    [fixed.decode(&outputs), model.forward(images)]
}

/// Checks that outputs are the real ones up to `most`.
fn check(model: &Model, images: &[f32], most: f32) {
    for bits in BITS {
        for rounding in [Rounding::Floor, Rounding::Stochastic] {
            let [fixed, real] = outputs(model, images, &options(bits, rounding));
            for (fixed, real) in fixed.iter().zip(&real) {
                let off = (fixed - real).abs();
                assert!(off <= most, "{fixed} for {real} at {bits} bits, {rounding:?}\n{model}");
            }
        }
    }
}

fn one(name: &str, op: impl Into<Op>, width: usize) -> Model {
    let mut model = Model::new([1, 1, width]);
    model.push(name, op).unwrap();
    model
}

#[test]
fn functions_of_whole_numbers_have_fractions() {
    let images = [0., 1., 2.];
    check(&one("sigmoid", op::Sigmoid, 1), &images, 0.002);
    check(&one("tanh", op::Tanh, 1), &images, 0.002);
    check(&one("gelu", op::Gelu, 1), &images, 0.002);
    check(&one("clip", op::Clip { low: -0.5, high: 0.5 }, 1), &images, 0.002);
    check(&one("clip", op::Clip { low: -0.3, high: 0.7 }, 1), &images, 0.004);
    check(&one("softmax", op::Softmax, 3), &[0., 1., 2., 2., 2., 0.], 0.005);
}

#[test]
fn means_of_signs_have_fractions() {
    let mut model = one("sign", op::Sign, 1);
    model = {
        let mut image = Model::new([3, 3, 1]);
        image.push("sign", model.nodes()[0].op.clone()).unwrap();
        image
    };
    model.push("mean", op::AveragePool { window: Window::new([3, 3, 1], [3, 3]) }).unwrap();
    let image = |minus: usize| (0..9).map(move |i| if i < minus { -1. } else { 1. });
    check(&model, &(0..=9).flat_map(image).collect::<Vec<f32>>(), 0.005);
}

#[test]
fn means_of_whole_numbers_reach_the_next_product_with_fractions() {
    let mut model = Model::new([6, 6, 1]);
    let window = Window { stride: [3, 3], ..Window::new([6, 6, 1], [3, 3]) };
    model.push("mean", op::AveragePool { window }).unwrap();
    model.push("relu", op::Relu).unwrap();
    model.push("flatten", op::Flatten).unwrap();
    let weight = Weight::Real((0..12).map(|i| (i * 7 % 5) as f32 / 4. - 0.4).collect());
    model.push("fc", op::Linear { weight, bias: vec![0.1, -0.2, 0.3] }).unwrap();
    let images: Vec<f32> = (0..36 * 20).map(|i| (i * i * 7 % 11 % 2) as f32).collect();
    for bits in [16, 24, 40] {
        let [fixed, real] = outputs(&model.simplify(), &images, &options(bits, Rounding::Floor));
        for (fixed, real) in fixed.iter().zip(&real) {
            assert!((fixed - real).abs() <= 0.01, "{fixed} for {real} at {bits} bits");
        }
    }
}

#[test]
fn real_biases_of_binarized_layers_are_kept() {
    let signs = |count: usize| Weight::Signs((0..count).map(|i| (i * 73 + i * i * 31) as u8).collect());
    let mut model = Model::new([1, 1, 64]);
    model.push("fc1", op::Linear { weight: signs(8 * 32), bias: vec![0.3; 32] }).unwrap();
    model.push("sign", op::Sign).unwrap();
    let bias = vec![0.3, -0.3, 0.29, -0.25];
    model.push("fc2", op::Linear { weight: signs(4 * 4), bias }).unwrap();
    let images: Vec<f32> = (0..64 * 50).map(|i| (i * i % 13 % 2) as f32).collect();
    for rounding in [Rounding::Floor, Rounding::Stochastic] {
        let options = Options { rounding, ..Options::default() };
        let [fixed, real] = outputs(&model, &images, &options);
        for (fixed, real) in fixed.iter().zip(&real) {
            assert!((fixed - real).abs() <= 0.001, "{fixed} for {real}");
        }
    }
}

#[test]
fn fractions_in_place_of_whole_numbers_are_refused() {
    let weight = Weight::Real(vec![0.5, -0.25]);
    let model = one("fc", op::Linear { weight, bias: vec![0.1] }, 2);
    for input in [None, Some([0., 1.])] {
        let options = Options { bits: Some(16), input, ..Options::default() };
        let fixed = Quantised::calibrate(&model, &[0., 1., 1., 0., 1., 1.], &options).unwrap();
        assert_eq!(fixed.encode(&[1., 0.]).unwrap(), [1, 0]);
        let error = fixed.encode(&[1., 0., 0.5, 0.4]).unwrap_err();
        assert_eq!(error, QuantiseError::NotWhole { image: 1, place: 0, value: 0.5 });
        assert_eq!(
            error.to_string(),
            "image 1, place 0: expected a whole number, as all were that the model was calibrated on, found 0.5"
        );
    }
}
