//! Comparison by distributed comparison functions, against plain integers.
#![cfg(feature = "std")]

mod common;

use common::compare::varied;
use common::{Random, split, stores, sum};
use ringshare::correlation::dcf::{Dcf, key_bytes};
use ringshare::correlation::{Deck, Masked, Recipe, Request, Store, StoreError};
use ringshare::protocol::{Error, Family};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

/// Both parties' functions, masked, and y.
type Opened<R, O> = (Vec<Masked<Dcf<R, O>>>, Vec<<R as Ring>::Word>);

fn open<R: Ring, O: Ring>(session: u64, x: &[R::Word], bits: u32) -> Opened<R, O> {
    let shares = split::<R>(x, 2, &mut Random(session ^ 0x5eed)).into_iter().map(Share::<R>::from_words);
    let recipe = Recipe(vec![Dcf::<R, O>::request(x.len(), bits)]);
    let mask = |(mut store, x): (Store, Share<R>)| store.dcf::<R, O>(x.len(), bits).unwrap().mask(&x);
    let (y, masked): (Vec<_>, Vec<_>) = stores(2, session, &recipe).into_iter().zip(shares).map(mask).unzip();
    (masked, sum(&y, bits))
}

fn arithmetic<R: Ring, O: Ring>(
    session: u64,
    x: &[R::Word],
    bits: u32,
    values: [O::Word; 2],
) -> Vec<O::Word> {
    let (masked, y) = open::<R, O>(session, x, bits);
    let finish = |masked: Masked<Dcf<R, O>>| masked.finish(&y, values).unwrap().expose().to_vec();
    sum(&masked.into_iter().map(finish).collect::<Vec<_>>(), O::BITS)
}

/// Holds the arithmetic result against plain integers.
fn check<R: Ring, O: Ring>(session: u64, x: &[R::Word], bits: u32) {
    let values = [O::Word::truncate(0x55), O::Word::from_signed(-3)];
    let out = arithmetic::<R, O>(session, x, bits, values);
    assert_eq!(out.len(), x.len());
    for (i, (x, out)) in x.iter().zip(&out).enumerate() {
        let expected = values[usize::from(x.signed(bits) < 0)] & O::Word::mask(O::BITS);
        assert!(*out == expected, "{x:?} at {bits} bits into {}, place {i}", O::BITS);
    }
}

/// Holds the boolean result against plain integers.
fn check_bits<R: Ring>(session: u64, x: &[R::Word], bits: u32) {
    let (masked, y) = open::<R, Z2<1>>(session, x, bits);
    let shares: Vec<_> = masked.into_iter().map(|masked| masked.finish_bits(&y).unwrap()).collect();
    assert!(shares.iter().all(|share| share.len() == x.len()));
    for (i, x) in x.iter().enumerate() {
        let bit = shares.iter().fold(0, |bit, share| bit ^ share.expose()[i / 64] >> (i % 64) & 1);
        assert_eq!(bit == 1, x.signed(bits) < 0, "{x:?} at {bits} bits, place {i}: a bit");
    }
}

/// The comparisons' secret masks, which depend on the seeds alone.
fn masks<R: Ring>(session: u64, len: usize, bits: u32) -> Vec<R::Word> {
    open::<R, Z2<8>>(session, &vec![num_traits::Zero::zero(); len], bits).1
}

/// Every length of the vector, as blocks and words end.
const LENS: [usize; 12] = [0, 1, 63, 64, 65, 127, 128, 129, 255, 256, 257, 5000];

#[test]
fn every_value_under_every_mask_up_to_8_bits() {
    for bits in 2..=8u32 {
        // A mask comes at least 2^bits times, by far.
        let len = (1 << (2 * bits)) * 3 / 2 + (64 << bits);
        let mut next = vec![0usize; 1 << bits];
        let mut dirt = Random(bits as u64);
        let choose = |r: u8| {
            let place = &mut next[r as usize];
            *place += 1;
            (*place as u8 & u8::mask(bits)) | ((dirt.next() as u8) << (bits - 1) << 1)
        };
        let x: Vec<u8> = masks::<Z2<8>>(bits as u64, len, bits).into_iter().map(choose).collect();
        assert!(next.iter().all(|&count| count >= 1 << bits), "not every mask came often enough");
        check::<Z2<8>, Z2<8>>(bits as u64, &x, bits);
        check::<Z2<8>, Z2<64>>(bits as u64, &x, bits);
        check::<Z2<8>, Z2<2>>(bits as u64, &x, bits);
        check_bits::<Z2<8>>(bits as u64, &x, bits);
    }
}

#[test]
fn long_values_of_any_size() {
    for bits in 9..=64 {
        let mut random = Random(bits as u64);
        let x = varied::<u64>(1 << 14, bits, &mut random);
        check::<Z2<64>, Z2<64>>(bits as u64, &x, bits);
        check_bits::<Z2<64>>(bits as u64, &x, bits);
    }
}
