//! Piecewise linear functions on shares against their reference in integers.

use ringshare::function::{Piecewise, PiecewiseError, TableFormat};

use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

use crate::common::{Random, canonical, input, open, run};

const fn format(bits: u32) -> TableFormat {
    TableFormat { bits, fraction: 0 }
}

/// Any function with 2^index nodes, 2^low values apart, of an input that goes `beyond` bits further on both sides.
fn any([index, low, guard, beyond]: [u32; 4], random: &mut Random) -> Piecewise {
    let short = index + low - u32::from(low > 0 && index + low > 1);
    let down = 40 + random.below(20);
    let nodes: Vec<i64> = (0..1 << index).map(|_| random.next() as i64 >> down).collect();
    let slopes = [(); 2].map(|()| random.below(5) as i64 - 2);
    Piecewise::from_nodes(format(short + beyond), format(20), [low, guard], slopes, nodes).unwrap()
}

/// Every x of the input.
fn inputs(f: &Piecewise) -> Vec<i64> {
    let half = 1i64 << (f.input().bits - 1);
    (-half..half).collect()
}

/// f(x) on shares is the reference, or a neighbour of what is rounded at random.
fn holds<R: Ring, O: Ring>(f: &Piecewise, x: &[i64], parties: usize, seed: u64) {
    let words: Vec<R::Word> = x.iter().map(|&x| R::Word::from_signed(x.into())).collect();
    let simulation = Simulation::new(parties).seed(seed);
    let outputs = run(&simulation, &|party| {
        let x = input::<R>(party, parties - 1, &words)?;
        let exact = party.piecewise_floor::<_, O>(&x, f)?;
        let stochastic = party.piecewise::<_, O>(&x, f)?;
        Ok([open(party, &exact)?, open(party, &stochastic)?].concat())
    });
    let expected: Vec<u128> = x.iter().map(|&x| i128::from(f.evaluate(x)) as u128).collect();
    let (exact, stochastic) = outputs[0].split_at(x.len());
    for (i, (x, expected)) in x.iter().zip(canonical::<O>(&expected)).enumerate() {
        assert_eq!(exact[i], expected, "at {x} of {f:?}, {parties} parties, ring {}", O::BITS);
        let off = O::Word::truncate(stochastic[i].wrapping_sub(expected)).signed(O::BITS);
        assert!(
            off.abs() <= 1 || O::BITS == 1,
            "{off} off at {x} of {f:?}, {parties} parties, ring {}",
            O::BITS
        );
    }
}

#[test]
fn every_input_of_every_small_shape() {
    let mut random = Random(1);
    for index in 1..=7 {
        for low in 0..=4 {
            for (guard, beyond) in [(0, 0), (2, 0), (1, 1), (0, 3)] {
                let f = any([index, low, guard, beyond], &mut random);
                // Every x under many masks.
                let x = inputs(&f).repeat(if index + low < 6 { 20 } else { 2 });
                let parties = 2 + (index + low) as usize % 2;
                holds::<Z2<14>, Z2<33>>(&f, &x, parties, (index * 5 + low).into());
            }
        }
    }
}

#[test]
fn every_input_under_every_mask() {
    let mut random = Random(2);
    for shape in [[2, 2, 0, 0], [3, 1, 1, 0], [2, 1, 0, 1], [4, 0, 0, 0]] {
        let f = any(shape, &mut random);
        // Masks have 4 bits, so that some 2^9 of each x leave out a mask once in 2^40.
        let x = inputs(&f).repeat(512);
        for parties in [2, 3, 5] {
            holds::<Z2<7>, Z2<64>>(&f, &x, parties, parties as u64);
        }
    }
}

#[test]
fn rings_of_any_width() {
    let mut random = Random(3);
    let shapes =
        [[5, 2, 1, 0], [5, 0, 0, 0], [6, 0, 0, 1], [1, 5, 0, 0], [7, 10, 2, 2], [12, 3, 1, 0], [8, 7, 0, 1]];
    for (seed, shape) in shapes.into_iter().enumerate() {
        let f = any(shape, &mut random);
        let all = inputs(&f);
        let mut x: Vec<i64> = (0..300).map(|_| all[random.below(all.len())]).collect();
        let [first, last] = f.ends();
        let edges =
            [all[0], all[all.len() - 1], first, last, first - 1, last + 1, first + 1, last - 1, 0, -1];
        x.extend(edges.into_iter().filter(|x| all.contains(x)));
        let seed = seed as u64;
        holds::<Z2<20>, Z2<1>>(&f, &x, 2, seed);
        holds::<Z2<20>, Z2<14>>(&f, &x, 3, seed);
        holds::<Z2<32>, Z2<32>>(&f, &x, 2, seed);
        holds::<Z2<47>, Z2<64>>(&f, &x, 3, seed);
        holds::<Z2<100>, Z2<100>>(&f, &x, 2, seed);
    }
}

