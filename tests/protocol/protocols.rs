//! Inputs, openings, linear operations, products and lookups, against plain integers.
#![cfg(feature = "std")]

use crate::common::{Program, Random, all, canonical, input, open, product, run, settings, wide};
use proptest::prelude::*;
use ringshare::function::Table;
use ringshare::net::Topology;
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::BitShare;
use ringshare::sim::Simulation;

fn parties(simulation: &Simulation) -> usize {
    simulation.parties()
}

fn opens<R: Ring>(simulation: &Simulation, len: usize, seed: u64) {
    let mut random = Random(seed);
    let values: Vec<R::Word> = random.words(len);
    let owner = random.below(parties(simulation));
    let program: Program<'_> = &|party| {
        let x = input::<R>(party, owner, &values)?;
        open(party, &x)
    };
    all(simulation, program, &canonical::<R>(&wide(&values)));
    let in_place: Program<'_> = &|party| {
        let own = party.id() == owner && !party.is_dry();
        let x = party.input_in_place::<R>(owner, len, own.then(|| values.clone()))?;
        open(party, &x)
    };
    all(simulation, in_place, &canonical::<R>(&wide(&values)));
}

fn reveals<R: Ring>(simulation: &Simulation, len: usize, seed: u64) {
    let mut random = Random(seed);
    let values: Vec<R::Word> = random.words(len);
    let [owner, to] = [(); 2].map(|()| random.below(parties(simulation)));
    let program: Program<'_> = &|party| {
        let x = input::<R>(party, owner, &values)?;
        Ok(party.reveal(&x, to)?.map_or(Vec::new(), |words| wide(&words)))
    };
    let expected = canonical::<R>(&wide(&values));
    for (party, output) in run(simulation, program).into_iter().enumerate() {
        assert_eq!(output, if party == to { expected.clone() } else { Vec::new() }, "at party {party}");
    }
}

fn is_linear<R: Ring>(simulation: &Simulation, len: usize, seed: u64) {
    let mut random = Random(seed);
    let [a, b, c, d]: [Vec<R::Word>; 4] = [(); 4].map(|()| random.words(len));
    let factor = random.words::<R::Word>(1)[0];
    let program: Program<'_> = &|party| {
        let mut x = input::<R>(party, 0, &a)?;
        let y = input::<R>(party, 1, &b)?;
        x.scale(factor);
        x.add_assign(&y);
        x.mul_public(&c);
        x.add_public(party.id(), &d);
        x.negate();
        let middle = x.slice(len / 3..len);
        x.sub_assign(&y);
        x.append(&middle);
        open(party, &x)
    };
    let [a, b, c, d] = [&a, &b, &c, &d].map(|words| wide(words));
    let before = |i: usize| {
        let sum = a[i].wrapping_mul(factor.widen()).wrapping_add(b[i]);
        sum.wrapping_mul(c[i]).wrapping_add(d[i]).wrapping_neg()
    };
    let front = (0..len).map(|i| before(i).wrapping_sub(b[i]));
    let expected: Vec<u128> = front.chain((len / 3..len).map(before)).collect();
    all(simulation, program, &canonical::<R>(&expected));
}

fn multiplies<R: Ring>(simulation: &Simulation, len: usize, seed: u64) {
    let mut random = Random(seed);
    let [a, b]: [Vec<R::Word>; 2] = [(); 2].map(|()| random.words(len));
    let program: Program<'_> = &|party| {
        let (x, y) = (input::<R>(party, 0, &a)?, input::<R>(party, 1, &b)?);
        let z = party.multiply(&x, &y)?;
        let square = party.multiply(&z, &z)?;
        open(party, &square)
    };
    let square = |(a, b): (&u128, &u128)| a.wrapping_mul(*b).wrapping_mul(a.wrapping_mul(*b));
    let expected: Vec<u128> = wide(&a).iter().zip(&wide(&b)).map(square).collect();
    all(simulation, program, &canonical::<R>(&expected));
}

