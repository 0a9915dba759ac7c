//! The inverse square root and Adam, against real numbers.

use ringshare::nn::train::{
    Batch, Clear, INVERSE_SQRT_ERROR, INVERSE_SQRT_FRACTION, Loss, Numbers, Optimiser, Program, Secure,
    TrainOptions, Trainer, inverse_sqrt,
};
use ringshare::nn::{Model, Rounding, op};
use ringshare::prg::Seed;
use ringshare::sim::Simulation;

use super::{convolutional, examples, linear, perceptron, signed, state_id, step_is_the_twins};

const ADAM: Optimiser = Optimiser::Adam { decay: [0.9, 0.999] };

fn clear(rounding: Rounding) -> Clear {
    Clear::new(rounding, &Seed::from_bytes([5; 16]))
}

/// Numbers of all lengths: around powers of two, and between.
fn magnitudes() -> Vec<u64> {
    let mut all: Vec<u64> = (0..2100).collect();
    for length in 11..=38u32 {
        let power = 1u64 << length;
        all.extend((1..=20).map(|below| power - below));
        all.extend((1..40u64).map(|part| power / 2 + part * (power / 80)));
    }
    all
}

#[test]
fn inverse_square_roots_of_all_magnitudes_are_within_their_error() {
    let one = f64::from(INVERSE_SQRT_FRACTION).exp2();
    let all = magnitudes();
    for (rounding, error) in
        [(Rounding::Floor, INVERSE_SQRT_ERROR), (Rounding::Stochastic, 2. * INVERSE_SQRT_ERROR)]
    {
        let r = inverse_sqrt(&mut clear(rounding), &Numbers::from_words(all.clone())).unwrap();
        for (x, r) in all.iter().zip(r.expose()) {
            let exact = one / (*x as f64 + 1.).sqrt();
            let off = (*r as f64 / exact - 1.).abs();
            assert!(off <= error, "{x}: {r}, not {exact}, by {rounding:?}");
        }
    }
}

#[test]
fn inverse_square_roots_of_parties_are_the_twins() {
    let all = magnitudes();
    let expected = inverse_sqrt(&mut clear(Rounding::Floor), &Numbers::from_words(all.clone())).unwrap();
    for parties in [2, 3] {
        let run = Simulation::new(parties).run(|party| {
            let x = party.input(0, all.len(), (party.id() == 0).then_some(&all))?;
            let r = inverse_sqrt(&mut Secure::new(party, Rounding::Floor), &x)?;
            party.open(&r)
        });
        assert!(run.unwrap().outputs.iter().all(|found| found == expected.expose()));
    }
}

#[test]
fn a_step_by_adam_is_the_twins() {
    let options = TrainOptions { optimiser: ADAM, ..TrainOptions::default() };
    step_is_the_twins(&perceptron(), options);
    step_is_the_twins(&convolutional(), options);
    let optimiser = Optimiser::Adam { decay: [0.5, 0.9] };
    let options = TrainOptions { optimiser, decay: 0.01, clip: Some(0.125), ..TrainOptions::default() };
    step_is_the_twins(&perceptron(), options);
}

/// Adam in 64-bit floats, of one vector.
#[derive(Default)]
struct Float {
    m: Vec<f64>,
    v: Vec<f64>,
    steps: i32,
}

impl Float {
    fn update(&mut self, w: &mut [f64], h: &[f64], rate: f64) {
        self.m.resize(w.len(), 0.);
        self.v.resize(w.len(), 0.);
        self.steps += 1;
        let corrections = [0.9f64, 0.999].map(|decay| 1. - decay.powi(self.steps));
        for (((w, h), m), v) in w.iter_mut().zip(h).zip(&mut self.m).zip(&mut self.v) {
            *m += 0.1 * (h - *m);
            *v += 0.001 * (h * h - *v);
            *w -= rate * (*m / corrections[0]) / (*v / corrections[1] + (-32f64).exp2()).sqrt();
        }
    }
}

fn regression() -> Model {
    let mut model = Model::new([1, 1, 6]);
    model.push("fc", linear(6, 4)).unwrap();
    model
}

fn weights(trainer: &Trainer) -> Vec<f64> {
    let unit = (-f64::from(trainer.program().options().formats.weight)).exp2();
    trainer.shares().flat_map(|share| share.expose()).map(|word| signed(*word) as f64 * unit).collect()
}

#[test]
fn updates_by_adam_follow_those_in_floating_point() {
    let (model, rows) = (regression(), 7);
    let (floor, stochastic) = (Rounding::Floor, Rounding::Stochastic);
    for (rounding, rate, steps) in [
        (floor, 0.001, 20),
        (stochastic, 0.001, 20),
        (floor, 0.02, 20),
        (floor, 1e-6, 20),
        (stochastic, 1e-5, 20),
        (floor, 1., 4),
    ] {
        let options =
            TrainOptions { loss: Loss::SquaredError, optimiser: ADAM, rounding, ..TrainOptions::default() };
        let mut trainer = Trainer::given(Program::new(&model, options).unwrap(), Some(&model)).unwrap();
        let all = examples(&model, rows);
        let mut w = weights(&trainer);
        let (mut float, mut clear) = (Float::default(), clear(rounding));
        for _ in 0..steps {
            let batch = all.iter().map(|(x, label)| Some((&x[..], *label)));
            let batch = Batch::new(trainer.program(), batch).unwrap();
            trainer.step(&mut clear, batch, rate, false).unwrap();
            let mut h = vec![0.; w.len()];
            for (x, label) in &all {
                for class in 0..4 {
                    let row = &w[6 * class..][..6];
                    let x: Vec<f64> = x.iter().map(|x| (f64::from(*x) * 256.).round() / 256.).collect();
                    let z: f64 = row.iter().zip(&x).map(|(w, x)| w * x).sum::<f64>() + w[24 + class];
                    let g = (z - f64::from(u8::from(class == *label))) / rows as f64;
                    x.iter().enumerate().for_each(|(i, x)| h[6 * class + i] += g * x);
                    h[24 + class] += g;
                }
            }
            float.update(&mut w, &h, rate);
        }
        // In units of the longest way that a weight can go.
        let way = rate * f64::from(steps);
        let off = weights(&trainer).iter().zip(&w).map(|(a, b)| (a - b).abs() / way).fold(0., f64::max);
        let most = if rounding == Rounding::Floor { 0.01 } else { 2. * INVERSE_SQRT_ERROR };
        assert!(off <= most, "off by {off} of the way by {rounding:?}, rate {rate}");
    }
}

