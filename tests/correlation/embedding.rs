//! Stand-ins for projects that embed the library: the pure kernels without any transport.
#![cfg(feature = "std")]

use crate::common::{Random, empty_stores, put, seeds, split, stores, sum, xor};
use ringshare::correlation::compare::{Chunks, Comparison, Plan, bit_values, sign_values};
use ringshare::correlation::{InputMask, Lookup, MatrixMask, MatrixProduct, MatrixTriple, Triple};
use ringshare::function::Table;
use ringshare::linalg::Filters;
use ringshare::offline::{Deck, Elements, Recipe, Store};
use ringshare::ring::{Ring, Z2};
use ringshare::share::{BitShare, Share};

const PARTIES: usize = 3;

type R = Z2<14>;
type O = Z2<33>;

fn shares<R: Ring>(values: &[R::Word], random: &mut Random) -> Vec<Share<R>> {
    split::<R>(values, PARTIES, random).into_iter().map(Share::from_words).collect()
}

fn opened<R: Ring>(shares: &[Share<R>]) -> Vec<R::Word> {
    sum(&shares.iter().map(|share| share.expose().to_vec()).collect::<Vec<_>>(), R::BITS)
}

/// Runs a comparison up to its last step, opening by hand.
fn chunks<R: Ring>(stores: &mut [Store], x: &[Share<R>], plan: &Plan) -> Vec<Chunks> {
    let take = |store: &mut Store| Comparison::<R>::take(store, x[0].len(), plan.clone()).unwrap();
    let masked = stores.iter_mut().zip(x).map(|(store, x)| take(store).mask(x));
    let (y, masked): (Vec<_>, Vec<_>) = masked.unzip();
    let y = sum(&y, plan.bits());
    let mut chunks: Vec<Chunks> = masked.into_iter().map(|masked| masked.look_up(&y).unwrap()).collect();
    while chunks[0].has_level() {
        let bits = xor(&chunks.iter().map(Chunks::masked).collect::<Vec<_>>());
        chunks = chunks.into_iter().map(|chunks| chunks.combine(&bits).unwrap()).collect();
    }
    chunks
}

fn values(random: &mut Random) -> Vec<u16> {
    let mut values = random.words(1000);
    values.extend([0, 1, 0x3fff, 0x1fff, 0x2000]);
    values
}

#[test]
fn a_sign_needs_no_transport() {
    for bits in [10, 14] {
        let mut random = Random(bits as u64);
        let plan = Plan::new(bits, Some(Elements::of::<O>()));
        let x: Vec<u16> = values(&mut random);
        let mut stores = stores(PARTIES, 1, &Recipe(vec![Comparison::<R>::request(x.len(), &plan)]));
        let chunks = chunks(&mut stores, &shares::<R>(&x, &mut random), &plan);
        let opening = xor(&chunks.iter().map(Chunks::masked).collect::<Vec<_>>());
        let finish = |chunks: Chunks| chunks.finish::<O>(&opening, sign_values::<O>()).unwrap();
        let signs = opened(&chunks.into_iter().map(finish).collect::<Vec<_>>());
        for (x, sign) in x.iter().zip(signs) {
            let negative = x >> (bits - 1) & 1 == 1;
            assert_eq!(sign, if negative { (1 << 33) - 1 } else { 1 }, "{x} at {bits} bits");
        }
        assert!(stores.iter().all(Store::is_empty));
    }
}

#[test]
fn boolean_comparison_of_long_values_needs_no_transport() {
    let mut random = Random(3);
    let plan = Plan::new(47, None);
    let x: Vec<u64> = random.words(130);
    let mut stores = stores(PARTIES, 2, &Recipe(vec![Comparison::<Z2<64>>::request(x.len(), &plan)]));
    let chunks = chunks(&mut stores, &shares::<Z2<64>>(&x, &mut random), &plan);
    let bits: Vec<BitShare> = chunks.into_iter().map(|chunks| chunks.finish_bits().unwrap()).collect();
    for (i, x) in x.iter().enumerate() {
        let bit = bits.iter().fold(0, |bit, share| bit ^ share.expose()[i / 64] >> (i % 64) & 1);
        assert_eq!(bit, x >> 46 & 1, "{x}");
    }
}

#[test]
fn a_lookup_needs_no_transport() {
    let mut random = Random(4);
    let table = Table::unsigned(5, |i| i * i * i);
    let x: Vec<u16> = random.words(100);
    let request = Lookup::<O>::request(x.len(), &table);
    let mut stores = stores(PARTIES, 3, &Recipe(vec![request]));
    let x_shares = shares::<R>(&x, &mut random);
    let lookups: Vec<_> =
        stores.iter_mut().map(|store| Lookup::<O>::take(store, 100, &table).unwrap()).collect();
    let masked = lookups.into_iter().zip(&x_shares).map(|(lookup, x)| lookup.mask(x));
    let (c, lookups): (Vec<_>, Vec<_>) = masked.unzip();
    let c = sum(&c, 5);
    let out: Vec<Share<O>> = lookups.into_iter().map(|lookup| lookup.finish(&c).unwrap()).collect();
    let expected: Vec<u64> = x.iter().map(|x| table.entries()[(x & 31) as usize] as u64).collect();
    assert_eq!(opened(&out), expected);
}

