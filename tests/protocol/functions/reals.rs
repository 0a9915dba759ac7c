//! The functions of the reals, held to the errors that their docs state.

use std::f64::consts::{PI, SQRT_2};

use ringshare::function::{
    Table, TableFormat, exp, gelu, inverse_sqrt, quantise, reciprocal, sigmoid, sqrt, tanh,
};

use crate::common::Random;

/// A function, its slope's bound on numbers at least `from` away from zero and at most `to`, and what
/// `f64` says.
struct Case {
    name: &'static str,
    make: fn(TableFormat, TableFormat) -> Table,
    exact: fn(f64) -> f64,
    slope: fn(from: f64, to: f64) -> f64,
}

/// The error function, all of whose terms here have one sign.
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..400 {
        term *= 2.0 * x * x / (2 * n + 1) as f64;
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

const CASES: [Case; 8] = [
    Case { name: "sigmoid", make: sigmoid, exact: |x| 1.0 / (1.0 + (-x).exp()), slope: |_, _| 0.25 },
    Case { name: "tanh", make: tanh, exact: f64::tanh, slope: |_, _| 1.0 },
    Case { name: "gelu", make: gelu, exact: |x| x / 2.0 * (1.0 + erf(x / SQRT_2)), slope: |_, _| 1.129 },
    Case { name: "exp", make: exp, exact: f64::exp, slope: |_, to| to.exp() },
    Case { name: "reciprocal", make: reciprocal, exact: |x| 1.0 / x, slope: |from, _| from.powi(-2) },
    Case { name: "sqrt", make: sqrt, exact: |x| x.max(0.0).sqrt(), slope: |from, _| 0.5 / from.sqrt() },
    Case {
        name: "inverse_sqrt",
        make: inverse_sqrt,
        exact: |x| 1.0 / x.max(0.0).sqrt(),
        slope: |from, _| 0.5 * from.powf(-1.5),
    },
    Case { name: "quantise", make: quantise, exact: |x| x, slope: |_, _| 1.0 },
];

const fn format(bits: u32, fraction: u32) -> TableFormat {
    TableFormat { bits, fraction }
}

const INDICES: [TableFormat; 9] = [
    format(1, 0),
    format(4, 0),
    format(4, 6),
    format(6, 2),
    format(8, 4),
    format(8, 8),
    format(10, 3),
    format(12, 8),
    format(12, 11),
];

const OUTPUTS: [TableFormat; 8] = [
    format(1, 0),
    format(4, 3),
    format(8, 4),
    format(8, 7),
    format(14, 12),
    format(33, 16),
    format(64, 40),
    format(8, 20),
];

/// What the output's format has nearest to y at its ends.
fn clamped(y: f64, output: TableFormat) -> f64 {
    let unit = (-(output.fraction as f64)).exp2();
    let half = (output.bits as f64 - 1.0).exp2();
    // One less than 2^63 is no f64.
    y.clamp(-half * unit, (half - 1.0) * unit)
}

/// Calls `f` with every function at every pair of formats, its table, a unit of the index and of the output.
fn for_all(f: impl Fn(&Case, TableFormat, TableFormat, &Table, [f64; 2])) {
    for case in &CASES {
        for index in INDICES {
            for output in OUTPUTS {
                let units = [index, output].map(|format| (-(format.fraction as f64)).exp2());
                f(case, index, output, &(case.make)(index, output), units);
            }
        }
    }
}

/// What two computations of `y` in `f64` may differ by, sums near one and ten among them.
fn slack(y: f64) -> f64 {
    y.abs().max(1.0) * 1e-14
}

#[test]
fn the_points_of_the_grid_are_right_to_half_a_unit() {
    for_all(|case, index, output, table, [step, unit]| {
        let half = 1i64 << (index.bits - 1);
        assert_eq!(table.bits(), [index.bits, 0]);
        for i in -half..half {
            let x = i as f64 * step;
            let exact = clamped((case.exact)(x), output);
            let entry = table.entries()[(i & (2 * half - 1)) as usize] as f64 * unit;
            let error = (entry - exact).abs();
            assert!(
                error <= unit / 2.0 + slack(exact),
                "{} of {x}: {entry}, not {exact}, {index:?} to {output:?}",
                case.name
            );
        }
    });
}

#[test]
fn numbers_between_are_right_to_what_the_slope_allows() {
    for_all(|case, index, output, table, [step, unit]| {
        let mut random = Random(index.bits as u64);
        let half = 1i64 << (index.bits - 1);
        let top = (half - 1) as f64 * step;
        let even = ["reciprocal", "sqrt", "inverse_sqrt"].iter().all(|&name| name != case.name);
        for sample in 0..200 {
            // Slopes hold from some number on; the steepest is taken at whichever is nearer to zero.
            let fraction = random.next() as f64 / 2f64.powi(64);
            let x = if even {
                -half as f64 * step + fraction * (2 * half - 1) as f64 * step
            } else {
                fraction * top
            };
            let i = (x / step).round();
            let from = (x.min(i * step)).abs();
            if !even && from <= step {
                continue;
            }
            let exact = clamped((case.exact)(x), output);
            let entry = table.entries()[(i as i64 & (2 * half - 1)) as usize] as f64 * unit;
            let bound = (case.slope)(from, x.max(i * step)) * step / 2.0 + unit / 2.0;
            let error = (entry - exact).abs();
            assert!(
                error <= bound + slack(exact),
                "{} of {x}, sample {sample}: {entry}, not {exact}, {error} > {bound}, {index:?} to {output:?}",
                case.name
            );
        }
    });
}

#[test]
fn the_slopes_are_no_steeper_than_stated() {
    for case in &CASES[..3] {
        let mut steepest = 0f64;
        for i in -80_000..80_000 {
            let [x, next] = [i, i + 1].map(|i| i as f64 / 1e4);
            steepest = steepest.max(((case.exact)(next) - (case.exact)(x)).abs() * 1e4);
        }
        let stated = (case.slope)(0.0, 0.0);
        assert!((0.999 * stated..=stated + 1e-9).contains(&steepest), "{}: {steepest}", case.name);
    }
}

#[test]
fn ends_and_poles() {
    let (index, output) = (format(8, 2), format(8, 3));
    let at = |table: &Table, x: i64| table.entries()[(x & 255) as usize];
    let inverse = reciprocal(index, output);
    // 4, the reciprocal of a quarter, is 32 eighths; that of a step below zero as many less.
    assert_eq!([0, 1, -1, 2, -8, 127].map(|x| at(&inverse, x)), [127, 32, -32, 16, -4, 0]);
    let root = inverse_sqrt(index, output);
    assert_eq!([0, -1, -128, 1, 16, 4].map(|x| at(&root, x)), [127, 127, 127, 16, 4, 8]);
    assert_eq!([0, -1, -128, 1, 16, 4].map(|x| at(&sqrt(index, output), x)), [0, 0, 0, 4, 16, 8]);
    // e^4 is above 127 eighths, e^−4 below half of one.
    assert_eq!([16, 127, -16, 0].map(|x| at(&exp(index, output), x)), [127, 127, 0, 8]);
    assert_eq!([127, -128, 0].map(|x| at(&tanh(index, output), x)), [8, -8, 0]);
    // What is not a number is zero.
    assert!(Table::real(index, output, |_| f64::NAN).entries().iter().all(|&entry| entry == 0));
    let huge = Table::real(index, format(64, 0), |x| x * f64::INFINITY);
    assert_eq!([1, -1, 0].map(|x| at(&huge, x)), [i64::MAX, i64::MIN, 0]);
}

#[test]
fn quantising_rounds_halves_to_even_and_saturates() {
    let table = quantise(format(12, 8), format(6, 4));
    for x in -2048i64..2048 {
        let (floor, rest) = (x >> 4, x & 15);
        let nearest = floor + i64::from(rest > 8 || rest == 8 && floor & 1 == 1);
        assert_eq!(table.entries()[(x & 4095) as usize], nearest.clamp(-32, 31), "{x}");
    }
    // To more fractional bits it is exact.
    let finer = quantise(format(6, 2), format(16, 7));
    assert!((-32i64..32).all(|x| finer.entries()[(x & 63) as usize] == 32 * x));
}
