//! ReLU and what is made of it, equality and truncation between parties, against plain integers.
#![cfg(feature = "std")]

use crate::common::{Program, Random, input, open, run, wide};
use ringshare::correlation::compare::Wish;
use ringshare::protocol::{Family, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

/// Signed values that fit `bits` bits, ends and powers of two among them.
fn values(bits: u32, len: usize, random: &mut Random) -> Vec<i128> {
    let low = |value: i128| value << (128 - bits) >> (128 - bits);
    let mut values: Vec<i128> = (0..len).map(|_| low((random.next() >> random.below(64)) as i128)).collect();
    values.extend((0..bits).flat_map(|b| [(1 << b) - 1, 1 << b, -(1 << b), 1 - (1 << b)]).map(low));
    values.extend([0, 1, -1].map(low));
    values
}

fn words<R: Ring>(values: &[i128]) -> Vec<R::Word> {
    values.iter().map(|&value| R::Word::from_signed(value)).collect()
}

/// Numbers modulo 2^k of O.
fn modulo<O: Ring>(values: impl IntoIterator<Item = i128>) -> Vec<u128> {
    let mask = O::Word::mask(O::BITS);
    values.into_iter().map(|value| (O::Word::from_signed(value) & mask).widen()).collect()
}

/// Runs a program by every wish, with 2 to 7 parties; the results, of which everyone has the same.
fn every(seed: u64, program: Program<'_>) -> Vec<Vec<u128>> {
    let results = WISHES.iter().enumerate().map(|(i, &wish)| {
        let simulation = Simulation::new(2 + (seed as usize + i) % 6).seed(seed);
        let outputs = run(&simulation, &|party| {
            party.set_comparison(Family::Lookup(wish));
            program(party)
        });
        assert!(outputs.iter().all(|output| *output == outputs[0]));
        outputs[0].clone()
    });
    results.collect()
}

const WISHES: [Wish; 4] = [Wish::Balanced, Wish::Rounds, Wish::DealerBytes, Wish::Cpu];

/// Holds the results of a program, which gets x and its bit length, to what every x gives.
macro_rules! holds {
    ($R:ty => $O:ty, $bits:expr, $seed:expr, |$party:ident, $x:ident| $body:expr, |$v:ident| $expected:expr) => {{
        let bits: u32 = $bits;
        let values = values(bits, 100, &mut Random($seed + bits as u64));
        let own = words::<$R>(&values);
        let expected = modulo::<$O>(values.iter().map(|&$v| $expected));
        let found = every($seed, &|$party| {
            let $x = &input::<$R>($party, 1, &own)?;
            let out = $body?;
            open::<$O>($party, &out)
        });
        for found in found {
            for ((found, expected), value) in found.iter().zip(&expected).zip(&values) {
                assert_eq!(found, expected, "{value} at {bits} bits");
            }
        }
    }};
}

fn relu<R: Ring, O: Ring>() {
    for bits in 2..=R::BITS.min(64) {
        holds!(R => O, bits, 1, |party, x| party.relu::<R, O>(x, bits), |v| v.max(0));
    }
}

#[test]
fn relu_at_every_bit_length_into_rings_of_any_width() {
    at_pairs!(relu());
}

fn family<R: Ring>() {
    let widest = R::BITS.min(64);
    for bits in [2, 3, 5, widest / 2, widest - 1, widest] {
        holds!(R => R, bits, 2, |party, x| party.abs(x, bits), |v| v.abs());
        holds!(R => R, bits, 4, |party, x| party.zero::<R, R>(x, bits), |v| i128::from(v == 0));
        holds!(R => Z2<1>, bits, 5, |party, x| party.zero::<R, Z2<1>>(x, bits), |v| i128::from(v == 0));
        let bits = bits.min(widest - 1);
        for shift in [0, 1, bits / 2, bits - 1] {
            holds!(R => R, bits, 6, |party, x| party.truncate_floor::<R, R>(x, bits, shift), |v| v >> shift);
        }
        // x − ceiling takes a bit more than x.
        let ceiling = (1i128 << (bits - 1)) / 3;
        let clip = R::Word::from_signed(ceiling);
        let compared = (bits + 1).min(widest);
        holds!(R => R, bits, 3, |party, x| party.clipped_relu::<R, R>(x, compared, clip), |v| v.clamp(0, ceiling));
    }
}

#[test]
fn abs_clipping_equality_and_floor_in_rings_of_any_width() {
    family::<Z2<5>>();
    family::<Z2<8>>();
    family::<Z2<14>>();
    family::<Z2<20>>();
    family::<Z2<33>>();
    family::<Z2<64>>();
    family::<Z2<77>>();
}

#[test]
fn floors_change_the_ring() {
    for (bits, shift) in [(7, 3), (19, 0), (19, 12), (30, 7), (31, 30)] {
        holds!(Z2<32> => Z2<64>, bits, 7, |party, x| party.truncate_floor::<_, Z2<64>>(x, bits, shift), |v| v >> shift);
        holds!(Z2<32> => Z2<6>, bits, 8, |party, x| party.truncate_floor::<_, Z2<6>>(x, bits, shift), |v| v >> shift);
        holds!(Z2<32> => Z2<128>, bits, 9, |party, x| party.truncate::<_, Z2<128>>(x, bits, 0), |v| v);
    }
}

/// Values, the same value at every place, and how often each result came.
fn rounded(bits: u32, shift: u32, value: i128, relu: bool) -> (Vec<u128>, usize) {
    type R = Z2<32>;
    let len = 1 << 14;
    let own = vec![value as u32; len];
    let program: Program<'_> = &|party| {
        let x = input::<R>(party, 0, &own)?;
        let out = if relu {
            party.relu_truncate::<R, R>(&x, bits, shift)?
        } else {
            party.truncate::<R, R>(&x, bits, shift)?
        };
        Ok(wide(&party.open(&out)?))
    };
    let out = run(&Simulation::new(3).seed(value as u64), program).swap_remove(0);
    let floor = u128::from((value >> shift) as u32);
    let up = out.iter().filter(|&&out| out != floor).count();
    (out, up)
}

