//! The laws of the fields, and their quadratic characters, against arithmetic on 128 bits.

use proptest::prelude::*;
use ringshare::field::Field;

/// The largest prime of 64 bits, the primes of the Legendre symbols, and small ones of every kind modulo 8.
const PRIMES: [u64; 11] = [
    18_446_744_073_709_551_557,
    3_546_374_752_298_322_551,
    9_409_569_905_028_393_239,
    15_569_949_805_843_283_171,
    (1 << 61) - 1,
    3,
    5,
    7,
    11,
    13,
    17,
];

fn modulo(a: u128, p: u64) -> u64 {
    (a % p as u128) as u64
}

fn power(base: u64, mut exponent: u64, p: u64) -> u64 {
    let (mut base, mut result) = (base, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = modulo(result as u128 * base as u128, p);
        }
        base = modulo(base as u128 * base as u128, p);
        exponent >>= 1;
    }
    result
}

/// Whether a unit is no square, by Euler's criterion.
fn no_square(a: u64, p: u64) -> bool {
    power(a, (p - 1) / 2, p) == p - 1
}

fn symbols(p: u64, values: &[u64]) -> Vec<bool> {
    let mut words = vec![!0; values.len().div_ceil(64)];
    Field::new(p).symbols(values, &mut words);
    (0..values.len()).map(|i| words[i / 64] >> (i % 64) & 1 == 1).collect()
}

fn edges(p: u64) -> Vec<u64> {
    let powers = (0..64).map(|b| 1u64 << b);
    let near = powers.flat_map(|x| [x - 1, x, x + 1, p.wrapping_sub(x), p / 2 + 1, p / 3, p - 1, p - 2]);
    near.map(|x| x % p).collect()
}

#[test]
fn arithmetic_at_the_edges_is_that_of_integers() {
    for p in PRIMES {
        let field = Field::new(p);
        assert_eq!(field.prime(), p);
        let edges = edges(p);
        for &a in &edges {
            for &b in &edges {
                assert_eq!(field.add(a, b), modulo(a as u128 + b as u128, p));
                assert_eq!(field.sub(a, b), modulo(a as u128 + (p - b) as u128, p));
                assert_eq!(field.mul(a, b), modulo(a as u128 * b as u128, p));
            }
        }
    }
}

proptest! {
    #[test]
    fn arithmetic_is_that_of_integers(p in prop::sample::select(&PRIMES[..]), x: u64, y: u64) {
        let field = Field::new(p);
        let (a, b) = (x % p, y % p);
        prop_assert_eq!(field.add(a, b), modulo(a as u128 + b as u128, p));
        prop_assert_eq!(field.sub(a, b), modulo(a as u128 + (p - b) as u128, p));
        prop_assert_eq!(field.mul(a, b), modulo(a as u128 * b as u128, p));
        // One side may be any word.
        prop_assert_eq!(field.to_montgomery(x), modulo((x as u128) << 64, p));
        prop_assert_eq!(field.mul(x, b), modulo(x as u128 * b as u128, p));
        let product = field.montgomery_mul(x, b);
        prop_assert!(product < p);
        prop_assert_eq!(modulo((product as u128) << 64, p), modulo(x as u128 * b as u128, p));
    }

    #[test]
    fn the_laws_of_a_ring_hold(p in prop::sample::select(&PRIMES[..]), x: [u64; 3]) {
        let field = Field::new(p);
        let [a, b, c] = x.map(|x| x % p);
        prop_assert_eq!(field.add(a, b), field.add(b, a));
        prop_assert_eq!(field.mul(a, b), field.mul(b, a));
        prop_assert_eq!(field.add(field.add(a, b), c), field.add(a, field.add(b, c)));
        prop_assert_eq!(field.mul(field.mul(a, b), c), field.mul(a, field.mul(b, c)));
        prop_assert_eq!(field.mul(a, field.add(b, c)), field.add(field.mul(a, b), field.mul(a, c)));
        prop_assert_eq!(field.sub(field.add(a, b), b), a);
        prop_assert_eq!((field.add(a, 0), field.mul(a, 1)), (a, a));
        if a != 0 {
            prop_assert_eq!(field.mul(a, power(a, p - 2, p)), 1);
        }
    }

    #[test]
    fn samples_are_the_scaled_words(p in prop::sample::select(&PRIMES[..]), x: u128) {
        // x·p in halves of 64 bits.
        let (high, low) = (x >> 64, x & u64::MAX as u128);
        let expected = (high * p as u128 + ((low * p as u128) >> 64)) >> 64;
        prop_assert_eq!(Field::new(p).sample(x) as u128, expected);
        prop_assert!(expected < p as u128);
    }

    #[test]
    fn symbols_are_those_of_eulers_criterion(
        p in prop::sample::select(&PRIMES[..]),
        values in prop::collection::vec(any::<u64>(), 0..200),
        shift in 0u32..64,
    ) {
        let values: Vec<u64> = values.iter().map(|x| (x >> shift) % (p - 1) + 1).collect();
        let expected: Vec<bool> = values.iter().map(|&x| no_square(x, p)).collect();
        prop_assert_eq!(symbols(p, &values), expected);
    }

    #[test]
    fn symbols_are_multiplicative(p in prop::sample::select(&PRIMES[..]), x: u64, y: u64) {
        let (a, b) = (x % (p - 1) + 1, y % (p - 1) + 1);
        let [a, b, ab] = symbols(p, &[a, b, Field::new(p).mul(a, b)])[..] else { unreachable!() };
        prop_assert_eq!(a ^ b, ab);
    }
}

#[test]
fn the_extremes_of_samples_are_the_extreme_elements() {
    for p in PRIMES {
        let field = Field::new(p);
        assert_eq!((field.sample(0), field.sample(u128::MAX)), (0, p - 1));
    }
}

#[test]
fn symbols_at_the_edges_are_those_of_eulers_criterion() {
    for p in PRIMES {
        let values: Vec<u64> = edges(p).into_iter().filter(|&x| x != 0).collect();
        let expected: Vec<bool> = values.iter().map(|&x| no_square(x, p)).collect();
        assert_eq!(symbols(p, &values), expected, "modulo {p}");
    }
}

#[test]
fn known_symbols() {
    assert_eq!(symbols(7, &[1, 2, 3, 4, 5, 6]), [false, false, true, false, true, true]);
    // −1 is a square modulo p if p ≡ 1 mod 4, and 2 if p ≡ ±1 mod 8.
    for p in PRIMES.into_iter().filter(|&p| p > 3) {
        assert_eq!(symbols(p, &[1, p - 1, 2]), [false, p % 4 == 3, matches!(p % 8, 3 | 5)], "modulo {p}");
    }
}

#[test]
fn half_of_all_units_are_squares() {
    let p = 10_007;
    let values: Vec<u64> = (1..p).collect();
    let squares: std::collections::HashSet<u64> = values.iter().map(|x| x * x % p).collect();
    let expected: Vec<bool> = values.iter().map(|x| !squares.contains(x)).collect();
    assert_eq!(symbols(p, &values), expected);
    assert_eq!(squares.len() as u64, (p - 1) / 2);
}

#[test]
fn zeros_are_taken() {
    for p in PRIMES {
        let mut words = [0; 2];
        Field::new(p).symbols(&[0; 100], &mut words);
        assert_eq!(words[1] >> 36, 0);
    }
}

#[test]
#[should_panic(expected = "odd prime")]
fn two_is_refused() {
    Field::new(2);
}