fn multiplies_matrices<R: Ring>(simulation: &Simulation, dims: [usize; 3], seed: u64) {
    let mut random = Random(seed);
    let [rows, inner, columns] = dims;
    let (a, b): (Vec<R::Word>, Vec<R::Word>) = (random.words(rows * inner), random.words(inner * columns));
    let program: Program<'_> = &|party| {
        let (x, y) = (input::<R>(party, 0, &a)?, input::<R>(party, 1, &b)?);
        let z = party.matmul(&x, &y, dims)?;
        open(party, &z)
    };
    all(simulation, program, &canonical::<R>(&product(&wide(&a), &wide(&b), dims)));
}

/// Index in R, entries in `Z2<33>` and in R.
fn looks_up<R: Ring>(simulation: &Simulation, index_bits: u32, len: usize, seed: u64) {
    let mut random = Random(seed);
    let entries: Vec<i64> = (0..1 << index_bits).map(|_| random.next() as i64).collect();
    let table = Table::from_entries([index_bits, 0], entries.clone()).unwrap();
    let mut values: Vec<R::Word> = random.words(len);
    // The ends of the table, and beyond.
    let ends = [0, 1, -1, (1 << index_bits) - 1, 1 << index_bits];
    values.iter_mut().zip(ends).for_each(|(value, end)| *value = R::Word::from_signed(end));
    let program: Program<'_> = &|party| {
        let x = input::<R>(party, 1, &values)?;
        let y = party.lookup::<R, Z2<33>>(&x, &table)?;
        let z = party.lookup::<R, R>(&x, &table)?;
        Ok([open(party, &y)?, open(party, &z)?].concat())
    };
    let entries: Vec<u128> =
        values.iter().map(|x| entries[x.low64() as usize & (entries.len() - 1)] as u128).collect();
    let expected = [canonical::<Z2<33>>(&entries), canonical::<R>(&entries)].concat();
    all(simulation, program, &expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_put_in_opens((simulation, seed) in settings(), len in 0usize..200) {
        at_all_widths!(opens(&simulation, len, seed));
    }

    #[test]
    fn what_is_revealed_is_seen_by_one_party((simulation, seed) in settings(), len in 0usize..200) {
        at_all_widths!(reveals(&simulation, len, seed));
    }

    #[test]
    fn linear_operations_are_those_of_the_secrets((simulation, seed) in settings(), len in 0usize..100) {
        at_all_widths!(is_linear(&simulation, len, seed));
    }

    #[test]
    fn products_are_those_of_the_secrets((simulation, seed) in settings(), len in 0usize..100) {
        at_all_widths!(multiplies(&simulation, len, seed));
    }

    #[test]
    fn products_of_matrices_are_those_of_the_secrets(
        (simulation, seed) in settings(), rows in 0usize..6, inner in 0usize..40, columns in 0usize..40,
    ) {
        at_all_widths!(multiplies_matrices(&simulation, [rows, inner, columns], seed));
    }

    #[test]
    fn bits_open((simulation, seed) in settings(), len in 0usize..1500) {
        let parties = parties(&simulation);
        let share = |party: usize| BitShare::from_words(Random(seed + party as u64).words(len.div_ceil(64)), len);
        let mut sum = BitShare::zeros(len);
        (0..parties).for_each(|party| sum.xor_assign(&share(party)));
        let program: Program<'_> = &|party| {
            let x = share(party.id());
            Ok([wide(&party.open_bits(&x)?), wide(&party.open_bits(&x.not(party.id()))?)].concat())
        };
        let expected = [wide(sum.expose()), wide(sum.clone().not(0).expose())].concat();
        all(&simulation, program, &expected);
    }
}

#[test]
fn short_vectors_go_through_everything() {
    for parties in 2..=7 {
        for len in 0..=2 {
            let simulation = Simulation::new(parties).seed(len as u64).topology(Topology::Scatter);
            at_all_widths!(opens(&simulation, len, 1));
            at_all_widths!(multiplies(&simulation, len, 2));
            at_all_widths!(multiplies_matrices(&simulation, [len, 1, 1], 3));
        }
    }
}

