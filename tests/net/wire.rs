//! The corpus of the fuzz target for bytes from the network, and some more of the kind.
#![cfg(feature = "std")]

mod any_bytes;
use crate::common::{Random, root, skipped};
use any_bytes::{any_bytes, party};
use proptest::prelude::*;

#[test]
fn the_corpus_is_a_result_or_an_error() {
    let Ok(corpus) = std::fs::read_dir(root().join("fuzz/corpus/wire")) else {
        return skipped("the fuzz corpus");
    };
    let mut count = 0;
    for file in corpus {
        any_bytes(&std::fs::read(file.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn right_headers_go_all_the_way() {
    for choice in [0xfe, 0xff] {
        party(choice, &[0; 10_000]).unwrap();
        // A header of zeros is of another session, wherever it is.
        for wrong in 0..if choice & 1 == 0 { 16 } else { 24 } {
            let error = party(wrong << 1 | choice & 1, &[0; 10_000]).unwrap_err().to_string();
            assert!(error.contains("expected"), "frame {wrong}: {error}");
        }
        let error = party(choice, &[0; 300]).unwrap_err().to_string();
        assert!(error.contains("the bytes have ended"), "{error}");
    }
}

#[test]
fn zeros_and_ones_of_any_length_are_a_result_or_an_error() {
    for first in 0..4 {
        for second in 0..=255 {
            for (len, byte) in [(0, 0), (1, 0), (31, 0), (64, 0), (600, 0), (7, 0xff), (600, 0xff)] {
                any_bytes(&[vec![first, second], vec![byte; len]].concat());
            }
        }
    }
}

#[test]
fn long_random_bytes_are_a_result_or_an_error() {
    let mut random = Random(1);
    for _ in 0..2000 {
        let len = random.below(3000);
        any_bytes(&random.words::<u8>(len));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_result_or_an_error(data in prop::collection::vec(any::<u8>(), 0..200)) {
        any_bytes(&data);
    }
}
