//! The public program does not tell the weights: with the same formats, models of the same shapes give the same program.

use proptest::prelude::*;
use ringshare::nn::{Format, Formats, Model, Op, Options, QuantiseError, Quantised, Rounding, Weight, op};

use crate::random::Draw;
use crate::redrawn::{SCALES, redrawn};

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_global_rejects: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn models_of_the_same_shapes_and_formats_give_the_same_program(seed: u64, floor: bool) {
        let mut draw = Draw::new(seed);
        let model = draw.model(8);
        let rounding = if floor { Rounding::Floor } else { Rounding::Stochastic };
        let options = Options { bits: Some(20), rounding, ..Options::default() };
        let images = draw.images(&model, 3);
        let found = Quantised::calibrate(&model.simplify(), &images, &options);
        prop_assume!(found.is_ok());
        let found = found.unwrap();
        let found = Quantised::new(&model.simplify(), found.formats(), rounding).unwrap();
        for scales in SCALES {
            let other = redrawn(&model, &mut draw, scales).simplify();
            match Quantised::new(&other, found.formats(), rounding) {
                Ok(other) => prop_assert_eq!(other.public(), found.public(), "{:?}\n{}", scales, &model),
                // Weights that the formats cannot hold give an error at their owner, no other program.
                Err(error) => prop_assert!(matches!(error, QuantiseError::Weight { .. }), "{}", error),
            }
        }
    }
}

/// A normalisation stays where folding it would overflow. That is no way to tell, for such weights fit no format.
#[test]
fn weights_that_would_overflow_give_no_program() {
    for (weight, scale, shift) in [(1e30, 1e30, 0.), (3e38, -2., 0.), (1e-3, 3e38, 0.), (1e30, 1e30, 1e38)] {
        let mut model = Model::new([1, 1, 1]);
        let weight = Op::Linear(op::Linear { weight: Weight::Real(vec![weight]), bias: vec![1e6] });
        model.push("fc", weight).unwrap();
        model.push("norm", op::Normalise::new(vec![scale], vec![shift])).unwrap();
        let simple = model.simplify();
        assert_eq!(simple.nodes().len(), 2);
        let format = Format { fraction: 0, bits: 63 };
        let formats = Formats { input: format, layers: vec![format; 2] };
        let error = Quantised::new(&simple, &formats, Rounding::Floor).unwrap_err();
        assert!(matches!(error, QuantiseError::Weight { .. }), "{error}");
        let error = Quantised::calibrate(&simple, &[1., 0.5], &Options::default()).unwrap_err();
        assert!(matches!(error, QuantiseError::Range { .. }), "{error}");
    }
}
