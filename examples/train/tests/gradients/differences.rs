//! Gradients in float32 against differences of the loss in double precision.

use proptest::prelude::*;
use ringshare::linalg::Window;
use ringshare::nn::train::{Loss, TrainOptions};
use ringshare::nn::{Model, Weight, op};
use train::float::Float;

use crate::draw::Draw;
use crate::reference::{Parameters, loss, values};

/// The step to each side of a weight.
const STEP: f64 = 1e-5;
/// A step moves no value as far as this.
const MARGIN: f64 = 2e-3;
/// Of smaller variances roots have steep slopes.
const VARIANCE: f64 = 0.02;

pub(crate) const LOSSES: [Loss; 3] = [Loss::CrossEntropy, Loss::SquaredError, Loss::Hinge];

pub(crate) fn double(x: &[f32]) -> Vec<f64> {
    x.iter().map(|x| f64::from(*x)).collect()
}

pub(crate) fn doubles(weights: &[(Vec<f32>, Vec<f32>)]) -> Parameters {
    weights.iter().map(|(weight, bias)| [double(weight), double(bias)]).collect()
}

/// Compares the gradients of a network that is drawn, one layer of which may stay as it is.
fn slopes(mut draw: Draw, [rows, classes, of, frozen]: [usize; 4]) -> Result<(), TestCaseError> {
    let model = draw.network(classes);
    let x = draw.inputs(rows * model.input().iter().product::<usize>());
    let labels: Vec<usize> = (0..rows).map(|_| draw.below(classes)).collect();
    let options = TrainOptions { loss: LOSSES[of], ..TrainOptions::default() };
    let names: Vec<String> = model.nodes().iter().map(|node| node.name.clone()).collect();
    // A normalisation that is not trained is by its running statistics.
    let stays = names.get(frozen).filter(|name| !name.starts_with("norm"));
    let is_trained = |name: &str| name == "fc" || stays.is_none_or(|frozen| frozen != name);
    let mut float = Float::new(&model, &options, &is_trained).unwrap();
    let mut parameters = doubles(&float.weights());
    let (x64, before) = (double(&x), float.weights());
    let mut at = values(&model, &parameters, &x64);
    let sum = loss(options.loss, &mut at, &labels);
    prop_assume!(at.margin > MARGIN && at.variance > VARIANCE);

    let found = float.gradients(&x, &labels);
    prop_assert_eq!(float.weights(), before);
    // Elsewhere outputs are by running statistics.
    if !draw.is_normalised {
        for (z, expected) in float.outputs(&x).iter().zip(&at.values[model.nodes().len()]) {
            prop_assert!(
                (f64::from(*z) - expected).abs() < 1e-4 * (1. + expected.abs()),
                "{z} for {expected}"
            );
        }
    }
    let learns = |name: &String| ["conv", "fc", "norm"].iter().any(|kind| name.starts_with(kind));
    for (layer, name) in names.iter().filter(|name| learns(name)).enumerate() {
        let found = [&found[layer].0, &found[layer].1];
        if !is_trained(name) {
            prop_assert!(found.iter().all(|found| found.is_empty()), "{}", name);
            continue;
        }
        for part in 0..2 {
            let len = parameters[layer][part].len();
            prop_assert_eq!(found[part].len(), len);
            // Rounding is relative to the terms of a sum, which may cancel.
            let scale = 1. + found[part].iter().fold(0f64, |most, g| most.max(f64::from(g.abs())));
            for _ in 0..len.min(12) {
                let place = draw.below(len);
                let kept = parameters[layer][part][place];
                let mut side = |step: f64| {
                    parameters[layer][part][place] = kept + step;
                    loss(options.loss, &mut values(&model, &parameters, &x64), &labels)
                };
                let slope = (side(STEP) - side(-STEP)) / (2. * STEP);
                parameters[layer][part][place] = kept;
                let g = f64::from(found[part][place]);
                prop_assert!((g - slope).abs() < 1e-4 * scale, "{}: {g} for {slope}\n{model}", name);
            }
        }
    }
    let mean = float.step(&x, &labels, 1e-9);
    prop_assert!((mean - sum / rows as f64).abs() < 1e-4 * (1. + mean), "{mean} for {sum} / {rows}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_global_rejects: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn gradients_are_slopes_of_the_loss(seed: u64, rows in 1usize..4, classes in 2usize..5, of in 0usize..3, frozen in 0usize..6) {
        slopes(Draw::new(seed), [rows, classes, of, frozen])?;
    }

    #[test]
    fn gradients_through_normalisations_are_slopes_of_the_loss(seed: u64, rows in 2usize..6, classes in 2usize..5, of in 0usize..3, frozen in 0usize..6) {
        let mut draw = Draw::new(seed);
        draw.is_normalised = true;
        slopes(draw, [rows, classes, of, frozen])?;
    }
}

/// Of images that are more than are unfolded at a time, the gradients are the sum of those of each.
#[test]
fn gradients_of_a_batch_are_sums() {
    let mut model = Model::new([20, 22, 6]);
    let mut draw = Draw::new(7);
    for groups in [1, 3] {
        let window = Window { padding: [1, 0], ..Window::new(model.output(), [3, 3]) };
        let (seen, outputs) = (window.image[2] / groups, 6);
        let weight = Weight::Real(draw.inputs(9 * seen * outputs));
        let name = format!("conv{groups}");
        model.push(&name, op::Convolution { window, groups, weight, bias: draw.inputs(outputs) }).unwrap();
        model.push(&format!("relu{groups}"), op::Relu).unwrap();
    }
    let inputs = model.output().iter().product::<usize>();
    // Small, so that no probability is 0 or 1.
    let weight = Weight::Real(draw.inputs(3 * inputs).iter().map(|w| w / 256.).collect());
    model.push("fc", op::Linear { weight, bias: vec![0.; 3] }).unwrap();
    let mut float = Float::new(&model, &TrainOptions::default(), &|_| true).unwrap();
    let (x, labels) = (draw.inputs(6 * 20 * 22 * 6), [0, 1, 2, 2, 1, 0]);
    let all = doubles(&float.gradients(&x, &labels));
    let mut sums: Parameters =
        all.iter().map(|pair| [0, 1].map(|part: usize| vec![0.; pair[part].len()])).collect();
    for (x, label) in x.chunks(20 * 22 * 6).zip(labels) {
        let of = doubles(&float.gradients(x, &[label]));
        for (sum, of) in sums.iter_mut().flatten().flatten().zip(of.iter().flatten().flatten()) {
            *sum += of;
        }
    }
    for (found, expected) in all.iter().flatten().zip(sums.iter().flatten()) {
        let scale = expected.iter().fold(1e-3f64, |most, x| most.max(x.abs()));
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4 * scale, "{found} for {expected}");
        }
    }
}
