//! Training steps on shares against the twin in the clear.

mod adam;
mod costs;
mod limits;
mod normalise;
mod requests;
mod serving;
mod statistics;

use ringshare::linalg::Window;
use ringshare::nn::train::{Batch, Clear, Loss, Optimiser, Program, Secure, TrainOptions, Trainer};
use ringshare::nn::{Model, Op, Rounding, Weight, op};
use ringshare::offline::{SessionTag, StateId};
use ringshare::prg::Seed;
use ringshare::sim::Simulation;

fn reals(count: usize, scale: f32) -> Vec<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1 << 23) as f32 - 1.) * scale
    };
    (0..count).map(|_| next()).collect()
}

fn linear(inputs: usize, outputs: usize) -> Op {
    let weight = Weight::Real(reals(inputs * outputs, 1. / (inputs as f32).sqrt()));
    op::Linear { weight, bias: reals(outputs, 0.25) }.into()
}

fn signs(inputs: usize, outputs: usize) -> Op {
    let bytes = inputs.div_ceil(8) * outputs;
    let weight = Weight::Signs((0..bytes).map(|i| (i * 167 % 251) as u8).collect());
    op::Linear { weight, bias: reals(outputs, 0.25) }.into()
}

fn convolution(image: [usize; 3], outputs: usize, groups: usize, stride: usize, padding: usize) -> Op {
    let window = Window { stride: [stride; 2], padding: [padding; 2], ..Window::new(image, [3, 3]) };
    let inputs = 9 * image[2] / groups;
    let weight = Weight::Real(reals(inputs * outputs, 0.4));
    op::Convolution { window, groups, weight, bias: reals(outputs, 0.25) }.into()
}

fn perceptron() -> Model {
    let mut model = Model::new([3, 4, 1]);
    model.push("fc1", linear(12, 9)).unwrap();
    model.push("relu1", op::Relu).unwrap();
    model.push("fc2", linear(9, 7)).unwrap();
    model.push("clip", op::Clip { low: 0., high: 0.75 }).unwrap();
    model.push("fc3", linear(7, 4)).unwrap();
    model
}

fn convolutional() -> Model {
    let mut model = Model::new([9, 8, 2]);
    model.push("conv1", convolution([9, 8, 2], 4, 2, 1, 1)).unwrap();
    model.push("relu1", op::Relu).unwrap();
    model.push("conv2", convolution([9, 8, 4], 4, 1, 1, 1)).unwrap();
    model.push("add", op::Add { layer: "relu1".into() }).unwrap();
    model.push("relu2", op::Relu).unwrap();
    let window = Window { stride: [2, 2], ..Window::new([9, 8, 4], [3, 2]) };
    model.push("pool", op::MaxPool { window }).unwrap();
    let image = model.output();
    model.push("conv3", convolution(image, 6, 1, 2, 1)).unwrap();
    let image = model.output();
    let window = Window::new(image, [2, 1]);
    model.push("mean", op::AveragePool { window }).unwrap();
    model.push("flatten", op::Flatten).unwrap();
    let inputs = model.output().iter().product();
    model.push("fc", linear(inputs, 3)).unwrap();
    model
}

/// Sums with what layers with weights give, as it is.
fn residual() -> Model {
    let mut model = Model::new([1, 1, 6]);
    model.push("fc1", linear(6, 5)).unwrap();
    model.push("relu1", op::Relu).unwrap();
    model.push("fc2", linear(5, 5)).unwrap();
    model.push("add1", op::Add { layer: "fc1".into() }).unwrap();
    model.push("fc3", linear(5, 5)).unwrap();
    model.push("add2", op::Add { layer: "fc2".into() }).unwrap();
    model
}

fn binarized() -> Model {
    let mut model = Model::new([1, 1, 20]);
    model.push("fc1", signs(20, 16)).unwrap();
    model.push("sign1", op::Sign).unwrap();
    model.push("fc2", signs(16, 5)).unwrap();
    model
}

