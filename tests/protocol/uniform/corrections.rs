//! What the dealer sends.

use std::ops::BitXor;
use std::sync::Arc;

use ringshare::correlation::bits::{BitProducts, DaBits, EdaBits, Select};
use ringshare::correlation::compare::dcf::Dcf;
use ringshare::correlation::compare::{Comparison, Plan, Task, Wish};
use ringshare::offline::{Deck, Elements};
use ringshare::ring::{Z2, packed_len};

use super::{R, uniform};
use crate::common::dcf::Shape;

#[test]
fn keys_say_nothing_of_their_thresholds() {
    let (bits, len) = (8, 1 << 17);
    let seeds = crate::common::seeds(2, 1);
    let request = Dcf::<Z2<8>, Z2<64>>::request(len, bits);
    let (_, correction) = Deck::new(&seeds).unwrap().deal(&request).unwrap().unwrap();
    let shares = crate::common::generators(&seeds).map(|prg| {
        let mut r = vec![0u8; len];
        prg.words(0, 0, &mut r);
        r
    });
    let masks = crate::common::sum(&shares.collect::<Vec<_>>(), bits);
    let keys = Shape { bits, width: 64 }.read(&correction, len);
    // Thresholds 0 and the largest, flipped and not, one in between, and any.
    for masks_of in [0u8..=0, 128..=128, 127..=127, 255..=255, 77..=77, 0..=255] {
        let of = masks.iter().zip(&keys).filter(|(r, _)| masks_of.contains(*r)).map(|(_, key)| key);
        let keys: Vec<_> = of.take(1 << 12).collect();
        assert!(keys.len() > 300);
        let mut vectors = vec![keys.iter().flat_map(|key| key.leaf.to_le_bytes()).collect::<Vec<u8>>()];
        let mut differences = Vec::new();
        for level in 0..6 {
            vectors.push(keys.iter().flat_map(|key| key.levels[level].0.to_le_bytes()).collect());
            vectors.push(keys.iter().flat_map(|key| (key.levels[level].2 as u64).to_le_bytes()).collect());
            differences.extend(keys.iter().map(|key| key.levels[level].1 as usize));
        }
        let vectors: Vec<&[u8]> = vectors.iter().map(Vec::as_slice).collect();
        let what = format!("keys of masks {masks_of:?}");
        masked_apart(&what, &vectors);
        uniform(&what, vectors.concat().into_iter().map(usize::from), 256);
        uniform(&what, differences.into_iter(), 2);
    }
}

#[test]
fn vectors_of_dealt_bits_have_masks_of_their_own() {
    let len = 1 << 14;
    let pairs: Arc<[[u16; 2]]> = Arc::new([[0, 1], [1, 2], [2, 0], [2, 3]]);
    for (request, sizes) in [
        (EdaBits::<R>::request(len, 14, 7), vec![len / 8; 21]),
        (BitProducts::request(len, 4, pairs), vec![len / 8; 4]),
        (DaBits::<Z2<16>>::request(len, 9), (8..=16).rev().map(|bits| len * bits / 8).collect()),
        (Select::<Z2<32>>::request(len), vec![4 * len; 2]),
    ] {
        let mut deck = Deck::new(&crate::common::seeds(2, 1)).unwrap();
        let (_, correction) = deck.deal(&request).unwrap().unwrap();
        let mut rest = &correction[..];
        let vectors: Vec<&[u8]> =
            sizes.into_iter().map(|len: usize| &rest.split_off(..len).unwrap()[..2048]).collect();
        assert!(rest.is_empty());
        masked_apart(&request.to_string(), &vectors);
    }
}

/// Vectors of a correction, each under masks of its own: none says anything of another one.
fn masked_apart(what: &str, vectors: &[&[u8]]) {
    for (i, vector) in vectors.iter().enumerate() {
        let pairs = |other: usize| vector.iter().zip(vectors[other]);
        uniform(&format!("{what}, vector {i}"), vector.iter().map(|&byte| byte.into()), 256);
        for other in 0..i {
            let [xor, difference] = [u8::bitxor as fn(u8, u8) -> u8, u8::wrapping_sub];
            for f in [xor, difference] {
                let samples = pairs(other).map(|(&a, &b)| usize::from(f(a, b)));
                uniform(&format!("{what}, vectors {i} and {other}"), samples, 256);
            }
        }
    }
}

#[test]
fn vectors_of_a_correction_have_masks_of_their_own() {
    let len = 1 << 14;
    let output = Elements::of::<Z2<64>>();
    for (bits, all) in [(8, false), (14, true), (20, false), (33, true), (34, false)] {
        for task in [
            Task::Negative(Some(output)),
            Task::Negative(None),
            Task::Zero(Some(output)),
            Task::Zero(None),
            Task::Relu { output, shift: 0, skipped: 0 },
            Task::Relu { output, shift: 0, skipped: 4 },
            Task::Relu { output, shift: 5, skipped: 0 },
            Task::Truncate { output, shift: 5 },
            Task::Floor { output, shift: 5 },
        ] {
            if !all && !matches!(task, Task::Negative(_)) {
                continue;
            }
            for plan in [Wish::Balanced, Wish::Rounds].map(|wish| Plan::choose(bits, task, wish)) {
                let mut deck = Deck::new(&crate::common::seeds(2, 1)).unwrap();
                let (_, correction) = deck.deal(&Comparison::<Z2<64>>::request(len, &plan)).unwrap().unwrap();
                // Tables of the chunks, a wide one's in two vectors; products or top bits; elements.
                let tables = plan.chunks().iter().flat_map(|width| match width {
                    ..=3 => vec![len],
                    4 => vec![2 * len],
                    5 => vec![4 * len],
                    6 => vec![8 * len],
                    _ => vec![8 * len; 2],
                });
                let last = plan.levels().last().map_or(plan.chunks().len(), Vec::len);
                let entries = if last == 0 { 0 } else { 1 << (2 * (last - 1)) };
                // Elements, and wraps of the bits that the result has beyond those of ⌊x / 2^shift⌋.
                let (elements, wraps, shift) = match task {
                    Task::Negative(None) | Task::Zero(None) => (0, 0, 0),
                    // v is made of the masks, and what they are above their bits.
                    Task::Relu { shift: 0, .. } => (2 * entries, entries + 2, 0),
                    Task::Relu { shift, .. } => (2 * entries + 1, entries + 1, shift),
                    Task::Truncate { shift, .. } => (1, 1, shift),
                    Task::Floor { shift, .. } => (entries + 1, 1, shift),
                    _ => (entries, 0, 0),
                };
                let wrap = packed_len(len, 64 - (bits - shift));
                let tables: Vec<usize> = tables.collect();
                let last = [vec![8 * len; elements], vec![wrap; wraps]].concat();
                let bits_bytes = correction.len() - tables.iter().chain(&last).sum::<usize>();
                assert_eq!(bits_bytes % (len / 8), 0);
                let bit_vectors = vec![len / 8; bits_bytes / (len / 8)];
                let mut rest = &correction[..];
                let lens = tables.into_iter().chain(bit_vectors).chain(last);
                let vectors: Vec<&[u8]> = lens.map(|len| rest.split_off(..len).unwrap()).collect();
                assert!(rest.is_empty());
                masked_apart(&format!("{bits} bits, {task:?}, {plan}"), &vectors);
            }
        }
    }
}
