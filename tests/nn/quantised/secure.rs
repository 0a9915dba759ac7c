//! Calibrated models among parties.

use ringshare::nn::{Format, Formats, Model, Op, Quantised, Rounding, Sequential, Weight, Weights, op};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::sim::Simulation;

use super::values::options;
use crate::random::Draw;

/// The opened results of parties, in the word's full width.
pub(crate) fn open<R: Ring>(parties: usize, model: &Quantised, x: &[i64]) -> Vec<i64> {
    let rows = x.len() / model.architecture().inputs();
    let run = Simulation::new(parties).seed(7).run(|party| {
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

/// As [`open`], in the model's own ring.
pub(crate) fn open_in_its_ring(parties: usize, model: &Quantised, x: &[i64]) -> Vec<i64> {
    match model.ring() {
        16 => open::<Z2<16>>(parties, model, x),
        32 => open::<Z2<32>>(parties, model, x),
        _ => open::<Z2<64>>(parties, model, x),
    }
}

/// Checks that two and three parties find the reference's results on images, in rings of 32 and of 64 bits.
pub(crate) fn agree(model: &Model, images: &[f32]) {
    for (bits, ring) in [(22, 32), (34, 64)] {
        let fixed = Quantised::calibrate(model, images, &options(bits, Rounding::Floor)).unwrap();
        assert_eq!(fixed.ring(), ring, "{fixed}");
        let x = fixed.encode(images).unwrap();
        let expected = fixed.reference(&x).unwrap();
        for parties in [2, 3] {
            assert_eq!(open_in_its_ring(parties, &fixed, &x), expected, "{parties} parties\n{fixed}");
        }
    }
}

#[test]
fn parties_compute_the_reference() {
    let mut rings = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let mut draw = Draw::new(9000 + seed);
        let model = draw.model(5);
        let images = draw.images(&model, 3);
        let options = options([11, 14, 18, 34][seed as usize % 4], Rounding::Floor);
        let Ok(quantised) = Quantised::calibrate(&model, &images, &options) else { continue };
        let x = quantised.encode(&images).unwrap();
        let expected = quantised.reference(&x).unwrap();
        rings.insert(quantised.ring());
        assert_eq!(open_in_its_ring(2, &quantised, &x), expected, "seed {seed}\n{quantised}");
    }
    assert_eq!(rings.into_iter().collect::<Vec<_>>(), [16, 32, 64]);
}

#[test]
fn parties_clip_to_where_no_value_is() {
    for (low, high) in [(50., 60.), (-60., -50.)] {
        let mut model = Model::new([1, 1, 1]);
        let linear = |w| Op::Linear(op::Linear { weight: Weight::Real(vec![w]), bias: vec![0.] });
        model.push("first", linear(0.5)).unwrap();
        model.push("clip", op::Clip { low, high }).unwrap();
        model.push("second", linear(0.25)).unwrap();
        let layers = [[4, 7], [4, 12], [6, 14]].map(|[fraction, bits]| Format { fraction, bits });
        let formats = Formats { input: Format { fraction: 3, bits: 6 }, layers: layers.to_vec() };
        let quantised = Quantised::new(&model, &formats, Rounding::Floor).unwrap();
        let x: Vec<i64> = (-32..32).collect();
        let wanted = if low > 0. { 800 } else { -800 };
        assert_eq!(quantised.reference(&x).unwrap(), [wanted; 64]);
        assert_eq!(open::<Z2<16>>(2, &quantised, &x), [wanted; 64], "{quantised}");
    }
}