#[test]
fn rounding_is_by_one_unit_and_unbiased() {
    let len = f64::from(1 << 14);
    for value in [0i128, 1, 5, 100, 255, 256, 300, 511, 130_000, (1 << 19) - 1] {
        for (relu, value) in [(true, value.min((1 << 19) - (1 << 8))), (false, value), (false, -value)] {
            let (out, up) = rounded(20, 8, value, relu);
            let floor = (value >> 8) as u32;
            assert!(
                out.iter().all(|&out| out == u128::from(floor) || out == u128::from(floor.wrapping_add(1)))
            );
            let probability = (value & 255) as f64 / 256.0;
            // Five standard deviations.
            let slack = 5.0 * (len * probability * (1.0 - probability)).sqrt();
            assert!(
                (up as f64 - len * probability).abs() <= slack,
                "{value}: {up} of {len} at {probability}"
            );
        }
    }
    let (out, _) = rounded(20, 8, -(1 << 19), true);
    assert!(out.iter().all(|&out| out == 0));
}

#[test]
fn maxima_and_minima() {
    type R = Z2<16>;
    let mut random = Random(5);
    for size in 1..=9 {
        let windows = 40;
        let own: Vec<i128> = (0..windows * size).map(|_| random.below(2000) as i128 - 1000).collect();
        let words = words::<R>(&own);
        let result =
            |program: Program<'_>| run(&Simulation::new(2 + size % 3).seed(1), program).swap_remove(0);
        let greatest = result(&|party| {
            let x = input::<R>(party, 0, &words)?;
            let out = party.maximum_of(&x, size, 12)?;
            open(party, &out)
        });
        let least = result(&|party| {
            let x = input::<R>(party, 0, &words)?;
            let out = party.minimum_of(&x, size, 12)?;
            open(party, &out)
        });
        let place = result(&|party| {
            let x = input::<R>(party, 0, &words)?;
            let out = party.argmin::<R, R>(&x, size, 12)?;
            open(party, &out)
        });
        let window = |w: usize| &own[w * size..][..size];
        assert_eq!(greatest, modulo::<R>((0..windows).map(|w| *window(w).iter().max().unwrap())));
        assert_eq!(least, modulo::<R>((0..windows).map(|w| *window(w).iter().min().unwrap())));
        let first = |w: usize| window(w).iter().position(|v| v == window(w).iter().min().unwrap()).unwrap();
        assert_eq!(place, (0..windows).map(|w| first(w) as u128).collect::<Vec<_>>());
    }
}

