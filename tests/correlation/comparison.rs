//! The comparison with zero at every bit length, against plain integers.
#![cfg(feature = "std")]

use crate::common::compare::{Setting, all_pairs, edges, varied};
use crate::common::{Random, sum, xor};
use ringshare::correlation::compare::{Chunks, Plan, Task, Wish, bit_values, sign_values};
use ringshare::offline::Elements;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::with_ring;

fn two(session: u64) -> Setting {
    Setting { parties: 2, session }
}

/// Runs `$body` with one of the output rings.
macro_rules! with_output {
    ($which:expr, $O:ident => $body:expr) => {
        match $which % 5 {
            0 => {
                type $O = Z2<3>;
                $body
            }
            1 => {
                type $O = Z2<14>;
                $body
            }
            2 => {
                type $O = Z2<33>;
                $body
            }
            3 => {
                type $O = Z2<64>;
                $body
            }
            _ => {
                type $O = Z2<128>;
                $body
            }
        }
    };
}

#[test]
fn every_value_under_every_mask_up_to_8_bits() {
    for parties in [2, 3, 5] {
        for bits in 2..=8 {
            let setting = Setting { parties, session: bits as u64 };
            // A mask comes at least 2^bits times, by far.
            let len = (1 << (2 * bits)) * 3 / 2 + (64 << bits);
            let masks = setting.masks::<Z2<8>>(len, &Plan::new(bits, None));
            setting.check::<Z2<8>, Z2<8>>(&all_pairs(&masks, bits), bits);
        }
    }
}

#[test]
fn the_masks_are_those_of_the_comparison() {
    for bits in 2..=8 {
        let (len, mut random) = (4096, Random(1));
        let (plan, x) = (Plan::new(bits, Some(Elements::of::<Z2<8>>())), random.words::<u8>(len));
        let masks = two(9).masks::<Z2<8>>(len, &plan);
        let (_, opened) = two(9).arithmetic::<Z2<8>, Z2<8>>(&x, bits, sign_values::<Z2<8>>());
        for ((x, r), y) in x.iter().zip(masks).zip(opened.y) {
            assert_eq!(y, x.wrapping_add(r) & <u8 as Word>::mask(bits));
        }
    }
}

#[test]
fn every_value_up_to_14_bits_under_16_masks() {
    for bits in 9..=14 {
        for session in 0..4 {
            let x: Vec<u16> = (0..4 << bits).map(|x| x as u16).collect();
            two(session).check::<Z2<16>, Z2<7>>(&x, bits);
        }
    }
}

#[test]
fn long_values_of_any_size() {
    for bits in 15..=64 {
        let mut random = Random(bits as u64);
        with_ring!(bits, R => with_output!(bits, O => {
            let x = varied::<<R as Ring>::Word>(1 << 16, bits, &mut random);
            two(bits as u64).check::<R, O>(&x, bits);
        }));
    }
}

#[test]
fn edges_at_every_bit_length_into_every_ring() {
    for bits in 2..=64 {
        with_ring!(bits, R => for which in 0..5 {
            with_output!(which, O => {
                let x: Vec<_> = edges::<<R as Ring>::Word>(bits).into_iter().cycle().take(4000).collect();
                two(which as u64).check::<R, O>(&x, bits);
            });
        });
    }
}

#[test]
fn any_number_of_parties() {
    for bits in 2..=64 {
        let mut random = Random(bits as u64);
        for parties in 2..=7 {
            with_ring!(bits, R => with_output!(bits + parties as u32, O => {
                let mut x = edges::<<R as Ring>::Word>(bits);
                x.extend(varied::<<R as Ring>::Word>(400, bits, &mut random));
                Setting { parties, session: bits as u64 }.check::<R, O>(&x, bits);
            }));
        }
    }
}

#[test]
fn any_length_of_the_vector() {
    for bits in 2..=64 {
        let mut random = Random(bits as u64);
        for len in [0, 1, 2, 7, 8, 63, 64, 65, 127, 129, 2047, 2048, 2049, 5000] {
            with_ring!(bits, R => with_output!(bits / 5 + len as u32, O => {
                let x = varied::<<R as Ring>::Word>(len, bits, &mut random);
                two(len as u64).check::<R, O>(&x, bits);
                Setting { parties: 3, session: len as u64 }.check::<R, O>(&x, bits);
            }));
        }
    }
}

#[test]
fn low_bits_inside_wider_rings() {
    for bits in 2..=64 {
        let mut random = Random(bits as u64);
        let x = varied::<u64>(1000, bits, &mut random);
        two(1).check::<Z2<64>, Z2<14>>(&x, bits);
        let x = varied::<u128>(1000, bits, &mut random);
        two(2).check::<Z2<128>, Z2<33>>(&x, bits);
        two(3).check::<Z2<65>, Z2<3>>(&x, bits);
    }
}

