//! Products with a fixed matrix, against plain integers.
#![cfg(feature = "std")]

use crate::common::{Program, Random, all, input, open, settings, wide};
use proptest::prelude::*;
use ringshare::correlation::{MaskedMatrix, MatrixMask, MatrixProduct};
use ringshare::linalg::{Filters, Window};
use ringshare::offline::Deck;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

/// Writes one row of a matrix.
type Row<'a, W> = &'a dyn Fn(usize, &mut [W]);

/// x·Wᵀ modulo 2^bits.
fn plain(x: &[u128], w: &[u128], [outputs, inputs]: [usize; 2], bits: u32) -> Vec<u128> {
    let mut out = Vec::new();
    for x in x.chunks(inputs.max(1)) {
        out.extend(w.chunks(inputs.max(1)).map(|w| {
            let sum = x.iter().zip(w).fold(0u128, |sum, (x, w)| sum.wrapping_add(x.wrapping_mul(*w)));
            sum & u128::mask(bits)
        }));
    }
    assert!(inputs == 0 || out.len() == x.len() / inputs * outputs);
    out
}

/// Batches of these sizes with one matrix, right modulo 2^bits. Whether it stays with its owner or is shared depends on the
/// seed.
fn multiplies<R: Ring>(simulation: &Simulation, dims: [usize; 2], batches: &[usize], bits: u32, seed: u64) {
    let bits = 1 + bits % R::BITS;
    let [outputs, inputs] = dims;
    let mut random = Random(seed);
    let w: Vec<R::Word> = random.words(outputs * inputs);
    let x: Vec<Vec<R::Word>> = batches.iter().map(|rows| random.words(rows * inputs)).collect();
    let row = |r: usize, out: &mut [R::Word]| out.copy_from_slice(&w[r * inputs..][..inputs]);
    let program: Program<'_> = &|party| {
        let own: Option<Row<'_, R::Word>> = if party.id() == 0 { Some(&row) } else { None };
        let fixed = match seed % 2 {
            0 => party.input_matrix::<R>(0, dims, bits, own)?,
            _ => party.mask_matrix::<R>(dims, bits, |party, strip| {
                input::<R>(party, 0, &w[strip.start * inputs..strip.end * inputs])
            })?,
        };
        // All batches are prepared before the first one comes.
        let prepared: Result<Vec<_>, _> =
            batches.iter().map(|&rows| party.prepare_product(&fixed, rows)).collect();
        let mut out = Vec::new();
        for (x, prepared) in x.iter().zip(prepared?) {
            let x = input::<R>(party, 1, x)?;
            let z = party.product(&fixed, prepared, &x)?;
            out.extend(open(party, &z)?.into_iter().map(|word| word & u128::mask(bits)));
        }
        Ok(out)
    };
    let expected: Vec<u128> = x.iter().flat_map(|x| plain(&wide(x), &wide(&w), dims, bits)).collect();
    all(simulation, program, &expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn products_are_those_of_the_secrets(
        (simulation, seed) in settings(),
        outputs in 0usize..40, inputs in 1usize..70, batches in prop::collection::vec(0usize..5, 1..4),
        bits in 0u32..128,
    ) {
        at_all_widths!(multiplies(&simulation, [outputs, inputs], &batches, bits, seed));
    }
}

#[test]
fn matrices_of_any_shape() {
    for dims in [[1, 1], [1, 100], [100, 1], [63, 65], [64, 64], [65, 33], [130, 17], [16, 257]] {
        for (parties, rows) in [(2, 1), (3, 7), (2, 33)] {
            let simulation = Simulation::new(parties);
            for seed in [1, 2] {
                multiplies::<Z2<14>>(&simulation, dims, &[rows, 1], 13, seed);
                multiplies::<Z2<31>>(&simulation, dims, &[rows, 1], 30, seed);
                multiplies::<Z2<64>>(&simulation, dims, &[rows], 62, seed);
            }
        }
    }
}

#[test]
fn matrices_of_no_rows_or_no_columns() {
    for dims in [[0, 0], [0, 5], [5, 0]] {
        let run = Simulation::new(2).run(|party| {
            let fixed =
                party.mask_matrix::<Z2<14>>(dims, 14, |_, rows| Ok(Share::zeros(rows.len() * dims[1])))?;
            let prepared = party.prepare_product(&fixed, 3)?;
            let z = party.product(&fixed, prepared, &Share::zeros(3 * dims[1]))?;
            party.open(&z)
        });
        assert_eq!(run.unwrap().outputs, [vec![0; 3 * dims[0]], vec![0; 3 * dims[0]]]);
    }
}