#[test]
fn long_vectors_open_in_either_topology_and_by_up_to_16_parties() {
    for parties in [2, 3, 4, 5, 6, 7, 16] {
        for topology in [Topology::Auto, Topology::Direct, Topology::Scatter] {
            let simulation = Simulation::new(parties).topology(topology);
            opens::<Z2<14>>(&simulation, 20_011, 1);
            opens::<Z2<33>>(&simulation, 5_003, 2);
            multiplies::<Z2<13>>(&simulation, 10_007, 3);
        }
    }
}

#[test]
fn lookups_at_every_width_of_the_index() {
    for index_bits in 1..=12 {
        for (parties, len) in [(2, 9), (3, 1), (7, 5), (2, 0)] {
            let simulation = Simulation::new(parties).seed(index_bits as u64);
            looks_up::<Z2<12>>(&simulation, index_bits, len, 1);
            looks_up::<Z2<13>>(&simulation, index_bits, len, 2);
            looks_up::<Z2<64>>(&simulation, index_bits, len, 3);
            looks_up::<Z2<100>>(&simulation, index_bits, len, 4);
        }
    }
    looks_up::<Z2<1>>(&Simulation::new(2), 1, 100, 5);
    looks_up::<Z2<5>>(&Simulation::new(3), 5, 100, 6);
}

#[test]
fn results_depend_on_the_seed_alone() {
    let shares = |seed| {
        run(&Simulation::new(4).seed(seed), &|party| {
            let x = input::<Z2<14>>(party, 2, &[1, 2, 3])?;
            let y = party.multiply(&x, &x)?;
            Ok(wide(y.expose()))
        })
    };
    assert_eq!(shares(1), shares(1));
    assert_ne!(shares(1), shares(2));
}

#[test]
fn wrong_shapes_are_errors_that_name_both() {
    let x = |party: &mut _| input::<Z2<14>>(party, 0, &[1, 2, 3]);
    let y = |party: &mut _| input::<Z2<14>>(party, 0, &[1, 2]);
    let refused = |text: &str, f: &(dyn Fn(&mut Party) -> Result<(), Error> + Sync)| {
        let error = Simulation::new(2).run(f).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    };
    refused("expected 3, found 2", &|party| {
        let (x, y) = (x(party)?, y(party)?);
        party.multiply(&x, &y).map(drop)
    });
    refused("expected 4, found 3", &|party| {
        let (x, y) = (x(party)?, y(party)?);
        party.matmul(&x, &y, [2, 2, 1]).map(drop)
    });
    refused("expected 3, found 2", &|party| {
        let (x, y) = (x(party)?, y(party)?);
        party.greater::<_, Z2<14>>(&x, &y, 14).map(drop)
    });
    for (bits, range) in [(1, "expected 2 to 14, found 1"), (15, "expected 2 to 14, found 15")] {
        refused(range, &|party| {
            let x = x(party)?;
            party.sign::<_, Z2<14>>(&x, bits).map(drop)
        });
    }
    refused("expected 2, found 3", &|party| party.input::<Z2<14>>(0, 2, Some(&[1, 2, 3])).map(drop));
    refused("expected 0 to 1, found 2", &|party| party.input::<Z2<14>>(2, 1, None).map(drop));
    refused("expected 0 to 1, found 2", &|party| {
        let x = x(party)?;
        party.reveal(&x, 2).map(drop)
    });
    refused("found none", &|party| party.input::<Z2<14>>(0, 2, None).map(drop));
    refused("expected no values", &|party| party.input::<Z2<14>>(0, 2, Some(&[1, 2])).map(drop));
    let in_place = |party: &mut Party, values| party.input_in_place::<Z2<14>>(0, 2, values).map(drop);
    refused("expected 2, found 3", &|party| in_place(party, Some(vec![1, 2, 3])));
    refused("found none", &|party| in_place(party, None));
    for parties in [0, 1, 17] {
        let error = Simulation::new(parties).run(|_| Ok(())).unwrap_err().to_string();
        assert!(error.contains(&format!("expected 2 to 16, found {parties}")), "{error}");
    }
}
