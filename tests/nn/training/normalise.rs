//! Batch normalisation in training, against real numbers.

use ringshare::nn::train::{Batch, Clear, Loss, Optimiser, Program, Secure, TrainOptions, Trainer};
use ringshare::nn::{Model, Op, Rounding, op};
use ringshare::prg::Seed;
use ringshare::sim::Simulation;

use super::{convolution, examples, linear, reals, signed, state_id, step_is_the_twins};

pub(super) fn normalise(channels: usize) -> op::Normalise {
    let scale = reals(channels, 0.25).iter().map(|x| x + 1.).collect();
    op::Normalise::new(scale, reals(channels, 0.5))
}

/// Without a ReLU, whose bend near 0 makes differences that are none of the normalisation's.
fn perceptron() -> Model {
    let mut model = Model::new([1, 1, 6]);
    model.push("fc1", linear(6, 5)).unwrap();
    model.push("norm1", normalise(5)).unwrap();
    model.push("fc2", linear(5, 3)).unwrap();
    model
}

pub(super) fn convolutional() -> Model {
    let mut model = Model::new([6, 5, 2]);
    model.push("norm0", normalise(2)).unwrap();
    model.push("conv1", convolution([6, 5, 2], 4, 2, 1, 1)).unwrap();
    model.push("norm1", normalise(4)).unwrap();
    model.push("relu1", op::Relu).unwrap();
    model.push("conv2", convolution([6, 5, 4], 3, 1, 2, 1)).unwrap();
    model.push("norm2", normalise(3)).unwrap();
    model.push("relu2", op::Relu).unwrap();
    model.push("flatten", op::Flatten).unwrap();
    let inputs = model.output().iter().product();
    model.push("fc", linear(inputs, 3)).unwrap();
    model
}

/// The same, where normalisations have running statistics behind them.
pub(super) fn with_statistics(model: &Model) -> Model {
    let mut out = Model::new(model.input());
    for node in model.nodes() {
        let mut op = node.op.clone();
        if let Op::Normalise(of) = &mut op {
            of.mean = reals(of.weight.len(), 0.75);
            of.variance = reals(of.weight.len(), 0.9).iter().map(|x| (x + 1.) / 4.).collect();
            of.eps = 1e-3;
        }
        out.push(&node.name, op).unwrap();
    }
    out
}

fn clear() -> Clear {
    Clear::new(Rounding::Floor, &Seed::from_bytes([5; 16]))
}

pub(super) fn options() -> TrainOptions {
    TrainOptions { loss: Loss::SquaredError, rounding: Rounding::Floor, ..TrainOptions::default() }
}

pub(super) fn given(model: &Model, options: TrainOptions) -> Trainer {
    Trainer::given(Program::new(model, options).unwrap(), Some(model)).unwrap()
}

pub(super) fn step(trainer: &mut Trainer, all: &[(Vec<f32>, usize)], rate: f64) {
    let batch = all.iter().map(|(x, label)| Some((&x[..], *label)));
    let batch = Batch::new(trainer.program(), batch).unwrap();
    trainer.step(&mut clear(), batch, rate, false).unwrap();
}

/// All weights and biases of the perceptron: three vectors of each.
fn weights(trainer: &Trainer) -> Vec<f64> {
    let unit = (-34f64).exp2();
    let vectors = trainer.shares().take(6);
    vectors.flat_map(|share| share.expose()).map(|word| signed(*word) as f64 * unit).collect()
}

#[test]
fn a_step_with_batch_normalisation_is_the_twins() {
    step_is_the_twins(&perceptron(), TrainOptions::default());
    step_is_the_twins(&convolutional(), TrainOptions::default());
    let optimiser = Optimiser::Adam { decay: [0.9, 0.999] };
    step_is_the_twins(&convolutional(), TrainOptions { optimiser, ..TrainOptions::default() });
}

/// x·Wᵀ + b.
fn product(x: &[f64], w: &[f64], b: &[f64]) -> Vec<f64> {
    let dot = |row: &[f64], w: &[f64]| row.iter().zip(w).map(|(x, w)| x * w).sum::<f64>();
    let inputs = w.len() / b.len();
    let row = |x| w.chunks(inputs).zip(b).map(move |(w, b)| dot(x, w) + b);
    x.chunks(inputs).flat_map(row).collect()
}

