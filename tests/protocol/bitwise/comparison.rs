//! The tree of borrows, and the comparison by it.

use ringshare::correlation::bits::Circuit;
use ringshare::correlation::compare::sign_values;
use ringshare::protocol::Family;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;
use ringshare::with_ring;

use super::{LENS, Local, bit, low, values};
use crate::common::compare::all_pairs;
use crate::common::{Random, all, input, open, wide};

const CIRCUITS: [Circuit; 3] = [Circuit::Sign, Circuit::Zero, Circuit::Bits];

#[test]
fn every_value_under_every_mask_up_to_8_bits() {
    for parties in [2, 3, 5] {
        for bits in 2..=8 {
            for circuit in CIRCUITS {
                let local = Local { parties, session: bits as u64, bits, circuit };
                let len = (1 << (2 * bits)) * 3 / 2 + (64 << bits);
                let masks = local.masks::<Z2<8>>(len);
                local.check::<Z2<8>>(&all_pairs(&masks, bits));
            }
        }
    }
}

#[test]
fn every_length_of_numbers_and_any_number_of_parties() {
    for bits in 2..=64 {
        let mut random = Random(bits as u64);
        for parties in 2..=7 {
            for circuit in CIRCUITS {
                with_ring!(bits, R => {
                    let x = values::<<R as Ring>::Word>(800, bits, &mut random);
                    Local { parties, session: bits as u64, bits, circuit }.check::<R>(&x);
                });
            }
        }
    }
}

#[test]
fn low_bits_inside_wider_rings() {
    for bits in 2..=64 {
        let mut random = Random(bits as u64);
        for circuit in CIRCUITS {
            let local = Local { parties: 2, session: 1, bits, circuit };
            local.check::<Z2<64>>(&values(700, bits, &mut random));
            local.check::<Z2<65>>(&values(700, bits, &mut random));
            local.check::<Z2<128>>(&values(700, bits, &mut random));
        }
    }
}

#[test]
fn any_length_of_the_vector() {
    for bits in [2, 3, 5, 8, 13, 14, 31, 33, 64] {
        let mut random = Random(bits as u64);
        for len in LENS.into_iter().chain([32_768, 32_769, 40_000]) {
            for circuit in CIRCUITS {
                for parties in [2, 3] {
                    with_ring!(bits, R => {
                        let x = values::<<R as Ring>::Word>(len, bits, &mut random);
                        Local { parties, session: len as u64, bits, circuit }.check::<R>(&x);
                    });
                }
            }
        }
    }
}

/// Signs, bits x < 0 and bits x = 0 by the parties, in the ring O.
fn compares<R: Ring, O: Ring>(parties: usize, bits: u32, x: &[R::Word]) {
    let simulation = Simulation::new(parties).seed(bits as u64);
    let simulated = simulation.run(|party| {
        party.set_comparison(Family::Bitwise);
        let x = input::<R>(party, parties - 1, x)?;
        let number = party.compare::<R, O>(&x, bits, [O::Word::truncate(0x55), O::Word::from_signed(-3)])?;
        let negative = party.negative_bits(&x, bits)?;
        let zero = party.zero_bits(&x, bits)?;
        Ok((wide(&party.open(&number)?), party.open_bits(&negative)?, party.open_bits(&zero)?))
    });
    for (numbers, negative, zero) in simulated.unwrap().outputs {
        for (i, &x) in x.iter().enumerate() {
            let at = || format!("{x:?} at {bits} bits, place {i}, {parties} parties");
            let expected =
                if x.signed(bits) < 0 { O::Word::from_signed(-3) } else { O::Word::truncate(0x55) };
            assert_eq!(numbers[i], low(expected, O::BITS), "{}", at());
            assert_eq!(bit(&negative, i), x.signed(bits) < 0, "{}", at());
            assert_eq!(bit(&zero, i), low(x, bits) == 0, "{}", at());
        }
    }
}

#[test]
fn a_million_values_of_every_length() {
    for bits in 2..=64 {
        let mut random = Random(bits as u64);
        with_ring!(bits, R => {
            let x = values::<<R as Ring>::Word>(1 << 14, bits, &mut random);
            compares::<R, Z2<14>>(2, bits, &x);
        });
    }
}

