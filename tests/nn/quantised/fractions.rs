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
    check(&one("gelu_tanh", op::GeluTanh, 1), &images, 0.002);
    check(&one("silu", op::Silu, 1), &images, 0.002);
    check(&one("hardswish", op::Hardswish, 1), &images, 0.002);
    check(&one("mish", op::Mish, 1), &images, 0.002);
    check(&one("softplus", op::Softplus, 1), &images, 0.002);
    check(&one("elu", op::Elu { alpha: 0.5 }, 1), &[-2., -1., 0., 2.], 0.002);
    check(&one("clip", op::Clip { low: -0.5, high: 0.5 }, 1), &images, 0.002);
    check(&one("clip", op::Clip { low: -0.3, high: 0.7 }, 1), &images, 0.004);
    check(&one("leaky", op::LeakyRelu { slope: -0.3 }, 1), &[-3., -1., 0., 2.], 0.01);
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

/// Numbers from 0 to 1 that are spread evenly.
fn spread(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i * 7919 % count) as f32 / count as f32).collect()
}

/// The model in the formats that a calibration finds by itself.
fn found(model: &Model, images: &[f32]) -> [Vec<f32>; 2] {
    outputs(model, images, &Options { rounding: Rounding::Floor, ..Options::default() })
}

#[test]
fn small_weights_have_as_many_bits_as_others() {
    let images = spread(400);
    for scale in [1., 1e-3, 1e-5, 1e-6] {
        let mut model = Model::new([1, 1, 4]);
        let weight = (0..12).map(|i| ((i * 7 % 5) as f32 / 4. - 0.4) * scale).collect();
        let linear = op::Linear { weight: Weight::Real(weight), bias: vec![0.1 * scale, -0.2 * scale, 0.] };
        model.push("fc", linear).unwrap();
        let [fixed, real] = outputs(&model, &images, &options(24, Rounding::Floor));
        let off = fixed.iter().zip(&real).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(off < 1e-3 * scale, "{off} at weights of {scale}");
    }
}

#[test]
fn inputs_that_are_not_whole_have_a_fraction() {
    let mut model = Model::new([1, 1, 1]);
    let linear = op::Linear { weight: Weight::Real(vec![1e-8]), bias: vec![0.] };
    model.push("fc", linear).unwrap();
    let images: Vec<f32> = (0..100).map(|i| i as f32 * 0.03).collect();
    let fixed = Quantised::calibrate(&model, &images, &options(16, Rounding::Floor)).unwrap();
    assert!(fixed.formats().input.fraction > 0);
    assert!(fixed.encode(&[0.25]).is_ok());
}

