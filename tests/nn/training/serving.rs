//! Trained networks on shares, kept and served.

use ringshare::linalg::Window;
use ringshare::nn::train::{Batch, Program, Secure, Serving, TrainFormats, TrainOptions, Trainer};
use ringshare::nn::{Forecast, Input, Model, Op, Rounding, Sequential, Weight, Weights, op};
use ringshare::offline::{SessionTag, StateId};
use ringshare::protocol::Party;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

use super::normalise::{self, with_statistics};
use super::{binarized, convolution, convolutional, examples, linear, perceptron, reals};

/// Trains some steps, keeps every party's share as bytes, and serves it in another session without revealing it.
fn serves<R: Ring>(model: &Model, tuned: fn(&str) -> bool, rows: usize) {
    let input = Input::Scaled { scale: 1., shift: 0. };
    let options = TrainOptions { rounding: Rounding::Floor, ..TrainOptions::default() };
    let program = || Program::tuning(model, options, &tuned).unwrap();
    let all = examples(model, rows);
    let pixels: Vec<f32> = all.iter().flat_map(|(x, _)| x.clone()).collect();
    let id = |party: usize, digest: [u8; 32]| StateId {
        session: SessionTag([7; 16]),
        party,
        parties: 3,
        model: digest,
        number: 2,
    };
    let run = Simulation::new(3).run(|party| {
        let own = party.id() == 1;
        let mut trainer = Trainer::given(program(), own.then_some(model))?;
        for _ in 0..2 {
            let rows = all.iter().map(|(x, label)| own.then_some((&x[..], *label)));
            let batch = Batch::new(trainer.program(), rows)?;
            trainer.step(&mut Secure::new(party, Rounding::Floor), batch, 0.05, false)?;
        }
        let revealed = trainer.reveal(party, model, 0)?;
        let bytes = trainer.to_bytes(&id(party.id(), trainer.program().digest()));
        Ok((bytes, revealed))
    });
    let mut outputs = run.unwrap().outputs;
    assert!(outputs[1].1.is_none() && outputs[2].1.is_none());
    let revealed = outputs[0].1.take().unwrap();
    let serving = Serving::new(&program(), model, 12, Rounding::Floor, input).unwrap();
    let public = serving.public();
    assert_eq!(public.ring(), R::BITS);
    let x = public.encode(&pixels).unwrap();
    let x: Vec<R::Word> = x.into_iter().map(|x| R::Word::from_signed(x.into())).collect();
    let run = Simulation::new(3).run(|party| {
        let me = party.id();
        let trainer = Trainer::from_bytes(program(), &outputs[me].0, &id(me, program().digest())).unwrap();
        let shares = trainer.serve::<R>(party, &serving)?;
        let served = Sequential::<R>::of_shares(party, public.architecture(), Some(&shares))?;
        let prepared = served.prepare(party, rows)?;
        let x = party.input(2, x.len(), (me == 2).then_some(&x[..]))?;
        let z = served.forward(party, prepared, x)?;
        party.open_modulo(&z, served.bits_out())
    });
    let z: Vec<i64> =
        run.unwrap().outputs[1].iter().map(|z| z.signed(public.architecture().bits_out()) as i64).collect();
    let (served, expected) = (public.decode(&z), revealed.forward(&pixels));
    for (a, b) in served.iter().zip(&expected) {
        assert!((a - b).abs() < 0.05, "{a} for {b}");
    }
    // A share of another party, step or program is none.
    let other = StateId { number: 3, ..id(0, program().digest()) };
    for (bytes, id) in [(&outputs[1].0, id(0, program().digest())), (&outputs[0].0, other)] {
        assert!(Trainer::from_bytes(program(), bytes, &id).is_err());
    }
    let changed = TrainOptions { decay: 0.5, ..options };
    let other = Program::new(model, changed).unwrap();
    let found = Trainer::from_bytes(other, &outputs[0].0, &id(0, program().digest()));
    assert!(found.err().unwrap().to_string().contains("model"));
}

#[test]
fn a_trained_network_is_kept_and_serves_without_being_revealed() {
    serves::<Z2<32>>(&perceptron(), |_| true, 5);
    serves::<Z2<32>>(&convolutional(), |_| true, 3);
}

/// A normalisation behind a linear layer, whose own result something else takes, too, where `is_added`.
fn normalised(is_added: bool) -> Model {
    let mut model = Model::new([1, 1, 12]);
    model.push("fc1", linear(12, 9)).unwrap();
    let scale = reals(9, 0.5).iter().map(|x| x + 1.).collect();
    model.push("norm", op::Normalise::new(scale, reals(9, 0.5))).unwrap();
    let next = if is_added { op::Add { layer: "fc1".into() }.into() } else { Op::from(op::Relu) };
    model.push("next", next).unwrap();
    model.push("fc2", linear(9, 4)).unwrap();
    with_statistics(&model)
}

/// Behind a ReLU and in front of a maximum there is nothing to fold it into.
fn between() -> Model {
    let mut model = Model::new([8, 8, 1]);
    model.push("conv", convolution([8, 8, 1], 4, 1, 1, 0)).unwrap();
    model.push("relu", op::Relu).unwrap();
    let scale = vec![1., -0.75, 0.5, 1.25];
    model.push("norm", op::Normalise::new(scale, reals(4, 0.5))).unwrap();
    model
        .push("pool", op::MaxPool { window: Window { stride: [2; 2], ..Window::new([6, 6, 4], [2; 2]) } })
        .unwrap();
    model.push("flatten", op::Flatten).unwrap();
    model.push("fc", linear(36, 3)).unwrap();
    with_statistics(&model)
}

