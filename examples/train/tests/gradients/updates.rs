//! Updates: rates between the units, batches of different sizes, clipping, and the losses that are opened of few bits.

use ringshare::nn::train::{Loss, Optimiser, Program, TrainFormats, TrainOptions, Trainer};
use ringshare::nn::{Model, Rounding, Weight, op};
use train::float::Float;

use crate::differences::{LOSSES, double, doubles};
use crate::draw::Draw;
use crate::fixed::{FORMATS, batch, clear, held, perceptron, real, words};
use crate::reference::{loss, values};

fn single(weights: &[f32]) -> Model {
    let mut model = Model::new([1, 1, 1]);
    let weight = Weight::Real(weights.to_vec());
    model.push("fc", op::Linear { weight, bias: vec![0.; weights.len()] }).unwrap();
    model
}

fn trainer(model: &Model, options: TrainOptions) -> Trainer {
    let options = TrainOptions { rounding: Rounding::Floor, ..options };
    Trainer::given(Program::new(model, options).unwrap(), Some(model)).unwrap()
}

/// The gradient of a hinge stays what it is while outputs are within the margin.
#[test]
fn weights_follow_rates_between_the_units() {
    let (model, rows) = (single(&[0., 0.]), 800);
    for optimiser in [Optimiser::Sgd, Optimiser::Momentum(0.)] {
        for rate in [0.03, 0.0245, 0.05, 0.0731, 0.1] {
            let options = TrainOptions { loss: Loss::Hinge, optimiser, ..TrainOptions::default() };
            let mut trainer = trainer(&model, options);
            let steps = (0.8 / rate) as i32;
            for _ in 0..steps {
                let batch = batch(&trainer, &vec![0.25; rows], &vec![0; rows]);
                trainer.step(&mut clear(), batch, rate, false).unwrap();
            }
            let (found, expected) = (words(&trainer)[0][0][0], 0.25 * rate * f64::from(steps));
            // A unit for all steps together, and what the mean of a velocity is off.
            let most = 0.25 * trainer.program().rate_unit(rows) + 0.01 * expected;
            assert!((found - expected).abs() <= most, "{found} for {expected} by {optimiser:?}, rate {rate}");
        }
    }
}

/// Trains on batches of 8 and 3 rows in turn, and returns the greatest difference from float32 in units of the longest way of a weight.
fn off(options: TrainOptions, rate: f64, steps: usize) -> f64 {
    let mut draw = Draw::new(11);
    let model = perceptron(&mut draw);
    let x = draw.inputs(8 * 10);
    let labels: Vec<usize> = (0..8).map(|_| draw.below(4)).collect();
    let mut trainer = trainer(&model, options);
    let mut float = Float::new(&model, trainer.program().options(), &|_| true).unwrap();
    float.with_weights(held(&trainer));
    let before = held(&trainer);
    for step in 0..steps {
        let rows = [8, 3][step % 2];
        let batch = batch(&trainer, &x[..rows * 10], &labels[..rows]);
        trainer.step(&mut clear(), batch, rate, false).unwrap();
        float.step(&x[..rows * 10], &labels[..rows], rate);
    }
    let flat = |all: &[(Vec<f32>, Vec<f32>)]| -> Vec<f32> {
        all.iter().flat_map(|(w, b)| w.iter().chain(b).copied()).collect()
    };
    let [before, found, expected] = [before, held(&trainer), float.weights()].map(|all| flat(&all));
    let most = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0., f32::max);
    f64::from(most(&found, &expected) / most(&before, &expected))
}

#[test]
fn batches_of_different_sizes_count_by_their_means() {
    for decay in [0., 0.25] {
        for optimiser in [Optimiser::Sgd, Optimiser::Momentum(0.5), Optimiser::Momentum(0.9)] {
            let options = TrainOptions { optimiser, decay, ..TrainOptions::default() };
            let off = off(options, 0.125, 12);
            assert!(off < 0.08, "{off} off by {optimiser:?}, decay {decay}");
        }
    }
    // Weights whose gradient is near 0 go either way.
    let optimiser = Optimiser::Adam { decay: [0.9, 0.999] };
    let options = TrainOptions { optimiser, clip: Some(4.), ..TrainOptions::default() };
    let off = off(options, 0.0037, 12);
    assert!(off < 0.1, "{off} off by Adam");
}

/// Mean gradients of 12 and 8, of more rows than 8192 / 10.
#[test]
fn gradients_of_many_rows_are_clipped_where_they_are_said_to_be() {
    let (model, rows) = (single(&[1., 0.5]), 1024);
    let options = TrainOptions { loss: Loss::SquaredError, clip: Some(10.), ..TrainOptions::default() };
    let mut trainer = trainer(&model, options);
    let rate = trainer.program().rate_unit(rows);
    let batch = batch(&trainer, &vec![4.; rows], &vec![0; rows]);
    trainer.step(&mut clear(), batch, rate, false).unwrap();
    let found = &words(&trainer)[0][0];
    for (found, expected) in found.iter().zip([1. - 10. * rate, 0.5 - 8. * rate]) {
        assert!((found - expected).abs() < 1e-3, "{found} for {expected}");
    }
    for clip in [2049., 1e-7] {
        let options = TrainOptions { clip: Some(clip), ..TrainOptions::default() };
        let error = Program::new(&model, options).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("greatest magnitude of a gradient: expected"), "{clip}: {error}");
    }
    // Of formats that leave no room for the sums of a great batch.
    let optimiser = Optimiser::Momentum(0.5);
    let options = TrainOptions { clip: Some(1024.), optimiser, formats: FORMATS, ..TrainOptions::default() };
    let mut trainer = self::trainer(&model, options);
    let batch = self::batch(&trainer, &vec![0.; 1 << 16], &vec![0; 1 << 16]);
    let error = trainer.step(&mut clear(), batch, 0.125, false).err().unwrap().to_string();
    assert!(error.contains("greatest magnitude of a gradient: expected"), "{error}");
}

#[test]
fn losses_of_few_bits_are_opened_at_their_scale() {
    let mut draw = Draw::new(7);
    let mut model = Model::new([1, 1, 10]);
    let weight = Weight::Real(draw.inputs(40).iter().map(|x| x / 2.).collect());
    model.push("fc", op::Linear { weight, bias: vec![0.125; 4] }).unwrap();
    let (x, labels) = (draw.inputs(60), [0, 3, 1, 1, 2, 0]);
    for loss_of in LOSSES {
        for gradient in [4, 5, 6, 8, 11, 12, 13] {
            let formats = TrainFormats { activation: 8, gradient, weight: 30, ..TrainFormats::default() };
            let options = TrainOptions { loss: loss_of, formats, ..TrainOptions::default() };
            let mut trainer = trainer(&model, options);
            let mut at = values(&model, &doubles(&held(&trainer)), &double(&x));
            let expected = loss(loss_of, &mut at, &labels);
            let batch = batch(&trainer, &x, &labels);
            let found = trainer.step(&mut clear(), batch, 0.125, true).unwrap().unwrap();
            let found = real(found.expose()[0], 12);
            // Each of 24 terms is off by a unit or so; a probability of so few bits is anything.
            let most = if gradient < 8 { 0.3 } else { 0.05 } * expected;
            assert!(
                (found - expected).abs() < most,
                "{found} for {expected}, {loss_of:?} of {gradient} bits"
            );
        }
    }
}