/// Examples and labels.
fn examples(model: &Model, rows: usize) -> Vec<(Vec<f32>, usize)> {
    let inputs: usize = model.input().iter().product();
    let classes: usize = model.output().iter().product();
    let all = reals(inputs * rows, 1.);
    all.chunks(inputs).enumerate().map(|(row, x)| (x.to_vec(), row * 7 % classes)).collect()
}

/// What a word of the ring stands for.
fn signed(word: u64) -> i64 {
    ((word << 12) as i64) >> 12
}

/// Whose bytes of a trainer after some steps, in the clear.
fn state_id(program: &Program, number: u64) -> StateId {
    StateId { session: SessionTag([7; 16]), party: 0, parties: 1, model: program.digest(), number }
}

type Words = Vec<u64>;

fn step_is_the_twins(model: &Model, options: TrainOptions) {
    let (rows, steps, rate) = (5, 3, 0.05);
    let options = TrainOptions { rounding: Rounding::Floor, ..options };
    let all = examples(model, rows);
    let mut clear = Clear::new(Rounding::Floor, &Seed::from_bytes([1; 16]));
    let mut twin = Trainer::given(Program::new(model, options).unwrap(), Some(model)).unwrap();
    let mut losses = Words::new();
    for _ in 0..steps {
        let rows = all.iter().map(|(x, label)| Some((&x[..], *label)));
        let batch = Batch::new(twin.program(), rows).unwrap();
        let loss = twin.step(&mut clear, batch, rate, true).unwrap().unwrap();
        losses.extend(loss.expose());
    }
    let mask = (1 << 52) - 1;
    let expected: Vec<Words> = twin.shares().map(|x| x.expose().iter().map(|x| x & mask).collect()).collect();
    let losses: Words = losses.iter().map(|x| x & mask).collect();
    for parties in [2, 3] {
        let run = Simulation::new(parties).run(|party| {
            let id = party.id();
            let program = Program::new(model, options)?;
            let mut trainer = Trainer::given(program, (id == 1).then_some(model))?;
            let mut losses = Words::new();
            for _ in 0..steps {
                // Each party has some of the rows.
                let of = |(row, (x, label)): (usize, &'_ (Vec<f32>, usize))| {
                    (row % parties == id).then_some((x.clone(), *label))
                };
                let own: Vec<_> = all.iter().enumerate().map(of).collect();
                let rows = own.iter().map(|row| row.as_ref().map(|(x, label)| (&x[..], *label)));
                let batch = Batch::new(trainer.program(), rows)?;
                let mut secure = Secure::new(party, Rounding::Floor);
                let loss = trainer.step(&mut secure, batch, rate, true)?.unwrap();
                losses.extend(party.open(&loss)?);
            }
            let opened = trainer.shares().map(|x| party.open(x)).collect::<Result<Vec<Words>, _>>()?;
            Ok((opened, losses))
        });
        let run = run.unwrap();
        for (opened, found) in run.outputs {
            assert_eq!(found, losses, "losses of {parties} parties");
            assert!(opened == expected, "weights of {parties} parties");
        }
    }
}

#[test]
fn a_step_of_a_perceptron_is_the_twins_by_every_loss_and_optimiser() {
    for loss in [Loss::CrossEntropy, Loss::SquaredError, Loss::Hinge] {
        for optimiser in [Optimiser::Sgd, Optimiser::Momentum(0.9)] {
            let options = TrainOptions { loss, optimiser, ..TrainOptions::default() };
            step_is_the_twins(&perceptron(), options);
        }
    }
    let options = TrainOptions { decay: 0.01, clip: Some(0.125), ..TrainOptions::default() };
    step_is_the_twins(&perceptron(), options);
}

#[test]
fn a_step_of_a_convolutional_network_is_the_twins() {
    step_is_the_twins(&convolutional(), TrainOptions::default());
}

#[test]
fn a_step_of_a_network_of_sums_is_the_twins() {
    step_is_the_twins(&residual(), TrainOptions::default());
}

#[test]
fn a_step_of_a_network_of_signs_is_the_twins() {
    step_is_the_twins(&binarized(), TrainOptions::default());
}
