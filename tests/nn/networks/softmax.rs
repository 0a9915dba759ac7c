//! Softmax against real numbers.

use ringshare::nn::{Architecture, Layer, Rounding, softmax_reference, step};
use ringshare::ring::{Ring, Z2};
use ringshare::sim::Simulation;

use super::plain::Plain;
use crate::common::{Random, run};

/// Rows of integers, with values that are equal, far apart, and at the ends.
fn rows(classes: usize, bits: u32, fraction: u32, count: usize, random: &mut Random) -> Vec<i64> {
    let span = (1i64 << (bits - 1)) - 1;
    let near = (8 << fraction).min(span);
    let mut out = Vec::new();
    for row in 0..count {
        let span = if row % 3 == 0 { span } else { near };
        let offset = random.below(9) as i64 - 4;
        out.extend((0..classes).map(|c| match (row % 4, c) {
            (0, 0) => offset + span,
            (0, _) => offset,
            _ => offset + random.below(span as usize + 1) as i64,
        }));
    }
    out
}

fn real(x: &[i64], fraction: u32) -> Vec<f64> {
    let most = x.iter().max().unwrap();
    let e: Vec<f64> = x.iter().map(|x| (-(most - x) as f64 / f64::from(1 << fraction)).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|e| e / sum).collect()
}

/// The bound that the docs state.
fn bound(classes: usize, bits: u32, fraction: u32) -> f64 {
    let unit = 0.5f64.powi(fraction as i32);
    let dropped = (bits - 1).min(fraction + 4).saturating_sub(12);
    let index = if dropped > 0 { unit * f64::from(1 << dropped) } else { 0.0 };
    unit + classes as f64 * (0.5f64.powi(11) + 0.5f64.powi(14)) + index
}

/// The greatest error, of what is allowed.
fn worst(found: &[i64], x: &[i64], classes: usize, bits: u32, fraction: u32) -> f64 {
    let mut worst = 0f64;
    for (found, x) in found.chunks(classes).zip(x.chunks(classes)) {
        for (&found, real) in found.iter().zip(real(x, fraction)) {
            worst = worst.max((found as f64 / f64::from(1 << fraction) - real).abs());
        }
    }
    worst / bound(classes, bits, fraction)
}

const SHAPES: [(usize, u32, u32); 12] = [
    (1, 4, 3),
    (2, 8, 4),
    (10, 12, 8),
    (10, 13, 8),
    (10, 14, 8),
    (10, 16, 9),
    (10, 27, 12),
    (3, 64, 16),
    (16, 20, 12),
    (37, 20, 8),
    (100, 18, 10),
    (5, 2, 0),
];

#[test]
fn the_reference_is_within_its_bound_of_the_real_softmax() {
    let mut random = Random(1);
    for (classes, bits, fraction) in SHAPES {
        // Differences of numbers of 62 bits are numbers.
        let x = rows(classes, bits.min(60), fraction, 400, &mut random);
        let found = softmax_reference(&x, classes, bits, fraction);
        let worst = worst(&found, &x, classes, bits, fraction);
        assert!(worst < 1.0, "{classes} classes of {bits} bits, {fraction} fractional: {worst} of the bound");
    }
}

fn shared<R: Ring>(rounding: Rounding) {
    let mut random = Random(u64::from(R::BITS));
    for (classes, bits, fraction) in SHAPES {
        if bits > R::BITS || fraction + 2 > R::BITS {
            continue;
        }
        let count = 12;
        let x = rows(classes, bits.min(60), fraction, count, &mut random);
        let layers = vec![Layer::Softmax(step::Softmax { classes, bits, fraction })];
        let architecture =
            Architecture::with_inputs(classes, layers, R::BITS).unwrap().with_rounding(rounding);
        let simulation = Simulation::new(2 + classes % 2).seed(bits.into());
        let y = run(&simulation, &|party| {
            let y = super::evaluate::<R>(party, Some(0), &architecture, &Plain(vec![]), &x)?;
            Ok(y.into_iter().map(|y| i128::from(y) as u128).collect())
        });
        let found: Vec<i64> = y[0].iter().map(|&y| y as i64).collect();
        if rounding == Rounding::Floor {
            assert_eq!(
                found,
                softmax_reference(&x, classes, bits, fraction),
                "{classes}, {bits}, {fraction}"
            );
        }
        let worst = worst(&found, &x, classes, bits, fraction);
        assert!(worst < 1.0, "{classes} classes of {bits} bits, {fraction} fractional: {worst} of the bound");
    }
}

#[test]
fn shared_softmax_is_the_reference_or_within_its_bound() {
    for rounding in [Rounding::Floor, Rounding::Stochastic] {
        shared::<Z2<16>>(rounding);
        shared::<Z2<27>>(rounding);
        shared::<Z2<64>>(rounding);
    }
}
