//! What is refused.

use ringshare::linalg::Window;
use ringshare::nn::{Architecture, Layer, Sequential, Weights, step};
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;
use ringshare::sim::Simulation;

use super::plain::Plain;
use crate::common::Random;

type R = Z2<16>;

fn linear() -> Architecture {
    Architecture::new(vec![Layer::Linear(step::Linear { inputs: 4, outputs: 2, bits: 9 })], 16).unwrap()
}

/// The message of a run that fails.
fn refused(f: impl Fn(&mut Party, &Plain) -> Result<(), Error> + Sync) -> String {
    let weights = Plain::random(linear().layers(), 3, &mut Random(1));
    Simulation::new(2).run(|party| f(party, &weights)).unwrap_err().to_string()
}

fn model(party: &mut Party, weights: &Plain) -> Result<Sequential<R>, Error> {
    let own: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(weights) } else { None };
    Sequential::share(party, 0, &linear(), own)
}

fn input(party: &mut Party, len: usize) -> Result<ringshare::share::Share<R>, Error> {
    party.input(1, len, (party.id() == 1).then_some(&vec![1; len]))
}

#[test]
fn a_batch_prepared_for_other_rows_is_refused() {
    let error = refused(|party, weights| {
        let model = model(party, weights)?;
        let prepared = model.prepare(party, 2)?;
        assert_eq!(prepared.rows(), 2);
        let x = input(party, 12)?;
        model.forward(party, prepared, x).map(drop)
    });
    assert!(error.contains("input: expected 8, found 12"), "{error}");
}

#[test]
fn a_batch_prepared_for_another_model_is_refused() {
    // Of another matrix.
    let error = refused(|party, weights| {
        let [one, other] = [model(party, weights)?, model(party, weights)?];
        let prepared = one.prepare(party, 1)?;
        let x = input(party, 4)?;
        other.forward(party, prepared, x).map(drop)
    });
    assert!(error.contains("prepared for matrix 0, found matrix 1"), "{error}");
    // Of public weights, and the other way round.
    let error = refused(|party, weights| {
        let [one, other] = [model(party, weights)?, Sequential::public(&linear(), weights)?];
        let prepared = other.prepare(party, 1)?;
        let x = input(party, 4)?;
        one.forward(party, prepared, x).map(drop)
    });
    assert!(error.contains("prepared batch: expected 1, found 0"), "{error}");
    let error = refused(|party, weights| {
        let [one, other] = [model(party, weights)?, Sequential::public(&linear(), weights)?];
        let prepared = one.prepare(party, 1)?;
        let x = input(party, 4)?;
        other.forward(party, prepared, x).map(drop)
    });
    assert!(error.contains("prepared batch: expected 0, found 1"), "{error}");
    // Of another number of layers.
    let error = refused(|party, weights| {
        let none = Architecture::with_inputs(4, vec![Layer::Sign(step::Sign { bits: 8 })], 16).unwrap();
        let [one, other] = [model(party, weights)?, Sequential::public(&none, weights)?];
        let prepared = other.prepare(party, 1)?;
        let x = input(party, 4)?;
        one.forward(party, prepared, x).map(drop)
    });
    assert!(error.contains("products of a prepared batch: expected 1, found 0"), "{error}");
}

#[test]
fn an_architecture_for_another_ring_is_refused() {
    let other =
        Architecture::new(vec![Layer::Linear(step::Linear { inputs: 4, outputs: 2, bits: 9 })], 14).unwrap();
    let error = refused(|party, weights| {
        let own: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(weights) } else { None };
        Sequential::<R>::share(party, 0, &other, own).map(drop)
    });
    assert!(error.contains("ring width of the architecture: expected 16 to 16, found 14"), "{error}");
}

#[test]
fn a_batch_of_more_rows_than_can_be_counted_is_refused() {
    let window = Window::new([64, 64, 1], [64, 64]);
    let layers = vec![Layer::Convolution(step::Convolution { window, outputs: 2, groups: 1, bits: 9 })];
    let architecture = Architecture::new(layers, 16).unwrap();
    let mut party = Party::dry(2);
    let model = Sequential::<R>::share(&mut party, 0, &architecture, None).unwrap();
    for rows in [usize::MAX, usize::MAX / 4096, usize::MAX / (1 << 16)] {
        let error = model.prepare(&mut party, rows).map(drop).unwrap_err().to_string();
        assert!(error.contains("rows of a batch"), "{error}");
    }
}

#[test]
fn weights_of_the_wrong_party_are_refused() {
    let error = refused(|party, weights| {
        let own: Option<&dyn Weights<u16>> = if party.id() == 1 { Some(weights) } else { None };
        Sequential::<R>::share(party, 0, &linear(), own).map(drop)
    });
    assert!(error.contains("input"), "{error}");
}
