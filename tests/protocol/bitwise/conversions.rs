//! Numbers to bits and back, ands, and choosing by a bit.

use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

use super::{LENS, bit, low, share_bits, values};
use crate::common::{Random, all, input, open, wide};

/// Random bits.
fn random_bits(len: usize, seed: u64) -> Vec<bool> {
    let mut random = Random(seed);
    (0..len).map(|_| random.next() & 1 == 1).collect()
}

#[test]
fn planes_are_the_bits() {
    for bits in 1..=64 {
        let x = values::<u64>(600, bits, &mut Random(bits as u64));
        let parties = 2 + bits as usize % 6;
        let run = Simulation::new(parties).seed(bits as u64).run(|party| {
            let x = input::<Z2<64>>(party, 1, &x)?;
            let planes = party.bits(&x, bits)?;
            planes.iter().map(|plane| party.open_bits(plane)).collect::<Result<Vec<_>, _>>()
        });
        for planes in run.unwrap().outputs {
            assert_eq!(planes.len(), bits as usize);
            for (i, &x) in x.iter().enumerate() {
                let value = (0..bits).fold(0, |value, j| value | u64::from(bit(&planes[j as usize], i)) << j);
                assert_eq!(value as u128, low(x, bits), "{x:#x} at {bits} bits");
            }
        }
    }
}

#[test]
fn the_lowest_bit_is_free() {
    for parties in 2..=7 {
        for len in LENS {
            let x = values::<u16>(len, 14, &mut Random(1));
            let run = Simulation::new(parties).run(|party| {
                let x = input::<Z2<14>>(party, 0, &x)?;
                let lowest = party.bits(&x, 1)?.remove(0);
                party.open_bits(&lowest)
            });
            let run = run.unwrap();
            assert!(run.dry.recipe.requests().len() == 1 && run.dry.rounds == 1, "{parties} parties, {len}");
            for lowest in run.outputs {
                assert!((0..len).all(|i| bit(&lowest, i) == (x[i] & 1 == 1)));
            }
        }
    }
}

#[test]
fn numbers_come_back_from_their_bits() {
    fn through<R: Ring, O: Ring>() {
        let bits = R::BITS.min(64).min(O::BITS);
        let x = values::<R::Word>(700, bits, &mut Random(3));
        let expected: Vec<u128> = x.iter().map(|&x| low(x, bits)).collect();
        for parties in [2, 3, 7] {
            all(
                &Simulation::new(parties).seed(7),
                &|party| {
                    let x = input::<R>(party, 1, &x)?;
                    let planes = party.bits(&x, bits)?;
                    let number = party.compose::<O>(&planes)?;
                    open(party, &number)
                },
                &expected,
            );
        }
    }
    through::<Z2<1>, Z2<1>>();
    through::<Z2<64>, Z2<1>>();
    through::<Z2<3>, Z2<3>>();
    through::<Z2<64>, Z2<3>>();
    through::<Z2<14>, Z2<14>>();
    through::<Z2<14>, Z2<33>>();
    through::<Z2<33>, Z2<33>>();
    through::<Z2<64>, Z2<64>>();
    through::<Z2<13>, Z2<128>>();
    through::<Z2<64>, Z2<128>>();
    through::<Z2<128>, Z2<77>>();
}

#[test]
fn single_bits_become_numbers() {
    fn into<O: Ring>() {
        for len in LENS {
            for parties in [2, 5] {
                let bits = random_bits(len, len as u64);
                let expected: Vec<u128> = bits.iter().map(|&bit| bit.into()).collect();
                let program = |party: &mut _| {
                    let number = party_arithmetic::<O>(party, &bits)?;
                    open(party, &number)
                };
                all(&Simulation::new(parties), &program, &expected);
            }
        }
    }
    fn party_arithmetic<O: Ring>(
        party: &mut ringshare::protocol::Party,
        bits: &[bool],
    ) -> Result<Share<O>, ringshare::protocol::Error> {
        let share = share_bits(party, bits);
        party.arithmetic(&share)
    }
    into::<Z2<1>>();
    into::<Z2<3>>();
    into::<Z2<14>>();
    into::<Z2<33>>();
    into::<Z2<64>>();
    into::<Z2<128>>();
}

