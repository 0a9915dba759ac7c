//! What does not fit is refused, and nobody else learns a number of it.

use std::time::Duration;

use ringshare::linalg::Window;
use ringshare::net::{Memory, NetError, Network};
use ringshare::nn::train::{Batch, Clear, Loss, Program, TrainError, TrainFormats, TrainOptions, Trainer};
use ringshare::nn::{Model, Op, Rounding, Weight, op};
use ringshare::prg::Seed;
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;

use super::{linear, perceptron};
use crate::common::{empty_stores, seeds};

/// What party 1 hears when party 0 ends by an error.
fn told(error: TrainError) -> String {
    let ends =
        Memory::mesh(2, Duration::from_secs(60)).into_iter().zip(empty_stores(&seeds(2, 1))).enumerate();
    let party = |(id, (end, store))| Party::from_parts(Network::new(end, id, 2, 1).unwrap(), store).unwrap();
    let mut parties: Vec<_> = ends.map(party).collect();
    let [zero, one] = &mut parties[..] else { panic!("two parties") };
    zero.abort(&error.into());
    match one.open(&Share::<Z2<8>>::zeros(1)) {
        Err(Error::Net(NetError::Aborted { reason, .. })) => reason,
        found => panic!("{found:?}"),
    }
}

#[test]
fn numbers_of_examples_and_weights_are_told_nobody() {
    let program = Program::new(&perceptron(), TrainOptions::default()).unwrap();
    let [mut pixels, usual] = [[0.25f32; 12]; 2];
    pixels[7] = 300.5;
    let mut weights = perceptron();
    let Op::Linear(fc) = weights.nodes()[0].op.clone() else { panic!("a linear layer") };
    weights = {
        let mut other = Model::new(weights.input());
        for (number, node) in weights.nodes().iter().enumerate() {
            let mut bias = fc.bias.clone();
            bias[3] = 300.5;
            let changed = op::Linear { bias, ..fc.clone() };
            other.push(&node.name, if number == 0 { changed.into() } else { node.op.clone() }).unwrap();
        }
        other
    };
    let errors = [
        (Batch::new(&program, [Some((&pixels[..], 0))]).err().unwrap(), "300.5", "a number of an example"),
        (Batch::new(&program, [Some((&usual[..], 77))]).err().unwrap(), "77", "label of an example"),
        (Trainer::given(program, Some(&weights)).err().unwrap(), "300.5", "fc1"),
    ];
    for (error, number, what) in errors {
        let own = error.to_string();
        assert!(own.contains(number) && own.contains(what), "{own}");
        let told = told(error);
        assert!(!told.contains(number) && told.contains(what), "{told}");
    }
}

#[test]
fn a_cross_entropy_has_as_many_classes_as_its_softmax() {
    let model = |outputs: usize| {
        let mut model = Model::new([1, 1, 1]);
        model.push("fc", linear(1, outputs)).unwrap();
        model
    };
    let with = |loss, outputs| {
        Program::new(&model(outputs), TrainOptions { loss, ..TrainOptions::default() }).map(drop)
    };
    assert_eq!(with(Loss::CrossEntropy, 4096), Ok(()));
    assert_eq!(with(Loss::SquaredError, 4097), Ok(()));
    let error = with(Loss::CrossEntropy, 4097).unwrap_err().to_string();
    assert_eq!(error, "classes of a cross-entropy: expected 1 to 4096, found 4097");
}

/// Their product with the factor of decay has to fit.
#[test]
fn weights_of_the_range_of_values_decay() {
    let options = |weight: u32| {
        let formats = TrainFormats { activation: 1, range: 3, gradient: 2, gradient_range: 2, weight };
        TrainOptions { decay: 0.01, formats, ..TrainOptions::default() }
    };
    assert!(Program::new(&perceptron(), options(44)).is_ok());
    let error = Program::new(&perceptron(), options(45)).err().unwrap().to_string();
    assert!(error.contains("weight decay") && error.contains("expected 4 to"), "{error}");
    // Weights near the end of the range, in the clear, which says what does not fit.
    let mut model = Model::new([1, 1, 2]);
    let weight = Weight::Real(vec![127., -127., 127., -127.]);
    model.push("fc", op::Linear { weight, bias: vec![0.; 2] }).unwrap();
    let options = TrainOptions { decay: 0.9, rounding: Rounding::Floor, ..TrainOptions::default() };
    let mut trainer = Trainer::given(Program::new(&model, options).unwrap(), Some(&model)).unwrap();
    let batch = Batch::new(trainer.program(), [Some((&[0f32, 0.][..], 0))]).unwrap();
    trainer.step(&mut Clear::new(options.rounding, &Seed::from_bytes([1; 16])), batch, 0.125, false).unwrap();
    let Op::Linear(fc) = &trainer.model(&model).unwrap().nodes()[0].op.clone() else {
        panic!("a linear layer")
    };
    let Weight::Real(weights) = &fc.weight else { panic!("real weights") };
    // 127 less the rate times the decay of it.
    assert!(weights.iter().all(|w| (w.abs() - 127. * (1. - 0.9 / 8.)).abs() < 0.1), "{weights:?}");
}

/// A convolution that only looks like the normalisation that it stands for.
#[test]
fn a_model_of_other_layers_of_the_same_shapes() {
    let mut normalised = Model::new([1, 1, 3]);
    normalised.push("fc", linear(3, 3)).unwrap();
    normalised.push("norm", op::Normalise::new(vec![1.; 3], vec![0.; 3])).unwrap();
    let mut other = Model::new([1, 1, 3]);
    other.push("fc", linear(3, 3)).unwrap();
    let window = Window::new([1, 1, 3], [1, 1]);
    let weight = Weight::Real(vec![1.; 3]);
    other.push("norm", op::Convolution { window, groups: 3, weight, bias: vec![0.; 3] }).unwrap();
    for (program, given) in [(&normalised, &other), (&other, &normalised)] {
        let program = Program::new(program, TrainOptions::default()).unwrap();
        let error = Trainer::given(program, Some(given)).err().unwrap().to_string();
        assert!(error.starts_with("norm: expected a"), "{error}");
    }
}

#[test]
fn words_of_another_model() {
    let trainer =
        Trainer::given(Program::new(&perceptron(), TrainOptions::default()).unwrap(), None).unwrap();
    for len in [0, 5, 7] {
        let error = trainer.filled(&perceptron(), &vec![vec![]; len]).unwrap_err().to_string();
        assert!(error.contains("expected 6 vectors of words"), "{error}");
    }
}