#[test]
fn results_in_rings_of_any_width() {
    fn into<O: Ring>() {
        for bits in 2..=64 {
            let mut x = varied::<u64>(65, bits, &mut Random(bits as u64));
            x.extend(edges::<u64>(bits));
            for parties in [2, 3] {
                Setting { parties, session: bits as u64 }.check::<Z2<64>, O>(&x, bits);
            }
        }
    }
    into::<Z2<1>>();
    into::<Z2<2>>();
    into::<Z2<8>>();
    into::<Z2<9>>();
    into::<Z2<63>>();
    into::<Z2<65>>();
    into::<Z2<127>>();
}

#[test]
fn the_sign_of_zero_is_plus_one() {
    for bits in 2..=64 {
        let setting = two(bits as u64);
        let (signs, _) = setting.arithmetic::<Z2<64>, Z2<3>>(&[0; 300], bits, sign_values::<Z2<3>>());
        assert!(signs.iter().all(|&sign| sign == 1));
        let minus = [u64::MAX; 300];
        let (signs, _) = setting.arithmetic::<Z2<64>, Z2<3>>(&minus, bits, sign_values::<Z2<3>>());
        assert!(signs.iter().all(|&sign| sign == 7));
        let (bits, _) = setting.arithmetic::<Z2<64>, Z2<1>>(&minus, bits, bit_values::<Z2<1>>());
        assert!(bits.iter().all(|&bit| bit == 1));
    }
}

#[test]
fn plans_open_no_more_than_their_docs_say() {
    for bits in 2..=64u32 {
        let plan = Plan::new(bits, Some(Elements::of::<Z2<16>>()));
        assert_eq!(plan.chunks().iter().sum::<u32>(), bits - 1);
        let (rounds, opened) = match bits {
            ..=7 => (2, bits + 1),
            8..=14 => (2, bits + 3),
            15..=21 => (3, bits + 7),
            22..=41 => (3, bits + 16),
            _ => (4, bits + 34),
        };
        let cost = plan.cost(1);
        assert_eq!(cost.rounds, rounds, "{bits} bits");
        let exact = bits <= 21;
        assert!(
            cost.opened_bits <= opened as u64 && (!exact || cost.opened_bits == opened as u64),
            "{bits} bits"
        );
    }
    assert!(Plan::new(14, Some(Elements::of::<Z2<16>>())).cost(1 << 20).dealer_bytes <= 40 << 20);
}

#[test]
fn long_bits_take_3_rounds_and_little() {
    for (bits, opened, dealt) in [(32, 50, 24), (64, 100, 48)] {
        let cost = Plan::new(bits, None).cost(1 << 20);
        assert!(cost.rounds <= 3 && cost.opened_bits <= opened << 20 && cost.dealer_bytes <= dealt << 20);
    }
}

#[test]
#[should_panic(expected = "2 to 64 bits")]
fn one_bit_is_no_comparison() {
    Plan::new(1, None);
}

#[test]
#[should_panic(expected = "2 to 64 bits")]
fn more_than_64_bits_are_not_compared() {
    Plan::new(65, None);
}

/// The masks are drawn in one word, whatever the word in which what was opened is handed over.
#[test]
fn relus_are_right_whatever_word_the_opened_values_come_in() {
    fn check<M: Ring, Y: Ring, O: Ring>() {
        let x: Vec<M::Word> = (0..=255u64).map(M::Word::truncate64).collect();
        let task = Task::Relu { output: Elements::of::<O>(), shift: 0, skipped: 0 };
        let (chunks, opened) = two(7).chunks::<M>(&x, &Plan::choose(8, task, Wish::Balanced));
        let y: Vec<Y::Word> = opened.y.iter().map(|y| Y::Word::truncate64(y.low64())).collect();
        let last = xor(&chunks.iter().map(Chunks::masked).collect::<Vec<_>>());
        let finish = |chunks: Chunks| chunks.finish_shifted::<Y, O>(&y, &last).unwrap().expose().to_vec();
        let out = sum(&chunks.into_iter().map(finish).collect::<Vec<_>>(), O::BITS);
        let relu = |x: u64| {
            if x < 128 { O::Word::truncate64(x) & O::Word::mask(O::BITS) } else { O::Word::default() }
        };
        assert_eq!(
            out,
            (0..=255).map(relu).collect::<Vec<_>>(),
            "{}, {}, {} bits",
            M::BITS,
            Y::BITS,
            O::BITS
        );
    }
    check::<Z2<16>, Z2<8>, Z2<8>>();
    check::<Z2<32>, Z2<16>, Z2<16>>();
    check::<Z2<8>, Z2<32>, Z2<8>>();
    check::<Z2<8>, Z2<8>, Z2<64>>();
    check::<Z2<8>, Z2<64>, Z2<33>>();
}
