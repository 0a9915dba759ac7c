//! Comparison by Legendre symbols, against plain integers and Euler's criterion.
#![cfg(feature = "std")]

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

/// What a party gets for values of party 1, opened.
fn outputs<O: Send>(simulation: &Simulation, f: impl Fn(&mut Party) -> Result<O, Error> + Sync) -> Vec<O> {
    simulation.run(f).unwrap().outputs
}

#[test]
fn the_common_interface_gives_signs() {
    for variant in VARIANTS {
        let bits = variant.bits();
        let x: Vec<i64> = (-1 << (bits - 1)..1 << (bits - 1)).collect();
        let negative: Vec<u64> = x.iter().map(|&x| u64::from(x < 0)).collect();
        for parties in [2, 3, 4] {
            for topology in [Topology::Direct, Topology::Scatter] {
                let simulation = Simulation::new(parties).topology(topology).seed(3);
                let results = outputs(&simulation, |party| {
                    party.set_comparison(Family::Legendre(variant));
                    assert_eq!(party.comparison(), Family::Legendre(variant));
                    let x = input::<Z2<14>>(party, 1, &words(&x))?;
                    let zeros = Share::zeros(x.len());
                    let shares = [
                        party.negative::<_, Z2<64>>(&x, bits)?,
                        party.greater::<_, Z2<64>>(&zeros, &x, bits)?,
                        party.compare::<_, Z2<64>>(&x, bits, [7, 9])?,
                        party.sign::<_, Z2<64>>(&x, bits)?,
                    ];
                    let bits = party.negative_bits(&x, bits)?;
                    let mut out = Vec::new();
                    for share in shares {
                        out.push(party.open(&share)?);
                    }
                    Ok((out, party.open_bits(&bits)?))
                });
                for (out, bits) in results {
                    assert_eq!((&out[0], &out[1]), (&negative, &negative));
                    for (i, &negative) in negative.iter().enumerate() {
                        assert_eq!(out[2][i], 7 + 2 * negative);
                        assert_eq!(out[3][i], 1u64.wrapping_sub(2 * negative));
                        assert_eq!(bits[i / 64] >> (i % 64) & 1, negative);
                    }
                }
            }
        }
    }
}

#[test]
fn bits_of_any_number_of_values() {
    for len in [0, 1, 7, 8, 63, 64, 65, 130] {
        let x: Vec<i64> = (0..len).map(|i| if i % 3 == 0 { -i - 1 } else { i }).collect();
        let run = outputs(&Simulation::new(3), |party| {
            party.set_comparison(Family::Legendre(Variant::Bsgn1));
            let x = input::<Z2<10>>(party, 0, &words(&x))?;
            party.negative_bits(&x, 9)
        });
        let open = |shares: Vec<BitShare>| {
            shares.into_iter().reduce(|mut a, b| {
                a.xor_assign(&b);
                a
            })
        };
        let opened = open(run).unwrap();
        assert_eq!(opened.len() as i64, len);
        for (i, x) in x.iter().enumerate() {
            assert_eq!(opened.expose()[i / 64] >> (i % 64) & 1 == 1, *x < 0, "place {i} of {len}");
        }
    }
}

#[test]
fn an_argmax_can_stand_on_it() {
    let x = [3i64, 90, -4, 90, 7, 7, 6, 5, -60, -61, -62, -63];
    let family = Family::Legendre(Variant::Bsgn1);
    let places = outputs(&Simulation::new(3), |party| {
        party.set_comparison(family);
        let x = input::<Z2<14>>(party, 1, &words(&x))?;
        let place = party.argmax::<_, Z2<14>>(&x, 4, 9)?;
        party.open(&place)
    });
    assert!(places.iter().all(|places| *places == [1, 0, 0]));
}

#[test]
fn relu_and_equality_can_stand_on_it() {
    let x: Vec<i64> = (-256..256).collect();
    for variant in [Variant::Bsgn1, Variant::Bsgn2] {
        let run = outputs(&Simulation::new(3), |party| {
            party.set_comparison(Family::Legendre(variant));
            let x = input::<Z2<14>>(party, 1, &words(&x))?;
            let relu = party.relu::<_, Z2<33>>(&x, 9)?;
            let half = party.relu_truncate::<_, Z2<33>>(&x, 9, 1)?;
            let zero = party.zero::<_, Z2<33>>(&x, 9)?;
            Ok([party.open(&relu)?, party.open(&half)?, party.open(&zero)?])
        });
        for [relu, half, zero] in run {
            for (i, &x) in x.iter().enumerate() {
                assert_eq!((relu[i], zero[i]), (x.max(0) as u64, u64::from(x == 0)), "{x}");
                let rest = 2 * half[i] as i64 - x.max(0);
                assert!(rest.abs() <= x & 1, "half of {x}");
            }
        }
    }
}

