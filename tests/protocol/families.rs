//! Everything that stands on comparisons, by every family, against plain integers.
#![cfg(feature = "std")]

use crate::common::{Random, input, open, run};
use ringshare::correlation::compare::Wish;
use ringshare::correlation::compare::legendre::Variant;
use ringshare::protocol::{Error, Family, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

const FAMILIES: [Family; 9] = [
    Family::Lookup(Wish::Balanced),
    Family::Lookup(Wish::Rounds),
    Family::Lookup(Wish::DealerBytes),
    Family::Lookup(Wish::Cpu),
    Family::Dcf,
    Family::Bitwise,
    Family::Legendre(Variant::Bsgn0),
    Family::Legendre(Variant::Bsgn1),
    Family::Legendre(Variant::Bsgn2),
];

/// Bit lengths that a family compares in R: the shortest, the longest, and every eleventh of the others.
fn lengths<R: Ring>(family: Family) -> impl Iterator<Item = u32> {
    let most = match family {
        Family::Legendre(variant) => variant.bits().min(R::BITS - 1),
        _ => R::BITS.min(64),
    };
    (2..=most).filter(move |bits| *bits < 4 || bits % 11 == 9 || bits + 2 > most)
}

/// As many parties as the family takes, another number for every `n`.
fn simulation(family: Family, n: u32) -> Simulation {
    let parties = if family == Family::Dcf { 2 } else { 2 + n as usize % 6 };
    Simulation::new(parties).seed(n.into())
}

/// Numbers of `bits` bits: edges, near them, short ones and long ones.
fn numbers(bits: u32, len: usize, random: &mut Random) -> Vec<i128> {
    let low = |value: i128| value << (128 - bits) >> (128 - bits);
    let top = 1i128 << (bits - 1);
    let mut numbers: Vec<i128> =
        [0, 1, -1, top - 1, -top, 1 - top, top / 2, -top / 2, top / 2 - 1].map(low).to_vec();
    numbers.extend((numbers.len()..len).map(|i| low((random.next() >> (i % 64)) as i128)));
    numbers
}

fn words<R: Ring>(numbers: &[i128]) -> Vec<R::Word> {
    numbers.iter().map(|&number| R::Word::from_signed(number)).collect()
}

fn modulo<O: Ring>(number: i128) -> u128 {
    (O::Word::from_signed(number) & O::Word::mask(O::BITS)).widen()
}

/// A name, what comes out, and the function of two shared vectors that is to give it.
type Step<'a, R> = (&'static str, Vec<u128>, Function<'a, R>);
type Function<'a, R> = &'a (dyn Fn(&mut Party, [&Share<R>; 2]) -> Result<Vec<u128>, Error> + Sync);

macro_rules! step {
    ($name:literal, $expected:expr, |$party:ident, $inputs:pat_param| $out:expr) => {
        ($name, $expected.collect::<Vec<_>>(), &|$party, $inputs| {
            let out = $out?;
            open($party, &out)
        })
    };
}

fn holds<R: Ring>(family: Family, bits: u32, [a, b]: [&[i128]; 2], steps: &[Step<'_, R>]) {
    let (own_a, own_b) = (words::<R>(a), words::<R>(b));
    let outputs = run(&simulation(family, bits), &|party| {
        party.set_comparison(family);
        let (a, b) = (input::<R>(party, 0, &own_a)?, input::<R>(party, 1, &own_b)?);
        let mut all = vec![];
        for (name, expected, function) in steps {
            let out = function(party, [&a, &b])?;
            assert_eq!(out.len(), expected.len(), "{name}");
            all.extend(out);
        }
        Ok(all)
    });
    for output in outputs {
        let mut output = output.into_iter();
        for (name, expected, _) in steps {
            for (i, &expected) in expected.iter().enumerate() {
                assert_eq!(output.next(), Some(expected), "{name} of {bits} bits by {family:?}, place {i}");
            }
        }
    }
}

/// ⌊x / 2^shift⌋, or one more where something is dropped.
fn is_rounded<O: Ring>(x: i128, shift: u32, out: u128) -> bool {
    let low = x >> shift;
    out == modulo::<O>(low) || x != low << shift && out == modulo::<O>(low + 1)
}

/// The results of all shifts, one after the other.
fn each_shift<O: Ring>(
    shifts: &[u32],
    mut by: impl FnMut(u32) -> Result<Share<O>, Error>,
) -> Result<Share<O>, Error> {
    let mut all = Vec::new();
    for &shift in shifts {
        all.extend_from_slice(by(shift)?.expose());
    }
    Ok(Share::from_words(all))
}

fn of_one<R: Ring, O: Ring>() {
    for family in FAMILIES {
        for bits in lengths::<R>(family) {
            let x = &numbers(bits, 40, &mut Random(bits.into()));
            let half: &Vec<i128> = &x.iter().map(|x| x >> 1).collect();
            let ceiling = (1 << (bits - 1)) / 3;
            let ceiling_word = R::Word::from_signed(ceiling);
            let values = [77, -5].map(O::Word::from_signed);
            let each = |f: fn(i128) -> i128| x.iter().map(move |&x| modulo::<O>(f(x)));
            let clipped = half.iter().map(|x| modulo::<O>((*x).clamp(0, ceiling)));
            let shifts = [0, 1, bits / 2, bits - 1];
            // A floor takes fewer bits than the ring has, and than 64.
            let shifts = if bits < R::BITS.min(64) { &shifts[..] } else { &[] };
            let floors = shifts.iter().flat_map(|&shift| x.iter().map(move |x| modulo::<O>(x >> shift)));
            let steps: [Step<'_, R>; 10] = [
                step!("compare", each(|x| if x < 0 { -5 } else { 77 }), |party, [x, _]| party
                    .compare::<R, O>(x, bits, values)),
                step!("sign", each(|x| if x < 0 { -1 } else { 1 }), |party, [x, _]| party
                    .sign::<R, O>(x, bits)),
                step!("negative", each(|x| (x < 0).into()), |party, [x, _]| party.negative::<R, O>(x, bits)),
                step!("zero", each(|x| (x == 0).into()), |party, [x, _]| party.zero::<R, O>(x, bits)),
                step!("relu", each(|x| x.max(0)), |party, [x, _]| party.relu::<R, O>(x, bits)),
                step!("abs", x.iter().map(|x| modulo::<R>(x.abs())), |party, [x, _]| party.abs(x, bits)),
                step!("clipped relu", clipped, |party, [_, half]| party.clipped_relu::<R, O>(
                    half,
                    bits,
                    ceiling_word
                )),
                step!("bits x < 0", each(|x| (x < 0).into()), |party, [x, _]| {
                    let bits = party.negative_bits(x, bits)?;
                    party.arithmetic::<O>(&bits)
                }),
                step!("bits x = 0", each(|x| (x == 0).into()), |party, [x, _]| {
                    let bits = party.zero_bits(x, bits)?;
                    party.arithmetic::<O>(&bits)
                }),
                step!("floors", floors, |party, [x, _]| each_shift(shifts, |shift| {
                    party.truncate_floor::<R, O>(x, bits, shift)
                })),
            ];
            holds(family, bits, [x, half], &steps);
            let shifts = [1, bits / 2, bits - 1];
            let out = run(&simulation(family, bits), &|party| {
                party.set_comparison(family);
                let x = input::<R>(party, 0, &words::<R>(x))?;
                let out = each_shift(&shifts, |shift| party.relu_truncate::<R, O>(&x, bits, shift))?;
                open(party, &out)
            });
            assert_eq!(out[0].len(), shifts.len() * x.len());
            for (shift, out) in shifts.iter().zip(out[0].chunks(x.len())) {
                // Room is left above them.
                let most = (1 << (bits - 1)) - (1 << shift);
                for (x, out) in x.iter().zip(out).filter(|(x, _)| **x <= most) {
                    let fits = is_rounded::<O>(*x.max(&0), *shift, *out);
                    assert!(fits, "{out} of {x} of {bits} bits by {shift}, {family:?}");
                }
            }
        }
    }
}

#[test]
fn functions_of_one_number_into_rings_of_any_width() {
    of_one::<Z2<3>, Z2<77>>();
    of_one::<Z2<8>, Z2<1>>();
    of_one::<Z2<13>, Z2<13>>();
    of_one::<Z2<33>, Z2<33>>();
    of_one::<Z2<47>, Z2<3>>();
    of_one::<Z2<64>, Z2<64>>();
    of_one::<Z2<77>, Z2<1>>();
    of_one::<Z2<128>, Z2<128>>();
}

fn of_two<R: Ring, O: Ring>() {
    for family in FAMILIES {
        for bits in lengths::<R>(family) {
            // Differences fit.
            let mut random = Random(bits.into());
            let mut half = || numbers(bits - 1, 36, &mut random);
            let (a, mut b) = (half(), half());
            b.reverse();
            b.iter_mut().zip(&a).step_by(4).for_each(|(b, a)| *b = *a);
            let public = &words::<R>(&b);
            let bit = |f: fn(i128, i128) -> bool| a.iter().zip(&b).map(move |(&a, &b)| u128::from(f(a, b)));
            let one = |f: fn(i128, i128) -> i128| a.iter().zip(&b).map(move |(&a, &b)| modulo::<R>(f(a, b)));
            let most = a.chunks(4).map(|w| modulo::<R>(*w.iter().max().unwrap()));
            let least = a.chunks(9).map(|w| modulo::<R>(*w.iter().min().unwrap()));
            let steps: [Step<'_, R>; 8] = [
                step!("greater", bit(|a, b| a > b), |party, [a, b]| party.greater::<R, O>(a, b, bits)),
                step!("equal", bit(|a, b| a == b), |party, [a, b]| party.equal::<R, O>(a, b, bits)),
                step!("equal to public numbers", bit(|a, b| a == b), |party, [a, _]| party
                    .equal_public::<R, O>(a, public, bits)),
                step!("maximum", one(i128::max), |party, [a, b]| party.maximum(a, b, bits)),
                step!("minimum", one(i128::min), |party, [a, b]| party.minimum(a, b, bits)),
                step!("select", one(|a, b| if a < 0 { a } else { b }), |party, [a, b]| {
                    let negative = party.negative_bits(a, bits)?;
                    party.select(&negative, a, b)
                }),
                step!("maximum of 4", most, |party, [a, _]| party.maximum_of(a, 4, bits)),
                step!("minimum of 9", least, |party, [a, _]| party.minimum_of(a, 9, bits)),
            ];
            holds(family, bits, [&a, &b], &steps);
            // A place of 6 takes 3 bits.
            if O::BITS >= 3 {
                let place =
                    |w: &[i128], of: Option<&i128>| w.iter().position(|x| Some(x) == of).unwrap() as u128;
                let most = a.chunks(6).map(|w| place(w, w.iter().max()));
                let least = a.chunks(3).map(|w| place(w, w.iter().min()));
                let steps: [Step<'_, R>; 2] = [
                    step!("argmax", most, |party, [a, _]| party.argmax::<R, O>(a, 6, bits)),
                    step!("argmin", least, |party, [a, _]| party.argmin::<R, O>(a, 3, bits)),
                ];
                holds(family, bits, [&a, &b], &steps);
            }
        }
    }
}

#[test]
fn functions_of_two_numbers_and_of_windows() {
    of_two::<Z2<3>, Z2<77>>();
    of_two::<Z2<13>, Z2<13>>();
    of_two::<Z2<33>, Z2<1>>();
    of_two::<Z2<63>, Z2<3>>();
    of_two::<Z2<64>, Z2<3>>();
    of_two::<Z2<128>, Z2<3>>();
}

#[test]
fn lengths_that_are_none_are_refused_for_any_size_of_a_window() {
    for family in FAMILIES {
        for (size, bits) in [(1, 1), (2, 1), (1, 14), (2, 14), (1, u32::MAX)] {
            let x = Share::<Z2<13>>::zeros(4);
            let greatest = simulation(family, 0).run(|party| {
                party.set_comparison(family);
                party.maximum_of(&x, size, bits).map(drop)
            });
            let place = simulation(family, 0).run(|party| {
                party.set_comparison(family);
                party.argmax::<_, Z2<13>>(&x, size, bits).map(drop)
            });
            for refused in [greatest, place] {
                let text = refused.unwrap_err().to_string();
                assert!(text.contains(&format!("expected 2 to 13, found {bits}")), "{text}");
            }
        }
    }
}