#[test]
fn lengths_about_the_blocks() {
    let f = any([6, 3, 1, 1], &mut Random(4));
    let all = inputs(&f);
    for len in [0, 1, 63, 64, 65, 255, 256, 257, 1000] {
        let x: Vec<i64> = all.iter().copied().cycle().take(len).collect();
        holds::<Z2<14>, Z2<33>>(&f, &x, 2 + len % 2, len as u64);
    }
}

#[test]
fn random_rounding_is_unbiased() {
    let input_format = TableFormat { bits: 9, fraction: 6 };
    let f = Piecewise::from_nodes(
        input_format,
        format(12),
        [5, 0],
        [0; 2],
        (0..16).map(|i| 3 * i).collect::<Vec<_>>(),
    );
    let f = f.unwrap();
    // 3·(8 + 1/2) − 3·(1/2)·(3/16) lies 1/32 times 3·11 above a node.
    let x = vec![11u16; 1 << 14];
    let outputs = run(&Simulation::new(2), &|party| {
        let x = input::<Z2<16>>(party, 0, &x)?;
        let y = party.piecewise::<_, Z2<16>>(&x, &f)?;
        open(party, &y)
    });
    let mean = outputs[0].iter().sum::<u128>() as f64 / x.len() as f64;
    let expected = 24.0 + 33.0 / 32.0;
    // Six deviations of the mean.
    assert!((mean - expected).abs() < 6.0 * 0.5 / 128.0, "{mean}, not {expected}");
}

#[test]
fn rings_that_are_too_narrow_are_errors() {
    let refused = |text: &str, f: &(dyn Fn(&mut Party) -> Result<(), Error> + Sync)| {
        let error = Simulation::new(2).run(f).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    };
    let mut random = Random(5);
    let [lines, clipped, table] =
        [[6, 2, 1, 0], [5, 0, 0, 3], [8, 0, 0, 0]].map(|shape| any(shape, &mut random));
    let x = Share::<Z2<7>>::zeros(3);
    let text = "a piecewise function's input: expected 1 to 7, found ";
    refused(&format!("{text}8"), &|party| party.piecewise::<_, Z2<64>>(&x, &lines).map(drop));
    refused(&format!("{text}9"), &|party| party.piecewise_floor::<_, Z2<64>>(&x, &clipped).map(drop));
    refused(&format!("{text}8"), &|party| party.piecewise::<_, Z2<64>>(&x, &table).map(drop));
}

#[test]
fn nodes_that_do_not_fit_are_errors() {
    let make = |input, output, bits, nodes: &[i64]| {
        Piecewise::from_nodes(format(input), format(output), bits, [0; 2], nodes.to_vec()).unwrap_err()
    };
    for len in [0, 1, 3, 6, 8192] {
        assert_eq!(make(8, 8, [0, 0], &vec![0; len]), PiecewiseError::Nodes { found: len });
    }
    for found in [[0, 8, 0, 0], [8, 33, 0, 0], [8, 8, 11, 0], [8, 8, 0, 17], [8, 8, u32::MAX, u32::MAX]] {
        let [input, output, low, guard] = found;
        let error = make(input, output, [low, guard], &[0; 4]);
        assert_eq!(error, PiecewiseError::Bits { found });
        assert!(error.to_string().starts_with("bits of a piecewise function: expected 1 to 32 "));
    }
    assert_eq!(make(8, 8, [10, 0], &[0, 1 << 52]), PiecewiseError::Sum);
    assert_eq!(make(8, 8, [0, 0], &[0, i64::MIN]), PiecewiseError::Sum);
}

#[test]
fn slopes_of_tails_that_no_input_reaches_may_be_any_numbers() {
    // The left end is the least input, so nothing lies before it.
    let f = Piecewise::from_nodes(format(2), format(8), [1, 0], [i64::MIN, 0], vec![0, 1]).unwrap();
    let mut party = Party::dry(2);
    assert_eq!(party.piecewise::<_, Z2<16>>(&Share::<Z2<16>>::zeros(3), &f).unwrap().len(), 3);
}
