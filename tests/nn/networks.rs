//! Networks of all layers among parties, against plain integers.
#![cfg(feature = "std")]

mod checks;
mod costs;
mod misuse;
mod plain;
mod programs;
mod softmax;

use crate::common::{Program, Random, run};
use plain::{Interval, Plain};
use programs::{PIXEL, Programs};
use ringshare::nn::{Architecture, Layer, Rounding, Sequential, Weights, step};
use ringshare::protocol::{Error, Family, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::sim::Simulation;

/// Whose the weights are, if anyone's; and the input's owner.
const IMAGE_OWNER: usize = 1;

/// The result of a batch, opened and signed.
fn evaluate<R: Ring>(
    party: &mut Party,
    owner: Option<usize>,
    architecture: &Architecture,
    weights: &Plain,
    x: &[i64],
) -> Result<Vec<i64>, Error> {
    let model = match owner {
        None => Sequential::<R>::public(architecture, weights)?,
        Some(owner) => {
            let own: Option<&dyn Weights<R::Word>> = if party.id() == owner { Some(weights) } else { None };
            Sequential::share(party, owner, architecture, own)?
        }
    };
    let rows = x.len() / architecture.inputs();
    let prepared = model.prepare(party, rows)?;
    let words: Vec<R::Word> = x.iter().map(|&x| R::Word::from_signed(x.into())).collect();
    let x = party.input::<R>(IMAGE_OWNER, words.len(), (party.id() == IMAGE_OWNER).then_some(&words))?;
    let y = model.forward(party, prepared, x)?;
    assert_eq!(y.len(), rows * architecture.outputs());
    let bits = model.bits_out();
    Ok(party.open_modulo(&y, bits)?.into_iter().map(|y| y.signed(bits) as i64).collect())
}

/// A random network and batch: what everyone opens, and the intervals it is to be in.
fn drawn<R: Ring>(seed: u64, layers: usize, rounding: Rounding, family: Family) -> (Vec<i64>, Vec<Interval>) {
    let mut random = Random(seed);
    let (architecture, weights) = Programs::new(R::BITS, &mut random).draw(layers);
    let architecture = architecture.with_rounding(rounding);
    let rows = [1, 3][random.below(2)];
    let pixel = |_| random.below(2 * PIXEL + 1) as i64 - PIXEL as i64;
    let x: Vec<i64> = (0..rows * architecture.inputs()).map(pixel).collect();
    let parties = 2 + seed as usize % 2;
    let owner = [Some(0), Some(1), None][seed as usize / 2 % 3];
    let program: Program<'_> = &|party| {
        party.set_comparison(family);
        let y = evaluate::<R>(party, owner, &architecture, &weights, &x)?;
        Ok(y.into_iter().map(|y| i128::from(y) as u128).collect())
    };
    let outputs = run(&Simulation::new(parties).seed(seed), program);
    assert!(outputs.iter().all(|output| *output == outputs[0]));
    let exact = rounding == Rounding::Floor;
    let rows = x.chunks(architecture.inputs()).flat_map(|x| weights.run(&architecture, x, exact));
    (outputs[0].iter().map(|&y| y as i64).collect(), rows.collect())
}

fn exact<R: Ring>(seeds: std::ops::Range<u64>, family: Family) {
    for seed in seeds {
        let (found, expected) = drawn::<R>(seed, 1 + seed as usize % 9, Rounding::Floor, family);
        let expected: Vec<i64> = expected.into_iter().map(|[y, _]| y).collect();
        assert_eq!(found, expected, "network {seed} modulo 2^{}", R::BITS);
    }
}

#[test]
fn networks_that_round_to_the_floor_are_those_of_plain_integers() {
    exact::<Z2<16>>(0..60, Family::default());
    exact::<Z2<27>>(100..140, Family::default());
    exact::<Z2<32>>(200..260, Family::default());
    exact::<Z2<64>>(300..340, Family::default());
}

#[test]
fn networks_compared_bit_by_bit_are_the_same() {
    exact::<Z2<16>>(0..20, Family::Bitwise);
    exact::<Z2<32>>(200..220, Family::Bitwise);
}