#[test]
fn a_product_with_a_fixed_matrix_needs_no_transport() {
    let (outputs, inputs, rows) = (5, 7, 3);
    let mut random = Random(5);
    let (w, seeds): (Vec<u16>, _) = (random.words(outputs * inputs), seeds(PARTIES, 4));
    let mut deck = Deck::new(&seeds).unwrap();
    let mut stores = empty_stores(&seeds);
    put(&mut deck, &mut stores, &MatrixMask::<R>::request([outputs, inputs], 1, 14));
    let w_shares = shares::<R>(&w, &mut random);
    let masks =
        stores.iter_mut().map(|store| MatrixMask::<R>::take(store, [outputs, inputs], 1, 14).unwrap());
    let mut masks: Vec<_> = masks.collect();
    let e = masks.iter_mut().zip(&w_shares).map(|(mask, w)| mask.mask(outputs, Some(w))).collect::<Vec<_>>();
    let e = sum(&e, 14);
    let packed = |words: &[u16]| Filters::from_rows(outputs, inputs, 1, words);
    let finish =
        |(mask, w): (MatrixMask<R>, &Share<R>)| mask.finish(Some(packed(w.expose())), Some(packed(&e)));
    let fixed: Vec<_> = masks.into_iter().zip(&w_shares).map(finish).collect();
    for batch in 0..3 {
        put(&mut deck, &mut stores, &fixed[0].request(rows));
        let x: Vec<u16> = random.words(rows * inputs);
        let x_shares = shares::<R>(&x, &mut random);
        let take =
            |(store, fixed): (&mut Store, _)| MatrixProduct::<R>::take(store, fixed, None, rows).unwrap();
        let prepared: Vec<_> = stores.iter_mut().zip(&fixed).map(take).collect();
        let masked = prepared.into_iter().zip(&x_shares).map(|(prepared, x)| prepared.mask(x));
        let (f, masked): (Vec<_>, Vec<_>) = masked.unzip();
        let f = sum(&f, 14);
        let out: Vec<_> = masked.into_iter().zip(&fixed).map(|(p, fixed)| p.finish(fixed, &f)).collect();
        let dot = |row: usize, o: usize| {
            (0..inputs)
                .fold(0u16, |sum, i| sum.wrapping_add(x[row * inputs + i].wrapping_mul(w[o * inputs + i])))
        };
        let expected: Vec<u16> =
            (0..rows * outputs).map(|i| dot(i / outputs, i % outputs) & 0x3fff).collect();
        assert_eq!(opened(&out), expected, "batch {batch}");
    }
}

#[test]
fn inputs_and_beaver_products_need_no_transport() {
    let mut random = Random(6);
    let requests = vec![
        InputMask::<R>::request(1, 6),
        InputMask::<R>::request(2, 6),
        Triple::<R>::request(6),
        MatrixTriple::<R>::request([3, 2, 3]),
    ];
    let mut stores = stores(PARTIES, 5, &Recipe(requests));
    let (x, y): (Vec<u16>, Vec<u16>) = (random.words(6), random.words(6));
    let mut input = |owner: usize, values: &[u16]| {
        let share = |(party, store): (usize, &mut Store)| {
            let mask = InputMask::<R>::take(store, owner, 6).unwrap();
            mask.share(if party == owner { values } else { &[] })
        };
        stores.iter_mut().enumerate().map(share).collect::<Vec<_>>()
    };
    let (x_shares, y_shares) = (input(1, &x), input(2, &y));

    let triples: Vec<_> = stores.iter_mut().map(|store| Triple::<R>::take(store, 6).unwrap()).collect();
    let factors = || x_shares.iter().zip(&y_shares);
    let masked = triples.into_iter().zip(factors()).map(|(triple, (x, y))| triple.mask(x, y));
    let (de, triples): (Vec<_>, Vec<_>) = masked.unzip();
    let de = sum(&de, 14);
    let out: Vec<_> = triples.into_iter().map(|triple| triple.finish(&de)).collect();
    let products: Vec<u16> = x.iter().zip(&y).map(|(x, y)| x.wrapping_mul(*y) & 0x3fff).collect();
    assert_eq!(opened(&out), products);

    let triples: Vec<_> =
        stores.iter_mut().map(|store| MatrixTriple::<R>::take(store, [3, 2, 3]).unwrap()).collect();
    let masked = triples.into_iter().zip(factors()).map(|(triple, (x, y))| triple.mask(x, y));
    let (de, triples): (Vec<_>, Vec<_>) = masked.unzip();
    let de = sum(&de, 14);
    let out: Vec<_> = triples.into_iter().map(|triple| triple.finish(&de)).collect();
    let cell =
        |r: usize, c: usize| x[2 * r].wrapping_mul(y[c]).wrapping_add(x[2 * r + 1].wrapping_mul(y[3 + c]));
    let products: Vec<u16> = (0..9).map(|i| cell(i / 3, i % 3) & 0x3fff).collect();
    assert_eq!(opened(&out), products);
}

#[test]
fn any_two_values_may_come_out() {
    let mut random = Random(7);
    let plan = Plan::new(2, Some(Elements::of::<R>()));
    let mut stores = stores(PARTIES, 6, &Recipe(vec![Comparison::<Z2<2>>::request(4, &plan)]));
    let chunks = chunks(&mut stores, &shares::<Z2<2>>(&[0, 1, 2, 3], &mut random), &plan);
    let opening = xor(&chunks.iter().map(Chunks::masked).collect::<Vec<_>>());
    assert_eq!(bit_values::<R>(), [0, 1]);
    let out: Vec<_> = chunks.into_iter().map(|c| c.finish::<R>(&opening, [40, 7]).unwrap()).collect();
    assert_eq!(opened(&out), [40, 40, 7, 7]);
}