#[test]
fn results_in_rings_of_any_width() {
    fn into<O: Ring>() {
        for (parties, bits) in [(2, 2), (3, 14), (5, 33), (7, 64)] {
            compares::<Z2<64>, O>(parties, bits, &values(700, bits, &mut Random(9)));
        }
    }
    into::<Z2<1>>();
    into::<Z2<3>>();
    into::<Z2<14>>();
    into::<Z2<33>>();
    into::<Z2<64>>();
    into::<Z2<128>>();
}

#[test]
fn the_sign_of_zero_is_plus_one() {
    for bits in 2..=64 {
        all(
            &Simulation::new(2),
            &|party| {
                party.set_comparison(Family::Bitwise);
                let sign = party.sign::<_, Z2<14>>(&Share::<Z2<64>>::zeros(3), bits)?;
                open(party, &sign)
            },
            &[sign_values::<Z2<14>>()[0] as u128; 3],
        );
    }
}

#[test]
fn what_stands_on_comparisons_takes_this_one() {
    let x: Vec<u16> = vec![5, 3, 9, 9, 0, 1, 16_383, 16_382, 16_381];
    all(
        &Simulation::new(3),
        &|party| {
            party.set_comparison(Family::Bitwise);
            let x = input::<Z2<14>>(party, 0, &x)?;
            let place = party.argmax::<Z2<14>, Z2<14>>(&x, 3, 14)?;
            let greater = party.greater::<_, Z2<14>>(&x.slice(0..3), &x.slice(3..6), 14)?;
            Ok([open(party, &place)?, open(party, &greater)?].concat())
        },
        &[2, 0, 0, 0, 1, 1],
    );
}

fn relus<R: Ring, O: Ring>() {
    for bits in 2..=R::BITS.min(64) {
        let parties = 2 + bits as usize % 6;
        let x = values::<R::Word>(400, bits, &mut Random(bits as u64));
        // Dirt above the bits that count is another number.
        let x: Vec<R::Word> = x.iter().map(|x| R::Word::from_signed(x.signed(bits))).collect();
        for shift in [0, 1, bits / 2, bits - 1] {
            if shift >= bits {
                continue;
            }
            let relu = |x: &R::Word| low(O::Word::from_signed(x.signed(bits).max(0) >> shift), O::BITS);
            let expected: Vec<u128> = x.iter().map(relu).collect();
            all(
                &Simulation::new(parties),
                &|party| {
                    party.set_comparison(Family::Bitwise);
                    let x = input::<R>(party, 0, &x)?;
                    let out = party.relu_truncate::<R, O>(&x, bits, shift)?;
                    open(party, &out)
                },
                &expected,
            );
        }
    }
}

#[test]
fn relu_at_every_length_into_rings_of_any_width() {
    at_pairs!(relus());
}

#[test]
fn equality_is_that_of_the_low_bits() {
    for bits in 2..=14 {
        let a = values::<u16>(500, bits, &mut Random(1));
        let b: Vec<u16> = a.iter().enumerate().map(|(i, a)| a ^ u16::from(i % 3 == 0) << (i % 14)).collect();
        let same = |(a, b): (&u16, &u16)| u128::from(low(*a, bits) == low(*b, bits));
        let expected: Vec<u128> = a.iter().zip(&b).map(same).collect();
        all(
            &Simulation::new(4),
            &|party| {
                party.set_comparison(Family::Bitwise);
                let (a, b) = (input::<Z2<14>>(party, 0, &a)?, input::<Z2<14>>(party, 1, &b)?);
                let equal = party.equal::<_, Z2<33>>(&a, &b, bits)?;
                open(party, &equal)
            },
            &expected,
        );
    }
}

#[test]
fn lengths_that_cannot_be_are_refused() {
    let simulation = Simulation::new(2);
    let x = Share::<Z2<14>>::zeros(3);
    for bits in [0, 15, 64, 65, u32::MAX] {
        assert!(simulation.dry_run(|party| party.bits(&x, bits)).is_err());
        let zero = simulation.dry_run(|party| party.zero_bits(&x, bits));
        assert!(zero.is_err());
    }
    let x = Share::<Z2<128>>::zeros(3);
    assert!(simulation.dry_run(|party| party.bits(&x, 65)).is_err());
}