/// The outputs of the perceptron in 64-bit floats, with the statistics of the batch.
fn outputs(w: &[f64], x: &[f64]) -> Vec<f64> {
    let z = product(x, &w[..30], &w[30..35]);
    let rows = z.len() as f64 / 5.;
    let mut a = z.clone();
    for channel in 0..5 {
        let column = || z.iter().skip(channel).step_by(5);
        let mean = column().sum::<f64>() / rows;
        let variance = column().map(|z| (z - mean).powi(2)).sum::<f64>() / rows;
        let scale = w[35 + channel] / (variance + (-16f64).exp2()).sqrt();
        a.iter_mut().skip(channel).step_by(5).for_each(|z| *z = (*z - mean) * scale + w[40 + channel]);
    }
    product(&a, &w[45..60], &w[60..63])
}

fn loss(w: &[f64], x: &[f64], labels: &[usize]) -> f64 {
    let squares = |(row, label): (&[f64], &usize)| {
        let target = |class| f64::from(u8::from(class == *label));
        row.iter().enumerate().map(|(class, z)| (z - target(class)).powi(2) / 2.).sum::<f64>()
    };
    outputs(w, x).chunks(3).zip(labels).map(squares).sum::<f64>() / labels.len() as f64
}

fn inputs(all: &[(Vec<f32>, usize)]) -> Vec<f64> {
    all.iter().flat_map(|(x, _)| x).map(|x| (f64::from(*x) * 256.).round() / 256.).collect()
}

#[test]
fn gradients_through_a_normalisation_are_those_of_real_numbers() {
    let (model, rows, rate) = (perceptron(), 24, 0.125);
    let all = examples(&model, rows);
    let mut trainer = given(&model, options());
    let before = weights(&trainer);
    step(&mut trainer, &all, rate);
    let x = inputs(&all);
    let labels: Vec<usize> = all.iter().map(|(_, label)| *label).collect();
    let (mut worst, mut greatest) = (0f64, 0f64);
    for (place, after) in weights(&trainer).iter().enumerate() {
        let at = |by: f64| {
            let mut w = before.clone();
            w[place] += by;
            loss(&w, &x, &labels)
        };
        let expected = (at(1e-6) - at(-1e-6)) / 2e-6;
        worst = worst.max(((before[place] - after) / rate - expected).abs());
        greatest = greatest.max(expected.abs());
    }
    assert!(worst <= greatest / 50., "{worst} of gradients up to {greatest}");
}

#[test]
fn running_statistics_serve_and_are_folded_into_the_model() {
    let (model, rows) = (perceptron(), 24);
    let all = examples(&model, rows);
    let mut trainer = given(&model, options());
    let served = |trainer: &Trainer| -> Vec<f64> {
        let batch = all.iter().map(|(x, label)| Some((&x[..], *label)));
        let batch = Batch::new(trainer.program(), batch).unwrap();
        let z = trainer.outputs(&mut clear(), batch.inputs()).unwrap();
        z.expose().iter().map(|z| signed(*z) as f64 / 4096.).collect()
    };
    let near = |a: &[f64], b: &[f64], what: &str| {
        let off = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0., f64::max);
        assert!(a.len() == b.len() && off <= 0.04, "{what}: off by {off}");
    };
    let floats = |model: &Model| -> Vec<f64> {
        let x: Vec<f32> = all.iter().flat_map(|(x, _)| x.clone()).collect();
        model.forward(&x).into_iter().map(f64::from).collect()
    };
    near(&served(&trainer), &floats(&model), "before training");
    for _ in 0..80 {
        step(&mut trainer, &all, 1e-3);
    }
    // The batch is the same every time, and the weights hardly move.
    near(&served(&trainer), &outputs(&weights(&trainer), &inputs(&all)), "by the statistics of the batch");
    near(&served(&trainer), &floats(&trainer.model(&model).unwrap()), "the model");
}

#[test]
fn a_model_with_normalisations_is_revealed_to_one_party() {
    let model = convolutional();
    let all = examples(&model, 6);
    let mut twin = given(&model, options());
    step(&mut twin, &all, 0.05);
    let run = Simulation::new(2).run(|party| {
        let own = party.id() == 0;
        let mut trainer = Trainer::given(Program::new(&model, options())?, own.then_some(&model))?;
        let batch = all.iter().map(|(x, label)| own.then_some((&x[..], *label)));
        let batch = Batch::new(trainer.program(), batch)?;
        trainer.step(&mut Secure::new(party, Rounding::Floor), batch, 0.05, false)?;
        Ok(trainer.reveal(party, &model, 1)?.map(|found| found == twin.model(&model).unwrap()))
    });
    assert_eq!(run.unwrap().outputs, [None, Some(true)]);
}