#[test]
fn ands_of_bits() {
    for parties in 2..=7 {
        for len in LENS {
            let [x, y] = [1, 2].map(|seed| random_bits(len, seed + len as u64));
            let run = Simulation::new(parties).run(|party| {
                let [x, y] = [&x, &y].map(|bits| share_bits(party, bits));
                let both = party.and(&x, &y)?;
                let same = party.and(&x, &x)?;
                Ok((party.open_bits(&both)?, party.open_bits(&same)?))
            });
            for (both, same) in run.unwrap().outputs {
                assert!((0..len).all(|i| bit(&both, i) == (x[i] && y[i]) && bit(&same, i) == x[i]));
            }
        }
    }
}

#[test]
fn values_are_chosen_by_a_bit() {
    fn over<R: Ring>() {
        for (parties, len) in [(2, 0), (2, 1), (2, 63), (3, 65), (4, 129), (7, 5000)] {
            let mut random = Random(R::BITS as u64);
            let [a, b] = [(); 2].map(|()| values::<R::Word>(len, R::BITS, &mut random));
            let c = random_bits(len, 5);
            let chosen: Vec<u128> = (0..len).map(|i| low(if c[i] { a[i] } else { b[i] }, R::BITS)).collect();
            let kept = (0..len).map(|i| if c[i] { low(a[i], R::BITS) } else { 0 });
            let expected: Vec<u128> = chosen.iter().copied().chain(kept).collect();
            all(
                &Simulation::new(parties).seed(3),
                &|party| {
                    let (a, b) = (input::<R>(party, 0, &a)?, input::<R>(party, 1, &b)?);
                    let c = share_bits(party, &c);
                    let chosen = party.select(&c, &a, &b)?;
                    let kept = party.select_bits(&c, &a)?;
                    Ok([wide(&party.open(&chosen)?), wide(&party.open(&kept)?)].concat())
                },
                &expected,
            );
        }
    }
    over::<Z2<1>>();
    over::<Z2<3>>();
    over::<Z2<8>>();
    over::<Z2<14>>();
    over::<Z2<32>>();
    over::<Z2<33>>();
    over::<Z2<64>>();
    over::<Z2<128>>();
}

#[test]
fn other_lengths_are_refused() {
    let simulation = Simulation::new(2);
    let (three, four) = (ringshare::share::BitShare::zeros(3), ringshare::share::BitShare::zeros(4));
    let x = Share::<Z2<14>>::zeros(3);
    type Refused<'a> = &'a dyn Fn(&mut ringshare::protocol::Party) -> Result<(), ringshare::protocol::Error>;
    let programs: [Refused<'_>; 6] = [
        &|party| party.and(&three, &four).map(drop),
        &|party| party.select_bits(&four, &x).map(drop),
        &|party| party.select(&three, &x, &Share::zeros(4)).map(drop),
        &|party| party.compose::<Z2<14>>(&[]).map(drop),
        &|party| party.compose::<Z2<14>>(&[three.clone(), four.clone()]).map(drop),
        &|party| party.compose::<Z2<2>>(&[three.clone(), three.clone(), three.clone()]).map(drop),
    ];
    for program in programs {
        let error = simulation.dry_run(program).unwrap_err().to_string();
        assert!(error.contains("expected") && error.contains("found"), "{error}");
    }
}

#[test]
fn values_of_any_word_are_taken_apart() {
    fn of<R: Ring>() {
        let bits = R::BITS.min(64);
        let x = values::<R::Word>(1000, bits, &mut Random(1));
        let run = Simulation::new(2).run(|party| {
            let x = input::<R>(party, 1, &x)?;
            let top = party.bits(&x, bits)?.pop().unwrap();
            party.open_bits(&top)
        });
        for top in run.unwrap().outputs {
            assert!((0..x.len()).all(|i| bit(&top, i) == (x[i].signed(bits) < 0)));
        }
    }
    at_all_widths!(of());
}
