//! Comparison by Legendre symbols, against plain integers and Euler's criterion.
#![cfg(feature = "std")]

mod dealt;
mod party;

use std::ops::RangeInclusive;

use crate::common::{Random, input, stores, sum};
use ringshare::correlation::compare::legendre::{Legendre, MAX_BITS, Products, Variant};
use ringshare::correlation::compare::{bit_values, sign_values};
use ringshare::field::Field;
use ringshare::net::Topology;
use ringshare::offline::{Deck, Elements, Error as OfflineError, Masked, Recipe, Store};
use ringshare::protocol::{Error, Family, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::{BitShare, Share};
use ringshare::sim::Simulation;

const VARIANTS: [Variant; 3] = Variant::ALL;

/// The Legendre symbol of a unit, by Euler's criterion.
fn symbol(x: i128, p: u64) -> i32 {
    let p = p as u128;
    let times = |a: u128, b: u128| a * b % p;
    let (mut base, mut power, mut exponent) = (x.rem_euclid(p as i128) as u128, 1, (p - 1) / 2);
    assert!(base != 0);
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = times(power, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    if power == 1 { 1 } else { -1 }
}

/// bsgn_κ as the paper has it.
fn bsgn(variant: Variant, x: i64) -> i8 {
    let kappa = variant.symbols() as i128 / 2;
    let sum: i32 = (-kappa..=kappa).map(|i| symbol(2 * x as i128 + 1 + 2 * i, variant.prime())).sum();
    sum.signum() as i8
}

fn sign(x: i64) -> i8 {
    if x < 0 { -1 } else { 1 }
}

/// Values of every length, of either sign.
fn varied(len: usize, bits: u32, random: &mut Random) -> Vec<i64> {
    (0..len).map(|_| (random.next() as i64 >> (64 - bits)) >> random.below(bits as usize)).collect()
}

fn words<W: Word>(x: &[i64]) -> Vec<W> {
    x.iter().map(|&x| W::from_signed(x as i128)).collect()
}

/// What was opened on the way, and what is left to open.
struct Opened<O: Ring> {
    y: Vec<u128>,
    b: Vec<u64>,
    products: Vec<Products<O>>,
}

fn sum_field(shares: &[Vec<u64>], field: Field) -> Vec<u64> {
    let add = |mut total: Vec<u64>, share: &Vec<u64>| {
        assert!(share.iter().all(|&word| word < field.prime()));
        total.iter_mut().zip(share).for_each(|(total, &word)| *total = field.add(*total, word));
        total
    };
    shares[1..].iter().fold(shares[0].clone(), add)
}

/// Up to the last step, by the pure kernels.
fn products<R: Ring, O: Ring>(
    stores: &mut [Store],
    x: &[i64],
    bits: u32,
    variant: Variant,
    random: &mut Random,
) -> Opened<O> {
    let shares = crate::common::split::<R>(&words(x), stores.len(), random);
    let mask = |(store, share): (&mut Store, Vec<R::Word>)| {
        Legendre::<R, O>::take(store, x.len(), bits, variant).unwrap().mask(&Share::from_words(share))
    };
    let (y, masked): (Vec<_>, Vec<Masked<Legendre<R, O>>>) = stores.iter_mut().zip(shares).map(mask).unzip();
    let y = sum(&y, bits + 1);
    let (b, products): (Vec<_>, Vec<_>) =
        masked.into_iter().map(|masked| masked.products(&y).unwrap()).unzip();
    Opened { y: crate::common::wide(&y), b: sum_field(&b, variant.field()), products }
}

fn values<O: Ring>() -> [O::Word; 2] {
    [O::Word::truncate(0x55), O::Word::from_signed(-3)]
}

/// By the pure kernels, against the majority of symbols.
fn check<R: Ring, O: Ring>(parties: usize, session: u64, x: &[i64], bits: u32, variant: Variant) {
    let recipe = Recipe(vec![Legendre::<R, O>::request(x.len(), bits, variant)]);
    let mut stores = stores(parties, session, &recipe);
    let opened = products::<R, O>(&mut stores, x, bits, variant, &mut Random(session));
    let finish = |products: Products<O>| products.finish(&opened.b, values::<O>()).unwrap();
    let shares = opened.products.into_iter().map(finish).map(|share| share.expose().to_vec());
    let out = sum(&shares.collect::<Vec<_>>(), O::BITS);
    let mut signs = vec![0; x.len()];
    variant.evaluate_all(x, &mut signs);
    for (i, ((&x, &sign), &out)) in x.iter().zip(&signs).zip(&out).enumerate() {
        let expected = values::<O>()[usize::from(sign < 0)] & O::Word::mask(O::BITS);
        assert!(out == expected, "{x} at {bits} bits, place {i}, {parties} parties, {variant:?}");
    }
}

#[test]
fn ranges_are_the_longest_intervals_of_signs() {
    for (variant, range) in VARIANTS.into_iter().zip([-135..=134, -384..=383, -595..=594]) {
        assert_eq!(variant.range(), range);
        assert!(range.clone().all(|x| bsgn(variant, x) == sign(x)), "{variant:?}");
        for beyond in [range.start() - 1, range.end() + 1] {
            assert_ne!(bsgn(variant, beyond), sign(beyond), "{variant:?} at {beyond}");
        }
        assert_eq!(variant.prime() % 4, 3);
        let whole = |bits: u32| -1i64 << (bits - 1)..=(1 << (bits - 1)) - 1;
        let fits = |inner: RangeInclusive<i64>| range.contains(inner.start()) && range.contains(inner.end());
        assert!(fits(whole(variant.bits())) && !fits(whole(variant.bits() + 1)));
    }
    assert_eq!(VARIANTS.map(Variant::bits), [8, 9, 10]);
    assert_eq!(VARIANTS.map(Variant::symbols), [1, 3, 5]);
}

#[test]
fn evaluation_in_the_clear_is_the_majority_of_symbols() {
    let mut random = Random(1);
    for variant in VARIANTS {
        let x: Vec<i64> = (-2000..2000).chain(varied(5001, MAX_BITS, &mut random)).collect();
        let mut signs = vec![0; x.len()];
        variant.evaluate_all(&x, &mut signs);
        let right = |(&x, &sign): (&i64, &i8)| sign == bsgn(variant, x);
        assert!(x.iter().zip(&signs).all(right), "{variant:?}");
        for x in [-3, 0, 700, 1 << 40, i64::MIN, i64::MAX] {
            let mut sign = [0];
            variant.evaluate_all(&[x], &mut sign);
            assert_eq!([variant.evaluate(x)], sign);
            variant.evaluate_all(&[], &mut []);
            assert!(variant.evaluate(x).abs() == 1);
        }
    }
}

#[test]
fn every_value_of_the_range_and_beyond_under_many_masks() {
    for variant in VARIANTS {
        let (start, end) = variant.range().into_inner();
        // Ten bits more than the range needs, and just enough.
        let x: Vec<i64> = (start - 5..=end + 5).cycle().take(20_000).collect();
        for parties in 2..=7 {
            check::<Z2<13>, Z2<14>>(parties, parties as u64, &x, 12, variant);
            check::<Z2<32>, Z2<3>>(parties, 9, &x, 22, variant);
        }
    }
}

/// All x under masks that are known, so that every wrap of y comes with every x.
#[test]
fn every_value_wraps_and_does_not() {
    let bits = 4;
    for variant in VARIANTS {
        let x: Vec<i64> = (-8..8).cycle().take(16 * 600).collect();
        let request = Legendre::<Z2<5>, Z2<8>>::request(x.len(), bits, variant);
        let mut stores = stores(3, 4, &Recipe(vec![request]));
        let opened = products::<Z2<5>, Z2<8>>(&mut stores, &x, bits, variant, &mut Random(1));
        let mut seen = [[false; 32]; 16];
        for (x, y) in x.iter().zip(opened.y) {
            seen[(x + 8) as usize][y as usize] = true;
        }
        assert!(seen.as_flattened().iter().all(|&seen| seen));
        check::<Z2<5>, Z2<8>>(3, 4, &x, bits, variant);
    }
}

#[test]
fn all_declared_bit_lengths_in_rings_of_any_width() {
    fn at<R: Ring>() {
        let mut random = Random(R::BITS as u64);
        for bits in 2..=(R::BITS - 1).min(MAX_BITS) {
            let mut x = varied(130, bits, &mut random);
            x.extend([0, -1, (1 << (bits - 1)) - 1, -1 << (bits - 1)]);
            for (variant, parties) in VARIANTS.into_iter().zip([2, 3, 5]) {
                check::<R, Z2<33>>(parties, bits as u64, &x, bits, variant);
            }
        }
    }
    at_widths!(at(): 3 8 9 16 17 32 33 62 64 65 128);
}

#[test]
fn results_in_rings_of_any_width() {
    fn into<O: Ring>() {
        for variant in VARIANTS {
            let x: Vec<i64> = variant.range().collect();
            check::<Z2<16>, O>(2, 1, &x, 11, variant);
            check::<Z2<16>, O>(3, 2, &x, 11, variant);
        }
    }
    at_widths!(into(): 1 3 14 33 64 128);
}

#[test]
fn any_length_of_the_vector() {
    for variant in VARIANTS {
        for len in [0, 1, 2, 63, 64, 65, 2047, 2048, 2049, 5000] {
            let x = varied(len, 30, &mut Random(len as u64));
            check::<Z2<40>, Z2<7>>(2, 1, &x, 30, variant);
            check::<Z2<40>, Z2<64>>(3, 2, &x, 30, variant);
        }
    }
}
