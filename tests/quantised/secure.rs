//! Calibrated models among parties.

use ringshare::nn::{Options, Quantised, Rounding, Sequential, Weights};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::sim::Simulation;

use crate::random::Draw;

/// The opened results of two parties, in the word's full width.
fn open<R: Ring>(model: &Quantised, x: &[i64]) -> Vec<i64> {
    let rows = x.len() / model.architecture().inputs();
    let run = Simulation::new(2).seed(7).run(|party| {
        let own = (party.id() == 0).then_some(model as &dyn Weights<R::Word>);
        let shared = Sequential::<R>::share(party, 0, model.architecture(), own)?;
        let prepared = shared.prepare(party, rows)?;
        let words: Vec<R::Word> = x.iter().map(|&x| R::Word::from_signed(x.into())).collect();
        let x = party.input::<R>(1, words.len(), (party.id() == 1).then_some(&words))?;
        let out = shared.forward(party, prepared, x)?;
        party.open(&out)
    });
    let bits = model.architecture().bits_out();
    run.unwrap().outputs[0].iter().map(|word| word.signed(bits) as i64).collect()
}

#[test]
fn parties_compute_the_reference() {
    let mut rings = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let mut draw = Draw::new(9000 + seed);
        let model = draw.model(5);
        let images = draw.images(&model, 3);
        let options = Options {
            bits: Some([11, 14, 18, 34][seed as usize % 4]),
            rounding: Rounding::Floor,
            ..Options::default()
        };
        let Ok(quantised) = Quantised::calibrate(&model, &images, &options) else { continue };
        let x = quantised.encode(&images).unwrap();
        let expected = quantised.reference(&x).unwrap();
        rings.insert(quantised.ring());
        let found = match quantised.ring() {
            16 => open::<Z2<16>>(&quantised, &x),
            32 => open::<Z2<32>>(&quantised, &x),
            _ => open::<Z2<64>>(&quantised, &x),
        };
        assert_eq!(found, expected, "seed {seed}\n{quantised}");
    }
    assert_eq!(rings.into_iter().collect::<Vec<_>>(), [16, 32, 64]);
}
