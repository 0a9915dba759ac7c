//! Two parties compare 14-bit values, in a program without the standard library and without libc:
//! its own entry point, panic handler and allocator. Exits with 0 if the results are right.
//!
//! Linux on x86-64: `cargo run --release --manifest-path tests/nostd/Cargo.toml`.
#![no_std]
#![no_main]

extern crate alloc;

mod runtime;

use alloc::vec;
use alloc::vec::Vec;

use ringshare::correlation::compare::{Chunks, Comparison, Plan, sign_values};
use ringshare::offline::{Deck, Elements, Seeds, Store};
use ringshare::prg::RootSeed;
use ringshare::ring::Z2;
use ringshare::share::Share;

type R = Z2<14>;
const MASK: u16 = (1 << 14) - 1;

/// Both parties in lockstep; what they send each other is summed by hand.
fn signs(values: &[u16]) -> Option<Vec<u16>> {
    let plan = Plan::new(14, Some(Elements::of::<R>()));
    let request = Comparison::<R>::request(values.len(), &plan);
    let seeds = Seeds::derive(&RootSeed::from_bytes([1; 32]), 0, 2);
    let (recipients, correction) = Deck::new(&seeds).ok()?.deal(&request).ok()??;

    // Shares of the values: a number that stands for a random one, and the rest.
    let first = |i: usize| (i as u16).wrapping_mul(40_503);
    let mut opened = Vec::new();
    let mut masked = Vec::new();
    for party in 0..2 {
        let mut store = Store::new(seeds.row(party).ok()?);
        store.put(request.clone(), (party < recipients).then(|| correction.clone())).ok()?;
        let share =
            |(i, value): (usize, &u16)| if party == 0 { first(i) } else { value.wrapping_sub(first(i)) };
        let x = Share::<R>::from_words(values.iter().enumerate().map(share).collect());
        let (y, rest) = Comparison::<R>::take(&mut store, values.len(), plan.clone()).ok()?.mask(&x);
        opened.push(y);
        masked.push(rest);
    }
    let y: Vec<u16> = (0..values.len()).map(|i| opened[0][i].wrapping_add(opened[1][i]) & MASK).collect();
    let chunks: Option<Vec<Chunks>> = masked.into_iter().map(|masked| masked.look_up(&y).ok()).collect();
    let chunks = chunks?;
    let bits: Vec<u8> = chunks[0].masked().iter().zip(chunks[1].masked()).map(|(a, b)| a ^ b).collect();
    let mut result = vec![0u16; values.len()];
    for chunks in chunks {
        let share = chunks.finish::<R>(&bits, sign_values::<R>()).ok()?;
        result.iter_mut().zip(share.expose()).for_each(|(sum, x)| *sum = sum.wrapping_add(*x) & MASK);
    }
    Some(result)
}

/// Every 14-bit value.
fn right() -> bool {
    let values: Vec<u16> = (0..=MASK).collect();
    let sign = |x: &u16| if x >> 13 == 1 { MASK } else { 1 };
    signs(&values).is_some_and(|signs| signs.iter().eq(values.iter().map(sign).collect::<Vec<_>>().iter()))
}
