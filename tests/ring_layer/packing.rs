//! Packed elements: every width in every word, against one bit at a time.

use proptest::prelude::*;
use ringshare::ring::{PackError, Word, pack, packed_len, unpack, unpack_add, unpack_at};

/// The definition of the wire format: bit b of element i is bit i·k + b of the string.
fn pack_bitwise<W: Word>(words: &[W], bits: u32) -> Vec<u8> {
    let mut out = vec![0; packed_len(words.len(), bits)];
    for (i, word) in words.iter().enumerate() {
        for b in 0..bits as usize {
            let at = i * bits as usize + b;
            out[at / 8] |= ((word.widen() >> b) as u8 & 1) << (at % 8);
        }
    }
    out
}

/// Words with dirty high bits.
fn words<W: Word>(len: usize, mut state: u64) -> Vec<W> {
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ x >> 31) as u128
    };
    (0..len).map(|_| W::truncate(next() << 64 | next())).collect()
}

fn canonical<W: Word>(words: &[W], bits: u32) -> Vec<W> {
    words.iter().map(|&word| word & W::mask(bits)).collect()
}

fn packed<W: Word>(words: &[W], bits: u32) -> Vec<u8> {
    let mut bytes = vec![0xaa; packed_len(words.len(), bits)];
    pack(words, bits, &mut bytes);
    bytes
}

fn round_trip<W: Word>(bits: u32, words: &[W], other: &[W]) {
    let bytes = packed(words, bits);
    assert_eq!(bytes, pack_bitwise(words, bits), "{bits} bits, {} words", words.len());

    let mut out = other.to_vec();
    unpack(&bytes, bits, &mut out).unwrap();
    assert_eq!(out, canonical(words, bits), "{bits} bits, {} words", words.len());

    let places: Vec<u64> = (0..words.len() as u64).rev().collect();
    let mut out = other.to_vec();
    unpack_at(&bytes, words.len(), bits, &places, &mut out).unwrap();
    out.reverse();
    assert_eq!(out, canonical(words, bits), "{bits} bits, {} words at any places", words.len());

    let mut sum = other.to_vec();
    unpack_add(&bytes, bits, &mut sum).unwrap();
    let expected: Vec<W> = canonical(words, bits).iter().zip(other).map(|(x, y)| x.wrapping_add(y)).collect();
    assert_eq!(sum, expected, "{bits} bits, {} words", words.len());
}

fn every_width_and_length<W: Word>() {
    for bits in 1..=W::BITS {
        for len in (0..40).chain([64, 65, 129, 256, 321]) {
            round_trip(bits, &words::<W>(len, bits as u64), &words::<W>(len, !bits as u64));
        }
    }
}

fn strict<W: Word>() {
    for bits in 1..=W::BITS {
        for len in [0, 1, 3, 8, 41] {
            let bytes = packed(&words::<W>(len, 5), bits);
            let before = words::<W>(len, 6);
            let refused = |bytes: &[u8], error: PackError| {
                let (mut out, mut sum) = (before.clone(), before.clone());
                assert_eq!(unpack(bytes, bits, &mut out), Err(error));
                assert_eq!(unpack_add(bytes, bits, &mut sum), Err(error));
                assert_eq!(unpack_at(bytes, out.len(), bits, &vec![0; out.len()], &mut out), Err(error));
                assert_eq!((&out, &sum), (&before, &before));
            };
            let expected = bytes.len();
            for found in [0, expected / 2, expected.saturating_sub(1), expected + 1, 2 * expected + 8] {
                if found != expected {
                    let other: Vec<u8> = bytes.iter().copied().cycle().take(found).collect();
                    let other = if other.is_empty() { vec![0; found] } else { other };
                    refused(&other, PackError::Length { expected, found });
                }
            }
            for bit in len * bits as usize..8 * expected {
                let mut other = bytes.clone();
                other[bit / 8] |= 1 << (bit % 8);
                refused(&other, PackError::Padding);
            }
        }
    }
}

macro_rules! every_word {
    ($check:ident) => {
        $check::<u8>();
        $check::<u16>();
        $check::<u32>();
        $check::<u64>();
        $check::<u128>();
    };
}

#[test]
fn packing_is_the_definition_at_every_width_of_every_word() {
    every_word!(every_width_and_length);
}

#[test]
fn wrong_lengths_and_padding_are_refused_and_change_nothing() {
    every_word!(strict);
}

#[test]
fn known_answers_of_the_wire_format() {
    assert_eq!(packed(&[1u8, 0, 1, 1, 0, 0, 1, 0, 1], 1), [0b0100_1101, 0b1]);
    assert_eq!(
        packed(&[0x123u16, 0x456, 0x789, 0x7ff, 0x001], 11),
        [0x23, 0xb1, 0x62, 0xe2, 0xff, 0x1f, 0x00]
    );
    assert_eq!(packed(&[0x3fffu16, 0x0001, 0x2abc], 14), [0xff, 0x7f, 0x00, 0xc0, 0xab, 0x02]);
    assert_eq!(packed(&[0xabcdeu32, 0x12345], 20), [0xde, 0xbc, 0x5a, 0x34, 0x12]);
    assert_eq!(packed(&[0x1_0203_0405u64, 1], 33), [0x05, 0x04, 0x03, 0x02, 0x03, 0, 0, 0, 0]);
    assert_eq!(packed(&[0x0102_0304_0506_0708u64], 64), [8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(packed(&[1u128 << 64 | 2, 3], 65), [2, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn lengths_saturate() {
    assert_eq!(packed_len(0, 128), 0);
    assert_eq!(packed_len(9, 1), 2);
    assert_eq!(packed_len(usize::MAX, 8), usize::MAX);
    assert_eq!(packed_len(usize::MAX, 128), usize::MAX);
    assert_eq!(packed_len(usize::MAX, 1), usize::MAX / 8 + 1);
}

#[test]
#[should_panic(expected = "17 bits in a word of 16 bits")]
fn a_width_beyond_the_word_panics() {
    pack::<u16>(&[], 17, &mut []);
}

#[test]
#[should_panic(expected = "0 bits in a word of 16 bits")]
fn a_width_of_zero_panics() {
    let _ = unpack::<u16>(&[], 0, &mut []);
}

proptest! {
    #[test]
    fn long_vectors_round_trip(bits in 1u32..=128, len in 0usize..3000, seed: u64) {
        if bits <= 8 { round_trip(bits, &words::<u8>(len, seed), &words(len, !seed)); }
        if bits <= 16 { round_trip(bits, &words::<u16>(len, seed), &words(len, !seed)); }
        if bits <= 32 { round_trip(bits, &words::<u32>(len, seed), &words(len, !seed)); }
        if bits <= 64 { round_trip(bits, &words::<u64>(len, seed), &words(len, !seed)); }
        round_trip(bits, &words::<u128>(len, seed), &words(len, !seed));
    }

    #[test]
    fn any_bytes_unpack_or_are_refused(bits in 1u32..=32, len in 0usize..40, bytes: Vec<u8>) {
        let mut out = vec![0u32; len];
        if unpack(&bytes, bits, &mut out).is_ok() {
            prop_assert_eq!(packed(&out, bits), bytes);
        }
    }
}