#[test]
fn a_network_with_normalisations_serves_without_being_revealed() {
    serves::<Z2<32>>(&normalised(false), |_| true, 12);
    serves::<Z2<64>>(&normalised(true), |_| true, 12);
    serves::<Z2<64>>(&between(), |_| true, 3);
    serves::<Z2<64>>(&with_statistics(&normalise::convolutional()), |_| true, 6);
    // One that is not trained is a layer of its own.
    serves::<Z2<64>>(&normalised(false), |name| name != "norm", 12);
    serves::<Z2<32>>(&normalised(false), |name| name != "fc1", 12);
}

/// What is folded on shares is what is folded of the revealed model: to 2^−10 of a weight, and a unit of 2^−12 at most.
#[test]
fn weights_with_a_normalisation_folded_in_are_right() {
    let model = normalised(false);
    let input = Input::Scaled { scale: 1., shift: 0. };
    for (parties, rounding) in [(2, Rounding::Stochastic), (3, Rounding::Stochastic), (2, Rounding::Floor)] {
        let options = TrainOptions { rounding, ..TrainOptions::default() };
        let program = || Program::new(&model, options).unwrap();
        let serving = Serving::new(&program(), &model, 12, rounding, input).unwrap();
        let run = Simulation::new(parties).run(|party| {
            let trainer = Trainer::given(program(), (party.id() == 1).then_some(&model))?;
            let served = trainer.serve::<Z2<32>>(party, &serving)?;
            let mut all = Vec::new();
            for row in 0..9 {
                let mut words = vec![0; 12];
                served.row(0, row, &mut words);
                all.extend(party.open(&Share::<Z2<32>>::from_words(words))?);
            }
            let mut words = vec![0; 9];
            served.bias(0, &mut words);
            Ok((all, party.open(&Share::<Z2<32>>::from_words(words))?))
        });
        let (weights, biases) = run.unwrap().outputs.remove(0);
        let simple = model.simplify();
        let Op::Linear(op::Linear { weight: Weight::Real(weight), bias }) = &simple.nodes()[0].op else {
            panic!()
        };
        for (found, expected) in weights.iter().zip(weight) {
            let (found, unit) = (f64::from(*found as i32), 4096.);
            let (off, most) = ((found / unit - f64::from(*expected)).abs(), 1. / unit);
            assert!(off <= most + f64::from(expected.abs()) / 1024., "{found} / 4096 for {expected}");
        }
        for (found, expected) in biases.iter().zip(bias) {
            let found = f64::from(*found as i32) / f64::from(1 << 20);
            assert!((found - f64::from(*expected)).abs() <= 0.004, "{found} for {expected}");
        }
    }
}

/// Signs of latent weights that take nearly all of the ring.
#[test]
fn a_network_of_signs_serves_by_the_finest_weights() {
    let formats = TrainFormats { activation: 1, range: 3, gradient: 2, gradient_range: 2, weight: 46 };
    let options = TrainOptions { formats, ..TrainOptions::default() };
    let model = binarized();
    let program = || Program::new(&model, options).unwrap();
    let input = Input::Scaled { scale: 1., shift: 0. };
    let serving = Serving::new(&program(), &model, 12, Rounding::Floor, input).unwrap();
    let run = Simulation::new(2).run(|party| {
        let trainer = Trainer::given(program(), (party.id() == 1).then_some(&model))?;
        let served = trainer.serve::<Z2<32>>(party, &serving)?;
        let rows = (0..16).map(|row| {
            let mut words = vec![0; 20];
            served.row(0, row, &mut words);
            party.open(&Share::<Z2<32>>::from_words(words))
        });
        Ok((rows.collect::<Result<Vec<_>, _>>()?, trainer.reveal(party, &model, 0)?))
    });
    let outputs = run.unwrap().outputs;
    let revealed = outputs[0].1.as_ref().unwrap().nodes().first().unwrap();
    let Op::Linear(op::Linear { weight: Weight::Signs(bytes), .. }) = &revealed.op else { panic!("signs") };
    for (row, bytes) in outputs[1].0.iter().zip(bytes.chunks(3)) {
        for (i, word) in row.iter().enumerate() {
            let expected = if bytes[i / 8] >> (7 - i % 8) & 1 == 1 { 1 } else { u32::MAX };
            assert_eq!(*word, expected, "weight {i}");
        }
    }
}

/// What the normalisations of a network add to serving, as the docs have it: rounds, and bytes from each of two parties.
#[test]
fn folding_costs_what_it_is_said_to() {
    let cost = |with: bool, inputs: usize| {
        let mut model = Model::new([1, 1, inputs]);
        model.push("fc1", linear(inputs, 100)).unwrap();
        if with {
            model.push("norm", op::Normalise::new(vec![1.; 100], vec![0.; 100])).unwrap();
        }
        model.push("relu", op::Relu).unwrap();
        model.push("fc2", linear(100, 4)).unwrap();
        let program = || Program::new(&model, TrainOptions::default()).unwrap();
        let input = Input::Scaled { scale: 1., shift: 0. };
        let serving = Serving::new(&program(), &model, 12, Rounding::Stochastic, input).unwrap();
        let mut party = Party::dry(2);
        Trainer::given(program(), None).unwrap().serve::<Z2<32>>(&mut party, &serving).unwrap();
        let forecast = Forecast::new(&party.take_dry_run(), 2);
        (forecast.rounds, forecast.sent_bytes)
    };
    let more = |inputs: usize| {
        let ((rounds, sent), (without, less)) = (cost(true, inputs), cost(false, inputs));
        assert_eq!(rounds - without, 33);
        (sent - less) as f64
    };
    let (few, many) = (more(50), more(100));
    let weight = (many - few) / 5000.;
    let channel = (few - 5000. * weight) / 100.;
    assert!(weight <= 17. && channel <= 180., "{weight} bytes a weight, {channel} a channel");
}
