//! The public program does not tell the weights: with the same formats, models of the same shapes give the same program.

use proptest::prelude::*;
use ringshare::nn::{Options, QuantiseError, Quantised, Rounding};

use crate::random::Draw;
use crate::redrawn::{SCALES, redrawn};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_global_rejects: 20_000, ..ProptestConfig::default() })]

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