/// E = 0 hides nothing of the high bits of b·Eᵀ, and comes once in 2^8 sessions of one weight of 8 bits.
#[test]
fn high_bits_of_a_short_product_say_nothing_of_the_weights() {
    let (bits, x, mut met) = (8, 3u16, 0);
    for session in 0..2000 {
        let dims = [1, 1];
        let seeds = crate::common::seeds(2, session);
        let mut deck = Deck::new(&seeds).unwrap();
        let mut stores = crate::common::empty_stores(&seeds);
        crate::common::put(&mut deck, &mut stores, &MatrixMask::<Z2<16>>::request(dims, 1, bits));
        // Congruent modulo 2^8: the products are the same. Party 1 has a share of zero of each.
        let weights = if session % 2 == 0 { 1u16 } else { 0x101 };
        let shares = [weights, 0].map(|w| Share::<Z2<16>>::from_words(vec![w]));
        let mut masks: Vec<MatrixMask<Z2<16>>> =
            stores.iter_mut().map(|store| MatrixMask::take(store, dims, 1, bits).unwrap()).collect();
        let parts: Vec<_> = masks.iter_mut().zip(&shares).map(|(mask, w)| mask.mask(1, Some(w))).collect();
        let e = crate::common::sum(&parts, bits);
        if e != [0] {
            continue;
        }
        let packed = |words: &[u16]| Filters::from_rows(1, 1, 1, words);
        let finish = |(mask, w): (MatrixMask<Z2<16>>, &Share<Z2<16>>)| {
            mask.finish(Some(packed(w.expose())), Some(packed(&e)))
        };
        let fixed: Vec<MaskedMatrix<Z2<16>>> = masks.into_iter().zip(&shares).map(finish).collect();
        crate::common::put(&mut deck, &mut stores, &fixed[0].request(1));
        let products: Vec<MatrixProduct<Z2<16>>> = stores
            .iter_mut()
            .zip(&fixed)
            .map(|(store, fixed)| MatrixProduct::take(store, fixed, None, 1).unwrap())
            .collect();
        let inputs = [x, 0].map(|x| Share::<Z2<16>>::from_words(vec![x]));
        let (parts, masked): (Vec<_>, Vec<_>) =
            products.into_iter().zip(&inputs).map(|(product, x)| product.mask(x)).unzip();
        let f = crate::common::sum(&parts, bits);
        let z: Vec<_> = masked.into_iter().zip(&fixed).map(|(p, fixed)| p.finish(fixed, &f)).collect();
        let opened: Vec<_> = z.iter().map(|z| z.expose().to_vec()).collect();
        assert_eq!(crate::common::sum(&opened, bits), [x]);
        // What party 1 gets from party 0 if all 16 bits are opened.
        assert!(opened[0][0] < 1 << bits, "the high bits are f times those of the weight");
        met += 1;
    }
    assert!(met > 1);
}

#[test]
fn large_matrices_go_strip_by_strip() {
    let simulation = Simulation::new(2);
    // More than a strip of 2^20 elements, in rows that do not divide it.
    multiplies::<Z2<14>>(&simulation, [1300, 1001], &[2], 13, 1);
    multiplies::<Z2<20>>(&Simulation::new(3), [70, 20_011], &[1], 19, 2);
    multiplies::<Z2<7>>(&simulation, [3, 500_009], &[1], 6, 3);
    // A row that is longer than a strip.
    multiplies::<Z2<7>>(&simulation, [2, (1 << 20) + 1], &[1], 6, 4);
}

/// A product and a convolution by −1 and +1.
fn multiplies_by_signs<R: Ring>(parties: usize, outputs: usize, bits: u32) {
    let (rows, window) = (3, Window { padding: [0, 1], ..Window::new([4, 5, 3], [2, 3]) });
    let (inputs, images) = (18, 2);
    let mut random = Random(outputs as u64);
    let plus = random.words::<u8>(outputs * inputs);
    let w: Vec<R::Word> = plus
        .iter()
        .map(|plus| R::Word::truncate(if plus % 2 == 0 { 1 } else { u128::mask(R::BITS) }))
        .collect();
    let [x, y] = [rows * inputs, images * 60].map(|len| random.words::<R::Word>(len));
    let row = |r: usize, out: &mut [R::Word]| out.copy_from_slice(&w[r * inputs..][..inputs]);
    let program: Program<'_> = &|party| {
        let own: Option<Row<'_, R::Word>> = if party.id() == 1 { Some(&row) } else { None };
        let dims = [outputs, inputs];
        let words = party.input_matrix::<R>(1, dims, bits, own)?;
        let signs = party.input_signs::<R>(1, dims, bits, own)?;
        let mut out = Vec::new();
        let [x, y] = [input::<R>(party, 0, &x)?, input::<R>(party, 0, &y)?];
        for matrix in [words, signs] {
            let prepared = party.prepare_product(&matrix, rows)?;
            let z = party.product(&matrix, prepared, &x)?;
            out.extend(open(party, &z)?);
            let prepared = party.prepare_convolution(&matrix, &window, images)?;
            let z = party.product(&matrix, prepared, &y)?;
            out.extend(open(party, &z)?);
        }
        let words = out.split_off(out.len() / 2);
        // Bits above those of the matrix are anything.
        let low = |out: &[u128]| out.iter().map(|word| word & u128::mask(bits)).collect::<Vec<_>>();
        assert_eq!(low(&out), low(&words), "{parties} parties, {outputs} outputs, {} bits", R::BITS);
        Ok(low(&words)[..rows * outputs].to_vec())
    };
    let expected = plain(&wide(&x), &wide(&w), [outputs, inputs], bits);
    all(&Simulation::new(parties), program, &expected);
}

