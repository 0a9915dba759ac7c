//! Sign, greater-than and argmax among parties, against plain integers.
#![cfg(feature = "std")]

use crate::common::{Program, Random, all, canonical, input, open, settings, wide};
use proptest::prelude::*;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

/// Every kind of comparison of values of `bits` bits in a ring of any width.
fn compares<R: Ring>(simulation: &Simulation, bits: u32, len: usize, seed: u64) {
    let bits = 2 + bits % (R::BITS.min(64) - 1);
    let mut random = Random(seed);
    let mut values: Vec<R::Word> = random.words(len);
    let edges = [0, 1, -1, i128::MAX >> (128 - bits), -1 << (bits - 1)];
    values.iter_mut().zip(edges).for_each(|(value, edge)| *value = R::Word::from_signed(edge));
    let program: Program<'_> = &|party| {
        let x = input::<R>(party, 1, &values)?;
        let sign = party.sign::<R, R>(&x, bits)?;
        let negative = party.negative::<R, Z2<3>>(&x, bits)?;
        let negative_bits = party.negative_bits(&x, bits)?;
        let words = wide(&party.open_bits(&negative_bits)?);
        let opened_bits = (0..values.len()).map(|i| words[i / 64] >> (i % 64) & 1);
        Ok([open(party, &sign)?, open(party, &negative)?, opened_bits.collect()].concat())
    };
    let negative: Vec<u128> = values.iter().map(|x| u128::from(x.signed(bits) < 0)).collect();
    let sign: Vec<u128> = negative.iter().map(|&bit| 1u128.wrapping_sub(2 * bit)).collect();
    all(simulation, program, &[canonical::<R>(&sign), negative.clone(), negative].concat());
}

/// a > b where the difference fits `bits` bits.
fn is_greater<R: Ring>(simulation: &Simulation, len: usize, seed: u64) {
    let bits = R::BITS.min(64);
    let mut random = Random(seed);
    let mut half = || -> Vec<i128> {
        let words: Vec<R::Word> = random.words(len);
        words.into_iter().map(|word| word.signed(bits) / 2).collect()
    };
    let (a, mut b) = (half(), half());
    b.iter_mut().zip(&a).step_by(3).for_each(|(b, a)| *b = *a);
    let words = |values: &[i128]| values.iter().map(|&v| R::Word::from_signed(v)).collect::<Vec<_>>();
    let (a_words, b_words) = (words(&a), words(&b));
    let program: Program<'_> = &|party| {
        let (x, y) = (input::<R>(party, 0, &a_words)?, input::<R>(party, 1, &b_words)?);
        let greater = party.greater::<R, Z2<3>>(&x, &y, bits)?;
        open(party, &greater)
    };
    let expected: Vec<u128> = a.iter().zip(&b).map(|(a, b)| u128::from(a > b)).collect();
    all(simulation, program, &expected);
}

fn first_maximum(row: &[i128]) -> u128 {
    let last = row.iter().enumerate().rev().max_by_key(|&(_, value)| value);
    last.map_or(0, |(place, _)| place as u128)
}

/// Rows of values of up to `bits` − 1 bits.
fn finds_the_maximum<R: Ring>(simulation: &Simulation, values: &[i128], columns: usize, bits: u32) {
    let words: Vec<R::Word> = values.iter().map(|&value| R::Word::from_signed(value)).collect();
    let program: Program<'_> = &|party| {
        let x = input::<R>(party, 1, &words)?;
        let place = party.argmax::<R, Z2<13>>(&x, columns, bits)?;
        open(party, &place)
    };
    let expected: Vec<u128> = values.chunks(columns).map(first_maximum).collect();
    all(simulation, program, &expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn comparisons_are_those_of_the_secrets(
        (simulation, seed) in settings(), bits in 0u32..64, len in 0usize..150,
    ) {
        at_widths!(compares(&simulation, bits, len, seed));
        at_widths!(compares(&simulation, bits, len, seed): 65 100 128);
    }

    #[test]
    fn greater_is_that_of_the_secrets((simulation, seed) in settings(), len in 0usize..150) {
        at_widths!(is_greater(&simulation, len, seed));
        at_widths!(is_greater(&simulation, len, seed): 65 100 128);
    }

    #[test]
    fn argmax_is_that_of_the_secrets(
        (simulation, seed) in settings(), rows in 0usize..6, columns in 1usize..14,
        spread in prop_oneof![Just(1i128), Just(3), Just(1000)],
    ) {
        let mut random = Random(seed);
        let mut value = || random.next() as i128 % (2 * spread + 1) - spread;
        let values: Vec<i128> = (0..rows * columns).map(|_| value()).collect();
        finds_the_maximum::<Z2<12>>(&simulation, &values, columns, 12);
        finds_the_maximum::<Z2<33>>(&simulation, &values, columns, 12);
        finds_the_maximum::<Z2<64>>(&simulation, &values, columns, 64);
        finds_the_maximum::<Z2<100>>(&simulation, &values, columns, 20);
    }
}

#[test]
fn the_first_of_equal_maxima_wins() {
    for parties in 2..=7 {
        let simulation = Simulation::new(parties).seed(parties as u64);
        // All rows of three values of −1, 0, 1.
        let values: Vec<i128> = (0..27).flat_map(|i| [i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1]).collect();
        finds_the_maximum::<Z2<3>>(&simulation, &values, 3, 3);
        finds_the_maximum::<Z2<14>>(&simulation, &values, 3, 4);
        finds_the_maximum::<Z2<14>>(&simulation, &[-5; 30], 10, 14);
    }
}

#[test]
fn rows_of_any_length_have_a_maximum() {
    let mut random = Random(4);
    for columns in [1, 2, 3, 4, 5, 8, 9, 10, 16, 17, 31, 32, 33, 64, 65, 100] {
        let values: Vec<i128> = (0..4 * columns).map(|_| random.next() as i128 % 200 - 199).collect();
        finds_the_maximum::<Z2<14>>(&Simulation::new(2), &values, columns, 10);
        finds_the_maximum::<Z2<14>>(&Simulation::new(3), &values[..columns], columns, 14);
        finds_the_maximum::<Z2<14>>(&Simulation::new(2), &[], columns, 14);
    }
}

#[test]
fn rows_that_are_none_are_refused() {
    for (len, columns, text) in [(6, 0, "expected 1 to 4096, found 0"), (7, 3, "expected 6, found 7")] {
        let run = Simulation::new(2).run(|party| {
            let x = input::<Z2<14>>(party, 0, &vec![0; len])?;
            party.argmax::<_, Z2<14>>(&x, columns, 14)
        });
        let error = run.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
    let row = |party: &mut _| input::<Z2<14>>(party, 0, &[0; 4097]);
    let run = Simulation::new(2).run(|party| {
        let x = row(party)?;
        party.argmax::<_, Z2<14>>(&x, 4097, 14)
    });
    assert!(run.unwrap_err().to_string().contains("found 4097"));
    // Places of 5 values are no elements of Z_2^2.
    let run = Simulation::new(2).run(|party| party.argmax::<Z2<14>, Z2<2>>(&Share::zeros(5), 5, 14));
    assert!(run.unwrap_err().to_string().contains("expected 1 to 4, found 5"));
}
