//! Steps in fixed point, in the clear, against steps in float32.
//!
//! **One step.** Networks are drawn so that every value has at most as many fractional bits as fixed point holds: inputs 4, weights 2,
//! biases 7 or 8, means over powers of two. Then both take the same branches, and what differs is the backward step: the softmax by
//! 2^−9 and half a unit, every other gradient by the truncations of products and means, a unit 2^−F_g each. `reference::bounds` follows
//! that through the layers. The rate is a multiple of its resolution, so that weights move by exactly the gradients times the rate.
//!
//! **Several steps.** A mean gradient is off by at most [`OFF`] in a small perceptron, and the weights by that times the rate and what the
//! optimiser makes of it.

use proptest::prelude::*;
use ringshare::linalg::Window;
use ringshare::nn::train::Loss;
use ringshare::nn::train::{Batch, Clear, Optimiser, Program, TrainFormats, TrainOptions, Trainer};
use ringshare::nn::{Model, Rounding, Weight, op};
use ringshare::prg::Seed;
use train::float::{Float, Parameters};

use crate::differences::{LOSSES, double, doubles};
use crate::draw::Draw;
use crate::reference::{bounds, loss, values};

const FORMATS: TrainFormats =
    TrainFormats { activation: 12, range: 8, gradient: 12, gradient_range: 6, weight: 30 };
/// 2^−6: values are off by a unit 2^−12 a layer, times some 16 weights; the softmax by 2^−9.
const OFF: f64 = 0.015_625;

/// A number of 52 bits with so many fractional ones.
pub(crate) fn real(word: u64, fraction: u32) -> f64 {
    ((word << 12) as i64 >> 12) as f64 / (1u64 << fraction) as f64
}

/// The weights that a trainer in the clear holds: more bits than single precision has.
fn words(trainer: &Trainer) -> Vec<[Vec<f64>; 2]> {
    let fraction = trainer.program().options().formats.weight;
    let of = |word: &u64| real(*word, fraction);
    let all: Vec<Vec<f64>> = trainer.shares().map(|share| share.expose().iter().map(of).collect()).collect();
    all.chunks(2).map(|pair| [pair[0].clone(), pair[1].clone()]).collect()
}

/// The same in single precision.
pub(crate) fn held(trainer: &Trainer) -> Parameters {
    let single = |x: &[f64]| x.iter().map(|x| *x as f32).collect();
    words(trainer).iter().map(|[weight, bias]| (single(weight), single(bias))).collect()
}

pub(crate) fn clear() -> Clear {
    Clear::new(Rounding::Floor, &Seed::from_bytes([1; 16]))
}

pub(crate) fn batch(trainer: &Trainer, x: &[f32], labels: &[usize]) -> Batch {
    let rows = x.chunks(trainer.program().inputs()).zip(labels).map(|(x, label)| Some((x, *label)));
    Batch::new(trainer.program(), rows).unwrap()
}

