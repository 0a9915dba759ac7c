//! What is not as agreed is an error, never a panic.

use std::sync::Arc;

use ringshare::correlation::bits::{BitProducts, Circuit, DaBits, EdaBits, Select};
use ringshare::correlation::{Deck, Elements, Request, Store, StoreError};
use ringshare::ring::Z2;
use ringshare::share::{BitShare, Share};

use crate::common::seeds;

type R = Z2<14>;

/// A store of party 0 with one item and this correction.
fn store(request: Request, byte: u8) -> Store {
    let mut store = Store::new(0, seeds(2, 1).row(0)).unwrap();
    let bytes = store.correction_len(&request).unwrap();
    assert!(store.put(request.clone(), Some(vec![byte; bytes + 1])).is_err());
    assert!(store.put(request.clone(), None).is_err());
    store.put(request, Some(vec![byte; bytes])).unwrap();
    store
}

#[test]
fn padding_in_corrections_is_refused() {
    let (x, c) = (Share::<R>::zeros(3), BitShare::zeros(3));
    for circuit in [Circuit::Sign, Circuit::Zero, Circuit::Bits] {
        let pairs = circuit.pairs(14);
        let mut store = store(EdaBits::<R>::request(3, 14, pairs), 0xff);
        let masked = store.edabits::<R>(3, 14, pairs).unwrap().mask(&x).1;
        assert!(matches!(masked.subtract(&[0; 3], circuit), Err(StoreError::Padding)));
    }
    let pairs: Arc<[[u16; 2]]> = Arc::new([[0, 1]]);
    let masked = store(BitProducts::request(3, 2, pairs.clone()), 0xff).bit_products(3, 2, &pairs).unwrap();
    assert!(matches!(masked.mask(&[&c, &c]).1.finish(&[0; 2]), Err(StoreError::Padding)));
    let masked = store(DaBits::<R>::request(3, 1), 0xff).dabits::<R>(3, 1).unwrap().mask(&[&c]).1;
    assert!(matches!(masked.finish(&[0]), Err(StoreError::Padding)));
    let masked = store(Select::<R>::request(3), 0xff).select::<R>(3).unwrap().mask(&c, &x).2;
    assert!(matches!(masked.finish(&[0; 3], &[0]), Err(StoreError::Padding)));
}

#[test]
fn other_items_than_the_next_are_refused() {
    let pairs: Arc<[[u16; 2]]> = Arc::new([[0, 1]]);
    let others: Arc<[[u16; 2]]> = Arc::new([[1, 0]]);
    let mut store = store(BitProducts::request(3, 2, pairs.clone()), 0);
    assert!(matches!(store.bit_products(3, 2, &others), Err(StoreError::Mismatch { .. })));
    assert!(matches!(store.bit_products(4, 2, &pairs), Err(StoreError::Mismatch { .. })));
    assert!(matches!(store.bit_products(3, 3, &pairs), Err(StoreError::Mismatch { .. })));
    assert!(matches!(store.select::<R>(3), Err(StoreError::Mismatch { .. })));
    assert!(matches!(store.dabits::<R>(3, 1), Err(StoreError::Mismatch { .. })));
    let error = store.edabits::<R>(3, 14, 6).map(drop).unwrap_err().to_string();
    assert!(error.contains("BitProducts(1 of 2 vectors of 3)") && error.contains("EdaBits"), "{error}");
    assert!(store.bit_products(3, 2, &pairs).is_ok());
    assert!(matches!(store.dabits::<R>(3, 1), Err(StoreError::Exhausted { .. })));
}

#[test]
fn malformed_requests_are_refused() {
    const HUGE: usize = usize::MAX - 3;
    let elements = |word, bits| Elements { word, bits };
    let products = |len, masks, pair| Request::BitProducts { len, masks, pairs: Arc::new([pair]) };
    let requests = [
        Request::EdaBits { len: 1, elements: elements(16, 17), pairs: 0 },
        Request::EdaBits { len: 1, elements: elements(16, 0), pairs: 0 },
        Request::EdaBits { len: 1, elements: elements(12, 3), pairs: 0 },
        Request::EdaBits { len: 1, elements: elements(128, 65), pairs: 0 },
        Request::EdaBits { len: 1, elements: elements(16, 5), pairs: 3 },
        Request::EdaBits { len: 1, elements: elements(16, 5), pairs: u32::MAX },
        Request::EdaBits { len: HUGE, elements: elements(16, 5), pairs: 2 },
        products(1, 2, [0, 2]),
        products(1, 0, [0, 0]),
        products(1, 1, [u16::MAX, 0]),
        products(HUGE, 2, [0, 1]),
        products(1 << 20, HUGE, [0, 1]),
        Request::DaBits { len: 1, planes: 0, output: elements(16, 14) },
        Request::DaBits { len: 1, planes: 15, output: elements(16, 14) },
        Request::DaBits { len: 1, planes: u32::MAX, output: elements(16, 14) },
        Request::DaBits { len: 1, planes: 1, output: elements(16, 17) },
        Request::DaBits { len: HUGE, planes: 1, output: elements(16, 14) },
        Request::Select { len: 1, elements: elements(64, 65) },
        Request::Select { len: HUGE, elements: elements(64, 64) },
    ];
    let mut deck = Deck::new(&seeds(2, 1)).unwrap();
    for request in requests {
        let _ = request.correction();
        let error = deck.deal(&request).unwrap_err().to_string();
        assert!(error.contains("expected") && error.contains("found"), "{request:?}: {error}");
    }
}

#[test]
fn dealt_bits_end_with_zeros() {
    let mut deck = Deck::new(&seeds(3, 1)).unwrap();
    for len in [1, 7, 9, 63, 65, 130, 32_769] {
        let pairs: Arc<[[u16; 2]]> = Arc::new([[0, 1], [1, 1]]);
        for request in [EdaBits::<R>::request(len, 14, 7), BitProducts::request(len, 2, pairs)] {
            let (_, correction) = deck.deal(&request).unwrap().unwrap();
            for vector in correction.chunks(len.div_ceil(8)) {
                assert!(len % 8 == 0 || vector[vector.len() - 1] >> (len % 8) == 0, "{request}");
            }
        }
    }
}