/// Of what an activation gives, only the bits are computed that the next layer makes use of. Legendre symbols take one more.
#[test]
fn activations_behind_one_another_are_right_by_every_family() {
    let mut random = Random(11);
    let layers = vec![
        Layer::Linear(step::Linear { inputs: 3, outputs: 40, bits: 14 }),
        Layer::Relu(step::Relu { bits: 8, shift: 1 }),
        Layer::Relu(step::Relu { bits: 7, shift: 0 }),
        Layer::Relu(step::Relu { bits: 7, shift: 2 }),
        Layer::Linear(step::Linear { inputs: 40, outputs: 5, bits: 12 }),
    ];
    let weights = Plain::random(&layers, 3, &mut random);
    let architecture = Architecture::new(layers, 32).unwrap();
    let x: Vec<i64> = (0..3 * 20).map(|_| random.below(25) as i64 - 12).collect();
    let expected: Vec<Interval> = x.chunks(3).flat_map(|x| weights.run(&architecture, x, false)).collect();
    for family in Family::ALL {
        let program: Program<'_> = &|party| {
            party.set_comparison(family);
            let y = evaluate::<Z2<32>>(party, Some(0), &architecture, &weights, &x)?;
            Ok(y.into_iter().map(|y| i128::from(y) as u128).collect())
        };
        let found = run(&Simulation::new(2).seed(3), program).swap_remove(0);
        for (found, [low, high]) in found.into_iter().zip(&expected) {
            assert!(
                (*low..=*high).contains(&(found as i64)),
                "{family}: {} not in {low}..={high}",
                found as i64
            );
        }
    }
}

/// A party's share of weights: random words or, at party 0, the weights less those of all others.
struct Part<'a> {
    weights: &'a Plain,
    parties: [usize; 2],
}

impl Part<'_> {
    fn take(&self, seed: u64, out: &mut [u16]) {
        let [party, parties] = self.parties;
        for other in if party == 0 { 1..parties } else { party..party + 1 } {
            let words = Random(seed * 64 + other as u64).words::<u16>(out.len());
            out.iter_mut().zip(words).for_each(|(out, word)| {
                *out = if party == 0 { out.wrapping_sub(word) } else { word };
            });
        }
    }
}

impl Weights<u16> for Part<'_> {
    fn row(&self, layer: usize, row: usize, out: &mut [u16]) {
        self.weights.row(layer, row, out);
        self.take((layer * 1000 + row) as u64, out);
    }

    fn bias(&self, layer: usize, out: &mut [u16]) {
        self.weights.bias(layer, out);
        self.take(layer as u64, out);
    }
}

#[test]
fn an_owner_may_be_no_party() {
    type R = Z2<16>;
    for (parties, seed) in [(2, 1), (3, 2), (4, 3)] {
        let mut random = Random(seed);
        let (architecture, weights) = Programs::new(16, &mut random).draw(5);
        let architecture = architecture.with_rounding(Rounding::Floor);
        let x: Vec<i64> = (0..2 * architecture.inputs())
            .map(|_| random.below(2 * PIXEL + 1) as i64 - PIXEL as i64)
            .collect();
        let results = [false, true].map(|outside| {
            let run = Simulation::new(parties).seed(seed).run(|party| {
                let part = Part { weights: &weights, parties: [party.id(), parties] };
                let model = match outside {
                    false => {
                        let own: Option<&dyn Weights<u16>> =
                            if party.id() == 0 { Some(&weights) } else { None };
                        Sequential::<R>::share(party, 0, &architecture, own)?
                    }
                    true => Sequential::<R>::of_shares(party, &architecture, Some(&part))?,
                };
                let prepared = model.prepare(party, 2)?;
                let words: Vec<u16> = x.iter().map(|&x| x as u16).collect();
                let x = party.input(1, words.len(), (party.id() == 1).then_some(&words[..]))?;
                let y = model.forward(party, prepared, x)?;
                party.open_modulo(&y, model.bits_out())
            });
            run.unwrap().outputs
        });
        assert_eq!(results[0], results[1], "{parties} parties");
    }
}

