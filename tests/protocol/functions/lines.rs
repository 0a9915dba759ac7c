//! Functions of the reals by lines, over all inputs of their formats, against `f64`.

use std::f64::consts::{PI, SQRT_2};

use ringshare::function::{Piecewise, TableFormat};

/// A function, and what `f64` says.
struct Case {
    name: &'static str,
    make: fn(TableFormat, TableFormat) -> Piecewise,
    exact: fn(f64) -> f64,
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

fn softplus(x: f64) -> f64 {
    if x > 30.0 { x } else { x.exp().ln_1p() }
}

/// 1/x and 1/√x begin here.
const FROM: f64 = 0.5;

const CASES: [Case; 13] = [
    Case { name: "sigmoid", make: Piecewise::sigmoid, exact: |x| 1.0 / (1.0 + (-x).exp()) },
    Case { name: "tanh", make: Piecewise::tanh, exact: f64::tanh },
    Case { name: "gelu", make: Piecewise::gelu, exact: |x| x / 2.0 * (1.0 + erf(x / SQRT_2)) },
    Case {
        name: "gelu by tanh",
        make: Piecewise::gelu_tanh,
        exact: |x| x / 2.0 * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh()),
    },
    Case { name: "silu", make: Piecewise::silu, exact: |x| x / (1.0 + (-x).exp()) },
    Case { name: "softplus", make: Piecewise::softplus, exact: softplus },
    Case { name: "mish", make: Piecewise::mish, exact: |x| x * softplus(x).tanh() },
    Case {
        name: "elu",
        make: |input, output| Piecewise::elu(input, output, 1.0),
        exact: |x| if x > 0.0 { x } else { x.exp() - 1.0 },
    },
    Case { name: "hardswish", make: Piecewise::hardswish, exact: |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0 },
    Case { name: "exp", make: Piecewise::exp, exact: f64::exp },
    Case {
        name: "reciprocal",
        make: |input, output| Piecewise::reciprocal(input, output, FROM),
        exact: |x| 1.0 / x.max(FROM),
    },
    Case {
        name: "inverse square root",
        make: |input, output| Piecewise::inverse_sqrt(input, output, FROM),
        exact: |x| 1.0 / x.max(FROM).sqrt(),
    },
    Case { name: "square root", make: Piecewise::sqrt, exact: |x| x.max(0.0).sqrt() },
];

const fn format(bits: u32, fraction: u32) -> TableFormat {
    TableFormat { bits, fraction }
}

/// The largest difference over all inputs in units of the output, which holds what is between its ends.
fn worst(f: &Piecewise, exact: fn(f64) -> f64) -> f64 {
    let (input, output) = (f.input(), f.output());
    let [step, unit] = [input, output].map(|format| (-f64::from(format.fraction)).exp2());
    let end = (f64::from(output.bits) - 1.0).exp2();
    let half = 1i64 << (input.bits - 1);
    let off = |x: i64| (f.evaluate(x) as f64 - (exact(x as f64 * step) / unit).clamp(-end, end - 1.0)).abs();
    (-half..half).map(off).fold(0.0, f64::max)
}

#[test]
fn every_input_is_right_to_a_unit_in_the_last_place() {
    let short = [format(9, 4), format(12, 8), format(13, 8)];
    let long = [format(15, 8), format(15, 11), format(16, 10)];
    let outputs = [format(19, 11), format(12, 6)];
    for (number, case) in CASES.iter().enumerate() {
        let all = short.iter().flat_map(|&input| outputs.map(|output| (input, output)));
        // Of the long inputs every function takes one, and each is taken with both outputs.
        for (input, output) in all.chain([(long[number % 3], outputs[number % 2])]) {
            let f = (case.make)(input, output);
            let worst = worst(&f, case.exact);
            println!("{}: {f:?}", case.name);
            assert!((worst - f.error()).abs() < 1e-6, "{}: {worst} found in {f:?}", case.name);
            // A square root is too steep at zero, an exponential at its end; 1/x and 1/√x bend much at theirs.
            let steep = ["square root", "reciprocal", "exp", "inverse square root"].contains(&case.name);
            assert!(worst <= 1.0 || steep && input.bits > 12, "{}: {worst} in {f:?}", case.name);
        }
    }
}

#[test]
fn long_inputs_are_right_where_they_were_not_tried() {
    // Not those that are too steep for it.
    let curves = CASES.iter().take_while(|case| case.name != "exp");
    assert_eq!(curves.clone().count(), 9);
    for case in curves {
        let f = (case.make)(format(20, 11), format(24, 11));
        let worst = worst(&f, case.exact);
        assert!(worst <= 1.1, "{}: {worst} in {f:?}", case.name);
    }
}

#[test]
fn what_is_no_number_is_zero_and_what_is_too_large_the_end() {
    let f = Piecewise::real(format(6, 2), format(8, 2), |x| if x < 0.0 { f64::NAN } else { 100.0 * x });
    assert_eq!([-32, -1, 0, 1, 31].map(|x| f.evaluate(x)), [0, 0, 0, 100, 127]);
}

#[test]
fn formats_that_do_not_fit_panic() {
    for [input, output] in [
        [format(0, 0), format(8, 4)],
        [format(33, 0), format(8, 4)],
        [format(8, 33), format(8, 4)],
        [format(8, 4), format(0, 4)],
        [format(8, 4), format(33, 4)],
        [format(8, 4), format(8, 33)],
    ] {
        assert!(
            std::panic::catch_unwind(|| Piecewise::tanh(input, output)).is_err(),
            "{input:?}, {output:?}"
        );
    }
}