#[test]
fn the_direct_method_is_the_majority_of_symbols_whatever_the_value() {
    for variant in VARIANTS {
        let mut x = varied(3000, MAX_BITS, &mut Random(7));
        x.extend([(1 << 60) - 1, -1 << 60, 1 << 59, 135, -136, 0]);
        for parties in [2, 5] {
            let run = outputs(&Simulation::new(parties).seed(4), |party| {
                let x = input::<Z2<64>>(party, 1, &words(&x))?;
                let sign = party.legendre::<_, Z2<8>>(&x, MAX_BITS, variant, sign_values::<Z2<8>>())?;
                party.open(&sign)
            });
            for out in run {
                assert!(x.iter().zip(out).all(|(&x, out)| out as i8 == bsgn(variant, x)), "{variant:?}");
            }
        }
    }
}

/// What a party says to bits that are not taken, before it has asked or sent anything.
fn refused<R: Ring>(family: Option<Variant>, bits: u32) -> bool {
    let mut party = Party::dry(2);
    let x = Share::<R>::zeros(3);
    let results = match family {
        Some(variant) => {
            party.set_comparison(Family::Legendre(variant));
            let results = [
                party.sign::<R, Z2<5>>(&x, bits).map(drop),
                party.negative_bits(&x, bits).map(drop),
                party.greater::<R, Z2<5>>(&x, &x, bits).map(drop),
            ];
            results.to_vec_of_errors()
        }
        None => {
            let values = bit_values::<Z2<5>>();
            [party.legendre::<R, Z2<5>>(&x, bits, Variant::Bsgn1, values).map(drop)].to_vec_of_errors()
        }
    };
    let dry = party.take_dry_run();
    let nothing = dry.recipe.requests().is_empty() && dry.sent_bytes == 0;
    let range =
        |error: &Option<Error>| matches!(error, Some(Error::Range { found, .. }) if *found == bits as u64);
    let all = results.iter().all(range);
    assert!(all == nothing && all == results.iter().any(Option::is_some));
    all
}

trait Errors {
    fn to_vec_of_errors(self) -> Vec<Option<Error>>;
}

impl<const N: usize> Errors for [Result<(), Error>; N] {
    fn to_vec_of_errors(self) -> Vec<Option<Error>> {
        self.into_iter().map(Result::err).collect()
    }
}

#[test]
fn bits_that_do_not_fit_are_refused_before_anything_is_sent() {
    for variant in VARIANTS {
        let most = variant.bits();
        for bits in 0..=70 {
            assert_eq!(refused::<Z2<64>>(Some(variant), bits), !(2..=most).contains(&bits));
            // No spare bit.
            assert_eq!(refused::<Z2<7>>(Some(variant), bits), !(2..=6).contains(&bits));
        }
    }
    for bits in (0..=130).chain([u32::MAX]) {
        assert_eq!(refused::<Z2<128>>(None, bits), !(2..=61).contains(&bits));
        assert_eq!(refused::<Z2<62>>(None, bits), !(2..=61).contains(&bits));
        assert_eq!(refused::<Z2<20>>(None, bits), !(2..=19).contains(&bits));
        assert!(refused::<Z2<1>>(None, bits) && refused::<Z2<2>>(None, bits));
    }
}

/// The statistic of a chi-square test of elements below p by 256 equal intervals, far below what one in
/// a million of uniform samples exceeds (378) if all is well.
fn chi_square(elements: &[u64], p: u64) -> f64 {
    let mut counts = [0f64; 256];
    elements.iter().for_each(|&x| counts[(x as u128 * 256 / p as u128) as usize] += 1.0);
    let expected = elements.len() as f64 / 256.0;
    counts.iter().map(|count| (count - expected).powi(2) / expected).sum()
}