#[test]
fn products_by_signs_are_those_of_words() {
    for outputs in [1, 60, 256, 300] {
        multiplies_by_signs::<Z2<14>>(2, outputs, 14);
        multiplies_by_signs::<Z2<16>>(3, outputs, 11);
        multiplies_by_signs::<Z2<9>>(2, outputs, 9);
    }
    multiplies_by_signs::<Z2<7>>(2, 300, 7);
    multiplies_by_signs::<Z2<33>>(3, 300, 20);
    multiplies_by_signs::<Z2<64>>(2, 300, 64);
}

#[test]
fn what_is_no_sign_is_refused() {
    for (wrong, count) in [(0, 5), (2, 5), (0x7fff, 5)] {
        let row = move |r: usize, out: &mut [u16]| {
            out.fill(1);
            out[0] = if r == 0 { wrong } else { u16::MAX };
        };
        let run = Simulation::new(2).run(|party| {
            let own: Option<Row<'_, u16>> = if party.id() == 0 { Some(&row) } else { None };
            party.input_signs::<Z2<16>>(0, [2, 3], 16, own).map(drop)
        });
        let error = run.unwrap_err().to_string();
        assert!(error.contains(&format!("expected 6, found {count}")), "{error}");
    }
}

#[test]
fn a_matrix_is_its_owners_alone() {
    let row = |_: usize, out: &mut [u16]| out.fill(1);
    // Another party gives rows, the owner gives none, or there is no such party.
    for (owner, gives) in [(0, [true, true]), (0, [false, false]), (2, [false, false])] {
        let run = Simulation::new(2).run(|party| {
            let gives = gives[party.id()] && !party.is_dry();
            party.input_matrix::<Z2<16>>(owner, [2, 3], 16, gives.then_some(&row)).map(drop)
        });
        assert!(run.is_err());
    }
}

#[test]
fn biases_are_added_to_every_row() {
    let run = Simulation::new(3).run(|party| {
        let w = |_: usize, out: &mut [u16]| out.copy_from_slice(&[1, 2]);
        let own: Option<Row<'_, u16>> = if party.id() == 2 { Some(&w) } else { None };
        let fixed = party.input_matrix::<Z2<14>>(2, [3, 2], 14, own)?;
        let bias = input::<Z2<14>>(party, 2, &[100, 200, 300])?;
        let mut prepared = party.prepare_product(&fixed, 2)?;
        prepared.add_row(&bias);
        let x = input::<Z2<14>>(party, 0, &[1, 1, 10, 20])?;
        let z = party.product(&fixed, prepared, &x)?;
        open(party, &z)
    });
    assert_eq!(run.unwrap().outputs[1], [103, 203, 303, 150, 250, 350]);
}

#[test]
fn wrong_shapes_are_errors_that_name_both() {
    let zeros = |party: &mut _, strip: core::ops::Range<usize>| {
        let _: &mut ringshare::protocol::Party = party;
        Ok(Share::<Z2<14>>::zeros(strip.len() * 2))
    };
    let run = Simulation::new(2).run(|party| {
        let fixed = party.mask_matrix([3, 2], 14, zeros)?;
        let prepared = party.prepare_product(&fixed, 2)?;
        party.product(&fixed, prepared, &Share::zeros(5))
    });
    assert!(run.unwrap_err().to_string().contains("expected 4, found 5"));
    let run = Simulation::new(2).run(|party| party.mask_matrix([3, 3], 14, zeros).map(drop));
    assert!(run.unwrap_err().to_string().contains("expected 9, found 6"));
    let run = Simulation::new(2).run(|party| party.mask_matrix([3, 2], 15, zeros).map(drop));
    assert!(run.unwrap_err().to_string().contains("expected 1 to 14, found 15"));
    let run = Simulation::new(2).run(|party| {
        let [one, other] = [party.mask_matrix([3, 2], 14, zeros)?, party.mask_matrix([3, 2], 14, zeros)?];
        let prepared = party.prepare_product(&other, 2)?;
        party.product(&one, prepared, &Share::zeros(4))
    });
    assert!(run.unwrap_err().to_string().contains("prepared for matrix 1, found matrix 0"));
}