#[test]
fn equality_with_shared_and_public_numbers() {
    type R = Z2<20>;
    let mut random = Random(6);
    let a: Vec<u32> = random.words(500);
    // Equal in the low 14 bits, in all 20, or in none.
    let change = |(i, a): (usize, &u32)| a ^ [0, 1 << 14, 1, 1 << 13, 1 << 19, 1 << 25][i % 6];
    let b: Vec<u32> = a.iter().enumerate().map(change).collect();
    for (bits, mask) in [(14, (1 << 14) - 1), (20, (1 << 20) - 1)] {
        let expected: Vec<u128> = a.iter().zip(&b).map(|(a, b)| u128::from((a ^ b) & mask == 0)).collect();
        for public in [false, true] {
            let program: Program<'_> = &|party| {
                let x = input::<R>(party, 0, &a)?;
                let out = if public {
                    party.equal_public::<R, R>(&x, &b, bits)?
                } else {
                    let y = input::<R>(party, 1, &b)?;
                    party.equal::<R, R>(&x, &y, bits)?
                };
                open(party, &out)
            };
            assert_eq!(run(&Simulation::new(3), program)[2], expected);
        }
        let program: Program<'_> = &|party| {
            let (x, y) = (input::<R>(party, 0, &a)?, input::<R>(party, 1, &b)?);
            let bits = party.equal_bits(&x, &y, bits)?;
            let words = party.open_bits(&bits)?;
            Ok((0..bits.len()).map(|i| u128::from(words[i / 64] >> (i % 64) & 1)).collect())
        };
        assert_eq!(run(&Simulation::new(3), program)[2], expected);
    }
}

#[test]
fn greater_than_as_bits() {
    type R = Z2<16>;
    let mut random = Random(7);
    let [a, b] = [(); 2].map(|()| (0..300).map(|_| random.below(9) as u16).collect::<Vec<_>>());
    let program: Program<'_> = &|party| {
        let (x, y) = (input::<R>(party, 0, &a)?, input::<R>(party, 1, &b)?);
        let bits = party.greater_bits(&x, &y, 5)?;
        let words = party.open_bits(&bits)?;
        Ok((0..bits.len()).map(|i| u128::from(words[i / 64] >> (i % 64) & 1)).collect())
    };
    let expected: Vec<u128> = a.iter().zip(&b).map(|(a, b)| u128::from(a > b)).collect();
    assert_eq!(run(&Simulation::new(4), program)[3], expected);
}

#[test]
fn ceilings_below_zero_are_refused() {
    let clipped = |ceiling: u16, bits| {
        let mut party = Party::dry(2);
        let error = party.clipped_relu::<Z2<14>, Z2<14>>(&Share::zeros(3), bits, ceiling).err();
        assert_eq!(party.take_dry_run().recipe.requests().is_empty(), error.is_some());
        error.map(|error| error.to_string())
    };
    for (ceiling, bits) in [(0, 10), (512, 10), (8192, 14), (1 << 14 | 7, 10)] {
        assert_eq!(clipped(ceiling, bits), None);
    }
    let expected = Some("ceiling of a ReLU: expected 0 to 512, found 16383".into());
    assert_eq!(clipped(u16::MAX, 10), expected);
    assert!(clipped(513, 10).is_some());
}