#[test]
fn a_single_output_is_calibrated_by_its_value() {
    // A probability: whoever asks whether it is above a half is right unless it is nearly one.
    let mut model = one("fc", op::Linear { weight: Weight::Real(vec![3., -4.]), bias: vec![0.4] }, 2);
    model.push("sigmoid", op::Sigmoid).unwrap();
    let images = spread(600);
    let [fixed, real] = found(&model, &images);
    let wrong = fixed.iter().zip(&real).filter(|(a, b)| (**a > 0.5) != (**b > 0.5));
    assert!(wrong.count() <= 2);
    let far = fixed.iter().zip(&real).filter(|(a, b)| (**a - **b).abs() > 1. / 256.);
    assert!(far.count() * 1000 <= 2 * 300, "probabilities");

    // A regression far from 0.
    let model = one("fc", op::Linear { weight: Weight::Real(vec![0.8]), bias: vec![100.] }, 1);
    let images = spread(400);
    let [fixed, real] = found(&model, &images);
    assert!(fixed.iter().zip(&real).all(|(a, b)| (a - b).abs() <= 0.8 / 256.));
    let mut distinct: Vec<u32> = fixed.iter().map(|x| x.to_bits()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert!(distinct.len() > 200, "{} distinct results", distinct.len());
}

#[test]
fn probabilities_are_calibrated_by_their_values() {
    let weight = Weight::Real(vec![40., -3., 0.5, 2., -30., 7.]);
    let mut model = one("fc", op::Linear { weight, bias: vec![0.1, 0.2, 0.3] }, 2);
    model.push("softmax", op::Softmax).unwrap();
    let [fixed, real] = found(&model, &spread(600));
    let far = fixed.iter().zip(&real).filter(|(a, b)| (**a - **b).abs() > 1. / 256.);
    let far = far.count();
    assert!(far <= 2, "{far} probabilities are off");
}

#[test]
fn a_value_has_the_bits_that_the_most_demanding_of_its_products_wants() {
    // A squeeze-and-excite block: the mean of 256 values brings eight bits of its own, the product with the factors none.
    let mut model = Model::new([16, 16, 3]);
    let conv = |image, outputs: usize| {
        let weights = (0..3 * outputs).map(|i| ((i * 7 % 11) as f32 - 4.5) / 9.).collect();
        let (window, weight) = (Window::new(image, [1, 1]), Weight::Real(weights));
        op::Convolution { window, groups: 1, weight, bias: vec![0.1; outputs] }
    };
    model.push("conv", conv([16, 16, 3], 3)).unwrap();
    model.push("relu", op::Relu).unwrap();
    model.push("mean", op::AveragePool { window: Window::new([16, 16, 3], [16, 16]) }).unwrap();
    model.push("fc", conv([1, 1, 3], 3)).unwrap();
    model.push("gate", op::Sigmoid).unwrap();
    model.push("scaled", op::Multiply { layer: "relu".into() }).unwrap();
    model.push("last", conv([16, 16, 3], 2)).unwrap();
    let images = spread(16 * 16 * 3 * 8);
    let options = Options { bits: Some(24), ..Options::default() };
    let quantised = Quantised::calibrate(&model, &images, &options).unwrap();
    let fraction =
        |name: &str| quantised.formats().layers[quantised.model().value(name).unwrap() - 1].fraction;
    assert!(fraction("relu") >= 9, "{} fractional bits", fraction("relu"));
    // The mean keeps what its own product wants.
    assert!(fraction("mean") < fraction("relu") + 6, "{} fractional bits", fraction("mean"));
    let [fixed, real] = outputs(&model, &images, &options);
    assert!(fixed.iter().zip(&real).all(|(a, b)| (a - b).abs() <= 1. / 256.));
}

#[test]
fn several_outputs_are_calibrated_by_their_values() {
    let weight = || Weight::Real(vec![0.1, -0.03, 0.05, 0.02]);
    let mut model = one("score", op::Linear { weight: weight(), bias: vec![1., 0.] }, 2);
    model.push("back", op::From { layer: "input".into() }).unwrap();
    model.push("box", op::Linear { weight: weight(), bias: vec![-0.5, -0.6] }).unwrap();
    model.push("both", op::Concat { layers: vec!["score".into()] }).unwrap();
    let [fixed, real] = found(&model, &spread(600));
    let ends = real.iter().fold([f32::MAX, f32::MIN], |[low, high], &x| [low.min(x), high.max(x)]);
    let far = fixed.iter().zip(&real).filter(|(a, b)| (**a - **b).abs() > (ends[1] - ends[0]) / 256.);
    let far = far.count();
    assert!(far <= 4, "{far} outputs are off");
}

#[test]
fn images_are_calibrated_by_their_values() {
    let mut model = Model::new([4, 4, 1]);
    let window = Window { padding: [1, 1], ..Window::new([4, 4, 1], [3, 3]) };
    let weight = Weight::Real((0..9).map(|i| i as f32 / 45.).collect());
    model.push("conv", op::Convolution { window, groups: 1, weight, bias: vec![0.] }).unwrap();
    for bits in [None, Some(24), Some(40)] {
        let options = Options { bits, ..Options::default() };
        let [fixed, real] = outputs(&model, &spread(16 * 50), &options);
        assert!(fixed.iter().zip(&real).all(|(a, b)| (a - b).abs() <= 1. / 128.));
    }
}

#[test]
fn a_tie_does_not_refuse_a_model() {
    // On one image of a hundred the two greatest outputs differ by less than any fixed point tells apart.
    let weight = Weight::Real(vec![1., 0., 0., 1.]);
    let model = one("fc", op::Linear { weight, bias: vec![0., 0.] }, 2);
    let mut images: Vec<f32> = (0..100).flat_map(|i| [0.3 + i as f32 / 128., 0.2]).collect();
    (images[0], images[1]) = (0.7, 0.7f32.next_up());
    let fixed = Quantised::calibrate(&model, &images, &Options::default()).unwrap();
    assert!(fixed.ring() <= 16, "{fixed}");
    let none = Options { tolerance: Some(0.), ..Options::default() };
    let error = Quantised::calibrate(&model, &images, &none).unwrap_err();
    assert!(matches!(error, QuantiseError::Agreement { classes: true, bits: 40, .. }), "{error}");
}

/// Weights of one and of minus one, in turns.
fn turns(inputs: usize, outputs: usize) -> op::Linear {
    let weight = (0..inputs * outputs).map(|i| if i % 3 == 0 { -1. } else { 1. }).collect();
    op::Linear { weight: Weight::Real(weight), bias: vec![0.; outputs] }
}

#[test]
fn whole_weights_leave_fractions_to_the_layers_before_them() {
    let real = |inputs: usize, outputs: usize| {
        let weight = (0..inputs * outputs).map(|i| ((i * 7 % 11) as f32 - 4.6) / 9.).collect();
        op::Linear { weight: Weight::Real(weight), bias: vec![0.3; outputs] }
    };
    // The factor of a mean of 25 goes into the weights, which are not whole then.
    let mut mean = Model::new([5, 5, 4]);
    mean.push("relu", op::Relu).unwrap();
    mean.push("mean", op::AveragePool { window: Window::new([5, 5, 4], [5, 5]) }).unwrap();
    mean.push("last", turns(4, 3)).unwrap();
    // What a sum or a product of two has in fractional bits, the weights of the branch do not have.
    let mut sum = one("first", real(4, 4), 4);
    sum.push("branch", real(4, 4)).unwrap();
    let mut product = sum.clone();
    sum.push("both", op::Add { layer: "first".into() }).unwrap();
    product.push("gate", op::Tanh).unwrap();
    product.push("both", op::Multiply { layer: "first".into() }).unwrap();
    for model in [&mut sum, &mut product] {
        model.push("last", turns(4, 3)).unwrap();
    }
    for model in [&mean, &sum, &product] {
        let images: Vec<f32> = spread(model.input().iter().product::<usize>() * 16);
        for (bits, most) in [(20, 0.04), (24, 0.01), (28, 0.003)] {
            let [fixed, real] = outputs(model, &images, &options(bits, Rounding::Floor));
            let largest = real.iter().fold(0f32, |most, x| most.max(x.abs()));
            let off = fixed.iter().zip(&real).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
            assert!(off <= most * largest, "{off} of {largest} at {bits} bits\n{model}");
        }
    }
}