#[test]
fn parties_that_round_stochastically_stay_near_the_twin() {
    let (model, steps) = (convolutional(), 3);
    let all = examples(&model, 24);
    let mut twin = given(&model, options());
    (0..steps).for_each(|_| step(&mut twin, &all, 0.05));
    let all_of = |trainer: &Trainer, words: &[Vec<u64>]| {
        let model = trainer.filled(&model, words).unwrap();
        let x: Vec<f32> = all.iter().flat_map(|(x, _)| x.clone()).collect();
        model.forward(&x)
    };
    let words: Vec<Vec<u64>> = twin.shares().map(|share| share.expose().to_vec()).collect();
    let expected = all_of(&twin, &words);
    let options = TrainOptions { rounding: Rounding::Stochastic, ..options() };
    for parties in [2, 3] {
        let run = Simulation::new(parties).run(|party| {
            let own = party.id() == 0;
            let mut trainer = Trainer::given(Program::new(&model, options)?, own.then_some(&model))?;
            for _ in 0..steps {
                let batch = all.iter().map(|(x, label)| own.then_some((&x[..], *label)));
                let batch = Batch::new(trainer.program(), batch)?;
                trainer.step(&mut Secure::new(party, Rounding::Stochastic), batch, 0.05, false)?;
            }
            let words = trainer.shares().map(|x| party.open(x)).collect::<Result<Vec<_>, _>>()?;
            Ok(all_of(&trainer, &words))
        });
        let found = run.unwrap().outputs.remove(0);
        let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0., f32::max);
        assert!(off <= 0.01, "outputs of {parties} parties are off by {off}");
    }
}

#[test]
fn scales_that_are_drawn_are_1() {
    let (model, seeds) = (perceptron(), [1, 2, 3].map(|byte| Seed::from_bytes([byte; 16])));
    let trainer = Trainer::drawn_by_all(Program::new(&model, options()).unwrap(), &seeds);
    let w = weights(&trainer);
    assert!(w[35..40].iter().all(|scale| (scale - 1.).abs() < 1e-8));
    assert!(w[40..45].iter().all(|shift| *shift == 0.));
}

#[test]
fn a_normalisation_that_is_not_trained_stays_as_it_is() {
    let model = with_statistics(&perceptron());
    let program = Program::tuning(&model, options(), &|name| name == "fc2").unwrap();
    let mut trainer = Trainer::given(program, Some(&model)).unwrap();
    step(&mut trainer, &examples(&model, 9), 0.01);
    let found = trainer.model(&model).unwrap();
    let numbers = |model: &Model| match &model.nodes()[1].op {
        Op::Normalise(of) => [&of.weight[..], &of.bias, &of.mean, &of.variance].concat(),
        other => panic!("{other:?}"),
    };
    let off = numbers(&found).iter().zip(numbers(&model)).map(|(a, b)| (a - b).abs()).fold(0., f32::max);
    assert!(off < 1e-5, "off by {off}");
    // It acts by its running statistics meanwhile.
    let x = examples(&model, 4);
    let batch = Batch::new(trainer.program(), x.iter().map(|(x, label)| Some((&x[..], *label)))).unwrap();
    let z = trainer.outputs(&mut clear(), batch.inputs()).unwrap();
    let x: Vec<f32> = x.into_iter().flat_map(|(x, _)| x).collect();
    for (z, expected) in z.expose().iter().zip(found.forward(&x)) {
        let z = signed(*z) as f32 / 4096.;
        assert!((z - expected).abs() < 0.03, "{z} for {expected}");
    }
}

#[test]
fn training_with_normalisations_goes_on_from_bytes() {
    let model = convolutional();
    let all = examples(&model, 6);
    let mut trainer = given(&model, options());
    step(&mut trainer, &all, 0.01);
    trainer.accumulate();
    let id = state_id(trainer.program(), 1);
    let program = Program::new(&model, options()).unwrap();
    let mut restored = Trainer::from_bytes(program, &trainer.to_bytes(&id), &id).unwrap();
    step(&mut trainer, &all, 0.01);
    step(&mut restored, &all, 0.01);
    let all = |trainer: &Trainer| -> Vec<i64> {
        trainer.shares().flat_map(|share| share.expose()).map(|word| signed(*word)).collect()
    };
    assert_eq!(all(&trainer), all(&restored));
}
