//! The reference against plain loops.

use ringshare::nn::{Model, Op, Options, QuantiseError, Quantised, Rounding, op};

use super::naive;
use crate::random::Draw;

/// Options of a calibration that asks for no agreement.
fn at(bits: u32, rounding: Rounding) -> Options {
    Options { bits: Some(bits), rounding, ..Options::default() }
}

/// A random model whose layers fit together.
fn calibrated(draw: &mut Draw, layers: usize, options: &Options) -> Option<(Quantised, Vec<f32>)> {
    let model = draw.model(layers);
    let images = draw.images(&model, 20);
    match Quantised::calibrate(&model, &images, options) {
        Ok(quantised) => Some((quantised, images)),
        // A result of no range to speak of leaves no bits, and that is said.
        Err(QuantiseError::Range { .. } | QuantiseError::Bits { .. } | QuantiseError::Fraction { .. }) => {
            None
        }
        Err(error) => panic!("{model}: {error}"),
    }
}

#[test]
fn the_reference_is_that_of_plain_loops() {
    let mut done = 0;
    for seed in 0..200 {
        let mut draw = Draw::new(seed);
        let bits = [12, 16, 20, 33][seed as usize % 4];
        let Some((model, images)) = calibrated(&mut draw, 7, &at(bits, Rounding::Floor)) else { continue };
        done += 1;
        let x = model.encode(&images).unwrap();
        let outputs = model.reference(&x).expect("no overflow on what was calibrated on");
        let plain: Vec<i64> =
            x.chunks(model.architecture().inputs()).flat_map(|image| naive::run(&model, image)).collect();
        assert_eq!(outputs, plain, "seed {seed}\n{model}");
    }
    assert!(done > 150, "{done} of 200 models could be calibrated");
}

#[test]
fn stochastic_rounding_stays_within_the_bounds() {
    let mut moved = 0;
    for seed in 0..200 {
        let mut draw = Draw::new(1000 + seed);
        let Some((model, images)) = calibrated(&mut draw, 6, &at(20, Rounding::Stochastic)) else { continue };
        let x = model.encode(&images).unwrap();
        let nearest = model.reference(&x).unwrap();
        let bounds = model.bounds();
        // Always up, and up or down at random.
        for luck in [u64::MAX, 1] {
            let mut round = |x: i64, shift: u32| {
                let rest = x & ((1 << shift) - 1);
                let c = (draw.random.next() & luck.wrapping_shr(1)) as i64 & ((1 << shift) - 1);
                (x >> shift) + i64::from(if luck == 1 { c < rest } else { rest > 0 })
            };
            let Ok(outputs) = model.reference_with(&x, &mut round) else { continue };
            for (i, (a, b)) in outputs.iter().zip(&nearest).enumerate() {
                let bound = bounds[i % bounds.len()];
                assert!(a.abs_diff(*b) as f64 <= bound, "seed {seed}, {a} for {b} ± {bound}\n{model}");
                moved += usize::from(a != b);
            }
        }
    }
    assert!(moved > 0);
}

#[test]
fn a_truncation_shows_in_the_bounds() {
    let mut model = Model::new([1, 1, 1]);
    let linear =
        || Op::Linear(op::Linear { weight: ringshare::nn::Weight::Real(vec![0.3]), bias: vec![0.1] });
    model.push("a", linear()).unwrap();
    model.push("relu", op::Relu).unwrap();
    model.push("b", linear()).unwrap();
    let options = at(14, Rounding::Stochastic);
    let quantised = Quantised::calibrate(&model, &[0.3, 0.9, -0.5], &options).unwrap();
    let mut row = [0u64];
    ringshare::nn::Weights::row(&quantised, 1, 0, &mut row);
    assert_eq!(quantised.bounds(), [row[0] as f64]);
}