#[test]
fn adam_takes_the_usual_rates_and_refuses_what_does_not_fit() {
    let model = regression();
    let options = |decay| TrainOptions { optimiser: Optimiser::Adam { decay }, ..TrainOptions::default() };
    let program = Program::new(&model, options([0.9, 0.999])).unwrap();
    for rows in [1, 100, 4096] {
        let [least, most] = program.rates(rows);
        assert!(least < 1e-6 && most >= 0.1);
    }
    assert!(Program::new(&model, options([0.9, 0.7])).is_err(), "β₁² above β₂");
    assert!(Program::new(&model, options([0.9, 1.])).is_err());
}

#[test]
fn training_by_adam_goes_on_from_bytes() {
    let model = perceptron();
    let options = TrainOptions { optimiser: ADAM, rounding: Rounding::Floor, ..TrainOptions::default() };
    let program = || Program::new(&model, options).unwrap();
    let all = examples(&model, 5);
    let mut clear = clear(Rounding::Floor);
    let mut trainer = Trainer::given(program(), Some(&model)).unwrap();
    let mut step = |trainer: &mut Trainer| {
        let batch = all.iter().map(|(x, label)| Some((&x[..], *label)));
        let batch = Batch::new(trainer.program(), batch).unwrap();
        trainer.step(&mut clear, batch, 0.01, false).unwrap();
    };
    step(&mut trainer);
    step(&mut trainer);
    let id = state_id(&program(), 2);
    let bytes = trainer.to_bytes(&id);
    let mut restored = Trainer::from_bytes(program(), &bytes, &id).unwrap();
    step(&mut trainer);
    step(&mut restored);
    assert_eq!(weights(&trainer), weights(&restored));
}

#[test]
fn parties_that_round_stochastically_stay_near_the_twin() {
    let (model, steps, rate) = (regression(), 5, 0.01);
    let options = |rounding| TrainOptions {
        loss: Loss::SquaredError,
        optimiser: ADAM,
        rounding,
        ..TrainOptions::default()
    };
    let program = |rounding| Program::new(&model, options(rounding));
    let all = examples(&model, 6);
    let mut twin = Trainer::given(program(Rounding::Floor).unwrap(), Some(&model)).unwrap();
    for _ in 0..steps {
        let batch = all.iter().map(|(x, label)| Some((&x[..], *label)));
        let batch = Batch::new(twin.program(), batch).unwrap();
        twin.step(&mut clear(Rounding::Floor), batch, rate, false).unwrap();
    }
    let expected = weights(&twin);
    for parties in [2, 3] {
        let run = Simulation::new(parties).run(|party| {
            let own = party.id() == 0;
            let mut trainer = Trainer::given(program(Rounding::Stochastic)?, own.then_some(&model))?;
            for _ in 0..steps {
                let batch = all.iter().map(|(x, label)| own.then_some((&x[..], *label)));
                let batch = Batch::new(trainer.program(), batch)?;
                trainer.step(&mut Secure::new(party, Rounding::Stochastic), batch, rate, false)?;
            }
            trainer.shares().map(|x| party.open(x)).collect::<Result<Vec<_>, _>>()
        });
        let unit = (-34f64).exp2();
        let found = run.unwrap().outputs.remove(0).concat();
        let off = |(word, w): (&u64, &f64)| (signed(*word) as f64 * unit - w).abs();
        let off = found.iter().zip(&expected).map(off).fold(0., f64::max);
        assert!(off <= 0.03 * rate * f64::from(steps), "off by {off} of {parties} parties");
    }
}

#[test]
fn a_gradient_beyond_its_range_is_an_error_of_the_twin_unless_it_is_clipped() {
    let mut model = Model::new([1, 1, 1]);
    let weight = ringshare::nn::Weight::Real(vec![1., 0.5]);
    model.push("fc", op::Linear { weight, bias: vec![0.; 2] }).unwrap();
    let step = |clip| {
        let options =
            TrainOptions { loss: Loss::SquaredError, optimiser: ADAM, clip, ..TrainOptions::default() };
        let mut trainer = Trainer::given(Program::new(&model, options).unwrap(), Some(&model)).unwrap();
        let batch = Batch::new(trainer.program(), [Some((&[4f32][..], 0))]).unwrap();
        trainer.step(&mut clear(Rounding::Floor), batch, 0.01, false)
    };
    assert!(step(None).is_err(), "12, of a limit of 8");
    assert!(step(Some(7.)).is_ok());
}