fn within<R: Ring>(seeds: std::ops::Range<u64>) -> [usize; 3] {
    // Values that may be rounded, and those that are the least and the greatest.
    let mut counts = [0; 3];
    for seed in seeds {
        let layers = 1 + seed as usize % 9;
        let (found, expected) = drawn::<R>(seed, layers, Rounding::Stochastic, Family::default());
        assert_eq!(found.len(), expected.len());
        for (found, [low, high]) in found.into_iter().zip(expected) {
            assert!((low..=high).contains(&found), "network {seed}: {found} not in {low}..={high}");
            let counted = [low < high, low < high && found == low, low < high && found == high];
            counts.iter_mut().zip(counted).for_each(|(count, is)| *count += usize::from(is));
        }
    }
    counts
}

#[test]
fn networks_that_round_at_random_are_off_by_what_truncations_may_be() {
    for [loose, least, greatest] in
        [within::<Z2<16>>(0..60), within::<Z2<32>>(200..260), within::<Z2<64>>(300..330)]
    {
        assert!(
            loose > 50 && least > 0 && greatest > 0,
            "{loose} values, {least} least, {greatest} greatest"
        );
    }
}

#[test]
fn random_networks_have_layers_of_every_kind() {
    let mut names = std::collections::BTreeMap::new();
    for seed in 0..120 {
        let (architecture, _) = Programs::new(32, &mut Random(seed)).draw(1 + seed as usize % 9);
        for layer in architecture.layers() {
            let name = format!("{layer:?}").split(' ').next().unwrap().to_owned();
            *names.entry(name).or_insert(0) += 1;
        }
    }
    assert!(names.len() == 18 && names.values().all(|&count| count >= 4), "{names:?}");
}

/// At the ends of what the reference takes, for several parties, whose rounding may go beyond the greatest value.
#[test]
fn maxima_at_the_ends_of_their_range_are_right_for_any_number_of_parties() {
    let window = ringshare::linalg::Window::new([1, 2, 1], [1, 2]);
    let pool = || Layer::MaxPool(step::MaxPool { window, bits: 8 });
    let relu = Layer::Relu(step::Relu { bits: 8, shift: 3 });
    let truncate = Layer::Truncate(step::Truncate { bits: 8, shift: 3 });
    for (next, x, expected) in
        [(relu.clone(), 116, 13..=16), (relu, -124, 0..=0), (truncate, -124, -17..=-15)]
    {
        let architecture = Architecture::with_inputs(2, vec![pool(), next], 16).unwrap();
        for parties in [2, 3, 4, 7] {
            let program: Program<'_> = &|party| {
                let x = vec![x; 2 * 1000];
                let y = evaluate::<Z2<16>>(party, None, &architecture, &Plain(vec![]), &x)?;
                Ok(y.into_iter().map(|y| i128::from(y) as u128).collect())
            };
            let found = run(&Simulation::new(parties).seed(5), program).swap_remove(0);
            let off = found.iter().map(|&y| y as i64).find(|y| !expected.contains(y));
            assert_eq!(off, None, "of {x}, {parties} parties");
        }
    }
}

#[test]
fn a_maximum_by_legendre_symbols_without_their_bit_in_the_ring_is_refused() {
    let window = ringshare::linalg::Window::new([1, 2, 1], [1, 2]);
    let layers = vec![
        Layer::MaxPool(step::MaxPool { window, bits: 14 }),
        Layer::Truncate(step::Truncate { bits: 13, shift: 8 }),
    ];
    let architecture = Architecture::with_inputs(2, layers, 14).unwrap();
    let run = Simulation::new(2).run(|party| {
        party.set_comparison(Family::Legendre(ringshare::correlation::compare::legendre::Variant::Bsgn2));
        evaluate::<Z2<14>>(party, None, &architecture, &Plain(vec![]), &[100, -100])
    });
    assert!(run.is_err());
}