#[test]
fn what_is_opened_and_dealt_is_uniform() {
    const LEN: usize = 1 << 14;
    for variant in VARIANTS {
        let (field, p) = (variant.field(), variant.prime());
        let request = Legendre::<Z2<14>, Z2<64>>::request(LEN, 10, variant);
        for x in [0, -1, 511, -512] {
            let mut stores = stores(2, 5, &Recipe(vec![request.clone()]));
            let opened = products::<Z2<14>, Z2<64>>(&mut stores, &[x; LEN], 10, variant, &mut Random(3));
            assert!(chi_square(&opened.b, p) < 378.0, "{variant:?}, b of {x}");
            let y: Vec<u64> = opened.y.iter().map(|&y| y as u64).collect();
            assert!(chi_square(&y, 1 << 11) < 378.0, "{variant:?}, y of {x}");
            // Squares and others as often, and of one value's as of another's.
            let mut words = vec![0; opened.b.len() / 64];
            field.symbols(&opened.b, &mut words);
            let (symbols, expected) = (words.chunks(LEN / 64), LEN as f64 / 2.0);
            for i in symbols.clone() {
                for j in symbols.clone() {
                    let bits = |a: &u64, b: &u64| if i == j { a.count_ones() } else { (a ^ b).count_ones() };
                    let ones: u32 = i.iter().zip(j).map(|(a, b)| bits(a, b)).sum();
                    assert!((ones as f64 - expected).abs() < 6.0 * (expected / 2.0).sqrt(), "{ones} ones");
                }
            }
            for i in opened.b.chunks(LEN) {
                for j in opened.b.chunks(LEN).filter(|j| *j != i) {
                    let difference: Vec<u64> = i.iter().zip(j).map(|(&i, &j)| field.sub(i, j)).collect();
                    assert!(chi_square(&difference, p) < 378.0, "{variant:?}, differences");
                }
            }
        }
        let (_, correction) =
            Deck::new(&crate::common::seeds(2, 5)).unwrap().deal(&request).unwrap().unwrap();
        let words: Vec<u64> = correction.chunks_exact(8).map(u64::read_le).collect();
        let (products, entries) = words.split_at(2 * LEN * variant.symbols());
        for vector in products.chunks(2 * LEN) {
            let candidate = |n: usize| vector.iter().skip(n).step_by(2).copied().collect::<Vec<_>>();
            let [first, second] = [0, 1].map(candidate);
            let difference: Vec<u64> = first.iter().zip(&second).map(|(&a, &b)| field.sub(a, b)).collect();
            for elements in [first, second, difference] {
                assert!(chi_square(&elements, p) < 378.0, "{variant:?}, a correction");
            }
        }
        for entries in entries.chunks(LEN) {
            let tops: Vec<u64> = entries.iter().map(|entry| entry >> 1).collect();
            assert!(chi_square(&tops, 1 << 63) < 378.0, "{variant:?}, entries");
        }
    }
}

#[test]
fn corrections_with_words_that_are_no_elements_are_refused() {
    for variant in VARIANTS {
        let request = Legendre::<Z2<14>, Z2<5>>::request(3, 10, variant);
        let bytes = request.correction().unwrap().1;
        let finish = |correction: Vec<u8>| {
            let mut store = Store::new(crate::common::seeds(2, 1).row(0).unwrap());
            store.put(request.clone(), Some(correction)).unwrap();
            let taken = Legendre::<Z2<14>, Z2<5>>::take(&mut store, 3, 10, variant).unwrap();
            let (_, masked) = taken.mask(&Share::zeros(3));
            // One entry of each pair is read.
            let y = [0, 1 << 10, 0];
            let (b, products) = masked.products(&y)?;
            products.finish(&b, [0, 1]).map(drop)
        };
        assert_eq!(finish(vec![0; bytes]), Ok(()));
        let element = OfflineError::Element { prime: variant.prime() };
        assert!(element.to_string().contains(&format!("expected elements below {}", variant.prime())));
        let with = |at: usize, word: u64| {
            let mut correction = vec![0; bytes];
            correction[8 * at..8 * at + 8].copy_from_slice(&word.to_le_bytes());
            finish(correction)
        };
        for value in 0..3 * variant.symbols() {
            let read = 2 * value + usize::from(value % 3 == 1);
            assert_eq!(with(read, variant.prime()), Err(element.clone()));
            assert_eq!(with(read, u64::MAX), Err(element.clone()));
            assert_eq!(with(read, variant.prime() - 1), Ok(()));
        }
        // Padding behind the entries.
        let mut correction = vec![0; bytes];
        correction[bytes - 1] = 0xff;
        assert_eq!(finish(correction), Err(OfflineError::Padding));
    }
}

#[test]
fn the_cost_is_that_of_the_request() {
    for variant in VARIANTS {
        for (len, output) in [(0, Elements::of::<Z2<1>>()), (77, Elements::of::<Z2<14>>())] {
            let cost = Family::Legendre(variant).cost(len, 8, Some(output));
            let symbols = variant.symbols();
            assert_eq!((cost.rounds, cost.opened_bits), (2, (9 + 64 * symbols as u64) * len as u64));
            let entries = (1 << (symbols - 1)) * (len * output.bits as usize).div_ceil(8);
            assert_eq!(cost.dealer_bytes, (16 * symbols * len + entries) as u64);
        }
    }
}