/// `frozen` is the number of a layer that stays as it is, if there is one and it is not the last.
fn one_step(
    draw: &mut Draw,
    [rows, classes, frozen]: [usize; 3],
    options: TrainOptions,
) -> Result<(), TestCaseError> {
    let model = draw.network(classes);
    let x = draw.inputs(rows * model.input().iter().product::<usize>());
    let labels: Vec<usize> = (0..rows).map(|_| draw.below(classes)).collect();
    let names: Vec<String> = model.nodes().iter().map(|node| node.name.clone()).collect();
    let is_trained = |name: &str| name == "fc" || names.get(frozen).is_none_or(|frozen| frozen != name);
    let mut trainer =
        Trainer::given(Program::tuning(&model, options, &is_trained).unwrap(), Some(&model)).unwrap();
    let mut float = Float::new(&model, &options, &is_trained).unwrap();
    float.with_weights(held(&trainer));
    let parameters = doubles(&float.weights());
    let mut at = values(&model, &parameters, &double(&x));
    let sum = loss(options.loss, &mut at, &labels);
    prop_assume!(at.margin > 0.);
    // The range of values, and that of gradients.
    prop_assume!(at.values.iter().flatten().all(|x| x.abs() < 100.));
    let expected = float.gradients(&x, &labels);
    let unit = (-f64::from(FORMATS.gradient)).exp2();
    let off = match options.loss {
        Loss::CrossEntropy => 0.001_953_125 + unit,
        // The outputs are truncated to the bits of gradients.
        _ => unit,
    };
    let bounds = bounds(&model, &parameters, &at, [off, unit]);

    let [least, most] = trainer.program().rates(rows);
    let rate = 6. * least;
    prop_assert!(rate < most);
    let before = words(&trainer);
    let step = trainer.step(&mut clear(), batch(&trainer, &x, &labels), rate, true);
    // Gradients of squares may be beyond the range, which the twin says.
    prop_assume!(step.is_ok());
    let value = real(step.unwrap().unwrap().expose()[0], 12);
    // Of a probability 10 bits are looked up: ln is off by 2^−11 / p, and half a unit stands for what is smaller.
    let most = |row: usize| {
        let z = &at.values[model.nodes().len()][row * classes..][..classes];
        let greatest = z.iter().copied().fold(f64::MIN, f64::max);
        let p = (z[labels[row]] - greatest).exp() / z.iter().map(|z| (z - greatest).exp()).sum::<f64>();
        let p = p - 0.003_906_25;
        if p > 0.01 { 0.004 / p } else { f64::INFINITY }
    };
    let most = match options.loss {
        Loss::CrossEntropy => (0..rows).map(most).sum(),
        _ => unit * (2. + 2. * sum) * (rows * classes) as f64,
    };
    prop_assert!((value - sum).abs() <= most, "loss {value} for {sum}, at most {most} off\n{model}");

    let (after, scale) = (words(&trainer), rows as f64 / rate);
    for layer in 0..after.len() {
        let expected = [&expected[layer].0, &expected[layer].1];
        if !trainer.program().parameters()[layer].trained {
            prop_assert!(
                after[layer] == before[layer] && expected.iter().all(|expected| expected.is_empty())
            );
            continue;
        }
        prop_assert!(expected.iter().all(|expected| !expected.is_empty()));
        for part in 0..2 {
            for place in 0..expected[part].len() {
                let found = (before[layer][part][place] - after[layer][part][place]) * scale;
                let g = f64::from(expected[part][place]);
                let most = bounds[layer][part] + 1e-4 * (1. + g.abs());
                prop_assert!(
                    (found - g).abs() <= most,
                    "layer {layer}, {part}: {found} for {g}, at most {most} off\n{model}"
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_global_rejects: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn a_step_moves_weights_by_their_gradients(seed: u64, rows in 1usize..4, classes in 2usize..5, of in 0usize..3, frozen in 0usize..6) {
        let mut draw = Draw::new(seed);
        draw.is_exact = true;
        let (loss, rounding, formats) = (LOSSES[of], Rounding::Floor, FORMATS);
        one_step(&mut draw, [rows, classes, frozen], TrainOptions { loss, rounding, formats, ..TrainOptions::default() })?;
    }

    #[test]
    fn a_step_moves_latent_weights_by_the_gradients_of_signs(seed: u64, rows in 1usize..4, classes in 2usize..5, of in 0usize..3, frozen in 0usize..6) {
        let mut draw = Draw::new(seed);
        (draw.is_exact, draw.is_signed) = (true, true);
        let (loss, rounding, formats) = (LOSSES[of], Rounding::Floor, FORMATS);
        one_step(&mut draw, [rows, classes, frozen], TrainOptions { loss, rounding, formats, ..TrainOptions::default() })?;
    }
}

fn reals(draw: &mut Draw, count: usize, scale: f32) -> Vec<f32> {
    draw.inputs(count).iter().map(|x| x * scale).collect()
}

fn perceptron(draw: &mut Draw) -> Model {
    let mut model = Model::new([1, 1, 10]);
    for (name, inputs, outputs) in [("fc1", 10, 8), ("fc2", 8, 4)] {
        let weight = Weight::Real(reals(draw, inputs * outputs, 0.5));
        model.push(name, op::Linear { weight, bias: reals(draw, outputs, 0.25) }).unwrap();
        if name == "fc1" {
            model.push("relu", op::Relu).unwrap();
        }
    }
    model
}

/// Trains both for some steps, on a batch where no value comes near a kink, and returns the greatest difference of weights.
fn difference(seed: u64, options: TrainOptions, steps: usize, rate: f64) -> Option<f64> {
    let mut draw = Draw::new(seed);
    let model = perceptron(&mut draw);
    let rows = 8;
    let x = draw.inputs(rows * 10);
    let labels: Vec<usize> = (0..rows).map(|_| draw.below(4)).collect();
    let options = TrainOptions { rounding: Rounding::Floor, formats: FORMATS, ..options };
    let mut trainer = Trainer::given(Program::new(&model, options).unwrap(), Some(&model)).unwrap();
    let mut float = Float::new(&model, &options, &|_| true).unwrap();
    float.with_weights(held(&trainer));
    for _ in 0..steps {
        let mut at = values(&model, &doubles(&float.weights()), &double(&x));
        loss(options.loss, &mut at, &labels);
        if at.margin < 2e-3 {
            return None;
        }
        trainer.step(&mut clear(), batch(&trainer, &x, &labels), rate, false).unwrap();
        float.step(&x, &labels, rate);
    }
    let (a, b) = (held(&trainer), float.weights());
    let pairs = a.iter().zip(&b).flat_map(|(a, b)| a.0.iter().chain(&a.1).zip(b.0.iter().chain(&b.1)));
    Some(pairs.map(|(a, b)| f64::from((a - b).abs())).fold(0., f64::max))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn steps_stay_together(seed: u64, of in 0usize..3, momentum in 0usize..3, clips: bool, decays: bool) {
        let steps = 4;
        let momentum = [0., 0.5, 0.875][momentum];
        let optimiser = if momentum == 0. { Optimiser::Sgd } else { Optimiser::Momentum(momentum) };
        let clip = clips.then_some(0.0625);
        let decay = if decays { 1. } else { 0. };
        // A multiple of the resolution, 8 · 2^−6.
        let rate = 0.125;
        let options = TrainOptions { loss: LOSSES[of], optimiser, clip, decay, ..TrainOptions::default() };
        let found = difference(seed, options, steps, rate);
        prop_assume!(found.is_some());
        // Step k counts 1 + μ + … for the steps after it.
        let weight: f64 = (0..steps).map(|step| (0..=step).map(|i| f64::powi(momentum, i as i32)).sum::<f64>()).sum();
        let most = rate * OFF * weight;
        prop_assert!(found.unwrap() < most, "{} off, at most {most}", found.unwrap());
    }
}

/// Means over windows of which no power of two has the number: their factor is right to 2^−8 of itself, each way.
#[test]
fn means_over_nine_are_right_to_their_factor() {
    let mut draw = Draw::new(5);
    let mut model = Model::new([5, 5, 2]);
    let (window, weight) = (Window::new([5, 5, 2], [1, 1]), Weight::Real(reals(&mut draw, 6, 1.)));
    model.push("conv", op::Convolution { window, groups: 1, weight, bias: vec![0.; 3] }).unwrap();
    model.push("mean", op::AveragePool { window: Window::new([5, 5, 3], [3, 3]) }).unwrap();
    let weight = Weight::Real(reals(&mut draw, 27 * 4, 1.));
    model.push("fc", op::Linear { weight, bias: vec![0.; 4] }).unwrap();
    let (rounding, formats) = (Rounding::Floor, FORMATS);
    let options = TrainOptions { loss: Loss::SquaredError, rounding, formats, ..TrainOptions::default() };
    let mut trainer = Trainer::given(Program::new(&model, options).unwrap(), Some(&model)).unwrap();
    let mut float = Float::new(&model, &options, &|_| true).unwrap();
    let (x, labels) = (draw.inputs(3 * 50), [0, 3, 1]);
    let (before, rate) = (words(&trainer), 4. * trainer.program().rates(3)[0]);
    trainer.step(&mut clear(), batch(&trainer, &x, &labels), rate, false).unwrap();
    let (after, expected) = (words(&trainer), doubles(&float.gradients(&x, &labels)));
    for (layer, expected) in expected.iter().enumerate() {
        for (part, expected) in expected.iter().enumerate() {
            let most = expected.iter().fold(0f64, |most, g| most.max(g.abs()));
            for (place, g) in expected.iter().enumerate() {
                let found = (before[layer][part][place] - after[layer][part][place]) * 3. / rate;
                assert!((found - g).abs() < 0.02 * most, "layer {layer}: {found} for {g}, of {most}");
            }
        }
    }
}

/// An update by Adam for the first two steps, by the formulas.
#[test]
fn adam_is_that_of_its_authors() {
    let mut model = Model::new([1, 1, 1]);
    model.push("fc", op::Linear { weight: Weight::Real(vec![0.5, -0.25]), bias: vec![0.; 2] }).unwrap();
    let decay = [0.9, 0.99];
    let optimiser = Optimiser::Adam { decay };
    let options = TrainOptions { loss: Loss::SquaredError, optimiser, ..TrainOptions::default() };
    let mut float = Float::new(&model, &options, &|_| true).unwrap();
    let (x, labels, rate) = ([0.75, -0.5], [0, 1], 0.01);
    let (mut w, mut m, mut v) = (0.5f64, 0., 0.);
    for step in 1..=5 {
        let g = f64::from(float.gradients(&x, &labels)[0].0[0]) / 2.;
        m = decay[0] * m + (1. - decay[0]) * g;
        v = decay[1] * v + (1. - decay[1]) * g * g;
        let (mean, square) = (m / (1. - decay[0].powi(step)), v / (1. - decay[1].powi(step)));
        w -= rate * mean / (square.sqrt() + 1e-8);
        float.step(&x, &labels, rate);
        let found = f64::from(float.weights()[0].0[0]);
        assert!((found - w).abs() < 1e-5, "step {step}: {found} for {w}");
    }
}
