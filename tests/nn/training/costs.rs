//! What the parts of a step cost, as their docs say it: by dry runs of two parties with stochastic rounding.

use ringshare::nn::train::{
    Batch, Loss, Numbers, Optimiser, Program, Secure, TrainOptions, Trainer, inverse_sqrt,
};
use ringshare::nn::{Forecast, Model, Rounding, op};
use ringshare::protocol::{Error, Party};

use super::linear;

/// Rounds, bits that a party sends without headers, and bits from the dealer.
fn cost(program: impl FnOnce(&mut Secure<'_>) -> Result<(), Error>) -> [f64; 3] {
    let mut party = Party::dry(2);
    program(&mut Secure::new(&mut party, Rounding::Stochastic)).unwrap();
    let forecast = Forecast::new(&party.take_dry_run(), 2);
    [forecast.rounds.into(), 8. * forecast.sent_bytes as f64, 8. * forecast.dealer_bytes as f64]
}

/// A step on so many rows.
fn step(model: &Model, optimiser: Optimiser, rows: usize) -> [f64; 3] {
    let options = TrainOptions { optimiser, loss: Loss::SquaredError, ..TrainOptions::default() };
    let mut trainer = Trainer::given(Program::new(model, options).unwrap(), None).unwrap();
    let batch = Batch::new(trainer.program(), (0..rows).map(|_| None::<(&[f32], usize)>)).unwrap();
    cost(|a| trainer.step(a, batch, 0.25, false).map(drop))
}

/// Packing ends with a byte.
fn near(found: [f64; 2], expected: [f64; 2]) {
    assert!((0..2).all(|i| (found[i] - expected[i]).abs() < 1.), "{found:?}, not {expected:?}");
}

fn less(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    core::array::from_fn(|i| a[i] - b[i])
}

#[test]
fn of_an_inverse_square_root() {
    let of = |len: usize| cost(|a| inverse_sqrt(a, &Numbers::zeros(len)).map(drop));
    let (few, many) = (of(1000), of(3000));
    assert_eq!((few[0], many[0]), (18., 18.));
    let [_, sent, dealt] = less(many, few).map(|bits| bits / 2000.);
    near([sent, dealt], [509., 3042.]);
}

#[test]
fn of_a_weight_by_adam() {
    let more = |inputs: usize| {
        let mut model = Model::new([1, 1, inputs]);
        model.push("fc", linear(inputs, 10)).unwrap();
        less(step(&model, Optimiser::Adam { decay: [0.9, 0.999] }, 4), step(&model, Optimiser::Sgd, 4))
    };
    let (few, many) = (more(100), more(300));
    let [_, sent, dealt] = less(many, few).map(|bits| bits / 2000.);
    assert_eq!((few[0], many[0]), (25., 25.));
    near([sent, dealt], [875., 3511.]);
}

#[test]
fn of_a_value_and_a_channel_that_are_normalised() {
    let several = |layers: usize, channels: usize, rows: usize| {
        let with = |layers: usize| {
            let mut model = Model::new([1, 1, 4]);
            model.push("fc1", linear(4, channels)).unwrap();
            for layer in 0..layers {
                let norm = op::Normalise::new(vec![1.; channels], vec![0.; channels]);
                model.push(&format!("norm{layer}"), norm).unwrap();
            }
            model.push("fc2", linear(channels, 3)).unwrap();
            step(&model, Optimiser::Sgd, rows)
        };
        less(with(layers), with(0))
    };
    let more = |channels, rows| several(1, channels, rows);
    let [a, b, c] = [more(100, 64), more(100, 128), more(200, 64)];
    let value = less(b, a).map(|bits| bits / 6400.);
    let channel = core::array::from_fn::<_, 3, _>(|i| less(c, a)[i] / 100. - 64. * value[i]);
    assert_eq!([a, b, c].map(|more| more[0]), [43.; 3]);
    assert_eq!(several(3, 10, 8)[0], 3. * 42. + 1.);
    near([value[1], value[2]], [434., 618.]);
    near([channel[1], channel[2]], [1555., 4146.]);
}
