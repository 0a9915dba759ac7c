//! Trained networks on shares, kept and served.

use ringshare::nn::train::{Batch, Program, Secure, Serving, TrainFormats, TrainOptions, Trainer};
use ringshare::nn::{Input, Model, Op, Rounding, Sequential, Weight, Weights, op};
use ringshare::offline::{SessionTag, StateId};
use ringshare::ring::{Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

use super::{binarized, convolutional, examples, perceptron};

/// Trains some steps, keeps every party's share as bytes, and serves it in another session without revealing it.
fn serves(model: &Model, input: Input, rows: usize) {
    let options = TrainOptions { rounding: Rounding::Floor, ..TrainOptions::default() };
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
        let mut trainer = Trainer::given(Program::new(model, options)?, own.then_some(model))?;
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
    let program = || Program::new(model, options).unwrap();
    let serving = Serving::new(&program(), model, 12, Rounding::Floor, input).unwrap();
    let public = serving.public();
    assert_eq!(public.ring(), 32);
    let x: Vec<u32> = public.encode(&pixels).unwrap().into_iter().map(|x| x as u32).collect();
    let run = Simulation::new(3).run(|party| {
        let me = party.id();
        let trainer = Trainer::from_bytes(program(), &outputs[me].0, &id(me, program().digest())).unwrap();
        let shares = trainer.serve::<Z2<32>>(party, &serving)?;
        let served = Sequential::<Z2<32>>::of_shares(party, public.architecture(), Some(&shares))?;
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
    serves(&perceptron(), Input::Scaled { scale: 1., shift: 0. }, 5);
    serves(&convolutional(), Input::Scaled { scale: 1., shift: 0. }, 3);
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
