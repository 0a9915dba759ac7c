//! Softmax against real numbers.

use ringshare::nn::{Architecture, Layer, Rounding, softmax_reference, step};
use ringshare::ring::{Ring, Z2};
use ringshare::sim::Simulation;

use super::plain::Plain;
use crate::common::{Random, run};

/// Rows of integers: all equal, one large and all others small, two equal and large, random ones, and at the ends.
fn rows(classes: usize, bits: u32, fraction: u32, count: usize, random: &mut Random) -> Vec<i64> {
    let span = (1i64 << (bits - 1)) - 1;
    let below = |distance: f64| ((distance * f64::from(1 << fraction)) as i64).min(span);
    let mut out = Vec::new();
    for row in 0..count {
        let offset = random.below(9) as i64 - 4;
        // Where many small ones weigh as much as the large one, and where they hardly count.
        let small = below([8.0, 4.0, 6.5, 7.3, 11.0, 15.9, 16.5, 1e9][row / 5 % 8]);
        let place = random.below(classes);
        out.extend((0..classes).map(|c| {
            offset
                + match row % 5 {
                    0 => 0,
                    1 if c == place => small,
                    2 if c == place || c == 0 => small,
                    1 | 2 => 0,
                    3 => random.below(below(8.0) as usize + 1) as i64,
                    _ => random.below(span as usize + 1) as i64,
                }
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
fn bound(fraction: u32, rounding: Rounding) -> f64 {
    let last = if rounding == Rounding::Floor { 0.5 } else { 1.0 };
    0.5f64.powi(9) + last * 0.5f64.powi(fraction as i32)
}

/// The greatest error.
fn worst(found: &[i64], x: &[i64], classes: usize, fraction: u32) -> f64 {
    let mut worst = 0f64;
    for (found, x) in found.chunks(classes).zip(x.chunks(classes)) {
        for (&found, real) in found.iter().zip(real(x, fraction)) {
            worst = worst.max((found as f64 / f64::from(1 << fraction) - real).abs());
        }
    }
    worst
}

const SHAPES: [(usize, u32, u32); 22] = [
    (1, 4, 3),
    (1, 14, 8),
    (2, 8, 4),
    (10, 12, 8),
    (10, 13, 8),
    (10, 14, 8),
    (10, 16, 9),
    (10, 27, 12),
    (3, 64, 16),
    (16, 20, 12),
    (37, 20, 8),
    (63, 13, 9),
    (64, 14, 8),
    (65, 14, 8),
    (100, 18, 10),
    (128, 9, 8),
    (1000, 14, 8),
    (1000, 24, 12),
    (4096, 14, 9),
    (4096, 20, 14),
    (4095, 24, 16),
    (5, 2, 0),
];

#[test]
fn the_reference_is_within_its_bound_of_the_real_softmax() {
    let mut random = Random(1);
    for (classes, bits, fraction) in SHAPES {
        // Differences of numbers of 62 bits are numbers.
        let x = rows(classes, bits.min(60), fraction, 400.min(200_000 / classes), &mut random);
        let found = softmax_reference(&x, classes, bits, fraction);
        let worst = worst(&found, &x, classes, fraction);
        let bound = bound(fraction, Rounding::Floor);
        println!("{classes} classes of {bits} bits, {fraction} fractional: {worst}, at most {bound}");
        assert!(
            worst <= bound,
            "{classes} classes of {bits} bits, {fraction} fractional: {worst} of {bound}"
        );
    }
}

#[test]
fn any_number_of_classes_is_right_to_2_to_the_minus_8() {
    let mut random = Random(2);
    for classes in (1..80).chain([100, 127, 128, 129, 255, 256, 257, 513, 1000, 1024, 2048, 3000, 4095, 4096])
    {
        for (bits, fraction) in [(14, 8), (13, 9), (16, 11), (24, 15)] {
            let x = rows(classes, bits, fraction, 40, &mut random);
            let worst = worst(&softmax_reference(&x, classes, bits, fraction), &x, classes, fraction);
            assert!(worst <= 0.5f64.powi(8), "{classes} classes, {fraction} fractional bits: {worst}");
        }
    }
    // One at 0, all others at -8.
    for (classes, share) in [(100, 0.9679), (1000, 0.7490), (4096, 0.4213)] {
        let mut x = vec![-8 << 8; classes];
        x[0] = 0;
        let p = softmax_reference(&x, classes, 14, 8)[0] as f64 / 256.0;
        assert!((p - share).abs() <= 0.5f64.powi(8), "{classes} classes: {p}, not {share}");
    }
}

fn shared<R: Ring>(rounding: Rounding) {
    let mut random = Random(u64::from(R::BITS));
    for (classes, bits, fraction) in SHAPES {
        if bits > R::BITS || fraction + 2 > R::BITS {
            continue;
        }
        let count = if classes > 100 { 5 } else { 40 };
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
        let (worst, bound) = (worst(&found, &x, classes, fraction), bound(fraction, rounding));
        assert!(
            worst <= bound,
            "{classes} classes of {bits} bits, {fraction} fractional: {worst} of {bound}"
        );
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
