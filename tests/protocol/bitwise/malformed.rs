//! What is not as agreed is an error, never a panic.

use std::sync::Arc;

use ringshare::correlation::bits::{
    BitProducts, BitProductsRequest, Circuit, DaBits, DaBitsRequest, EdaBits, EdaBitsRequest, Select,
    SelectRequest,
};
use ringshare::offline::{Deck, Elements, Error as OfflineError, Request, Store};
use ringshare::ring::Z2;
use ringshare::share::{BitShare, Share};

use crate::common::seeds;

type R = Z2<14>;

/// A store of party 0 with one item and this correction.
fn store(request: Request, byte: u8) -> Store {
    let mut store = Store::new(seeds(2, 1).row(0).unwrap());
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
        let masked = EdaBits::<R>::take(&mut store, 3, 14, pairs).unwrap().mask(&x).1;
        assert!(matches!(masked.subtract(&[0; 3], circuit), Err(OfflineError::Padding)));
    }
    let pairs: Arc<[[u16; 2]]> = Arc::new([[0, 1]]);
    let masked =
        BitProducts::take(&mut store(BitProducts::request(3, 2, pairs.clone()), 0xff), 3, 2, &pairs).unwrap();
    assert!(matches!(masked.mask(&[&c, &c]).1.finish(&[0; 2]), Err(OfflineError::Padding)));
    let masked = DaBits::<R>::take(&mut store(DaBits::<R>::request(3, 1), 0xff), 3, 1).unwrap().mask(&[&c]).1;
    assert!(matches!(masked.finish(&[0]), Err(OfflineError::Padding)));
    let masked = Select::<R>::take(&mut store(Select::<R>::request(3), 0xff), 3).unwrap().mask(&c, &x).2;
    assert!(matches!(masked.finish(&[0; 3], &[0]), Err(OfflineError::Padding)));
}

#[test]
fn other_items_than_the_next_are_refused() {
    let pairs: Arc<[[u16; 2]]> = Arc::new([[0, 1]]);
    let others: Arc<[[u16; 2]]> = Arc::new([[1, 0]]);
    let mut store = store(BitProducts::request(3, 2, pairs.clone()), 0);
    assert!(matches!(BitProducts::take(&mut store, 3, 2, &others), Err(OfflineError::Mismatch { .. })));
    assert!(matches!(BitProducts::take(&mut store, 4, 2, &pairs), Err(OfflineError::Mismatch { .. })));
    assert!(matches!(BitProducts::take(&mut store, 3, 3, &pairs), Err(OfflineError::Mismatch { .. })));
    assert!(matches!(Select::<R>::take(&mut store, 3), Err(OfflineError::Mismatch { .. })));
    assert!(matches!(DaBits::<R>::take(&mut store, 3, 1), Err(OfflineError::Mismatch { .. })));
    let error = EdaBits::<R>::take(&mut store, 3, 14, 6).map(drop).unwrap_err().to_string();
    assert!(error.contains("BitProducts(1 of 2 vectors of 3)") && error.contains("EdaBits"), "{error}");
    assert!(BitProducts::take(&mut store, 3, 2, &pairs).is_ok());
    assert!(matches!(DaBits::<R>::take(&mut store, 3, 1), Err(OfflineError::Exhausted { .. })));
}

#[test]
fn malformed_requests_are_refused() {
    const HUGE: usize = usize::MAX - 3;
    let elements = |word, bits| Elements { word, bits };
    let products =
        |len, masks, pair| Request::from(BitProductsRequest { len, masks, pairs: Arc::new([pair]) });
    let requests = [
        Request::from(EdaBitsRequest { len: 1, elements: elements(16, 17), pairs: 0 }),
        Request::from(EdaBitsRequest { len: 1, elements: elements(16, 0), pairs: 0 }),
        Request::from(EdaBitsRequest { len: 1, elements: elements(12, 3), pairs: 0 }),
        Request::from(EdaBitsRequest { len: 1, elements: elements(128, 65), pairs: 0 }),
        Request::from(EdaBitsRequest { len: 1, elements: elements(16, 5), pairs: 3 }),
        Request::from(EdaBitsRequest { len: 1, elements: elements(16, 5), pairs: u32::MAX }),
        Request::from(EdaBitsRequest { len: HUGE, elements: elements(16, 5), pairs: 2 }),
        products(1, 2, [0, 2]),
        products(1, 0, [0, 0]),
        products(1, 1, [u16::MAX, 0]),
        products(HUGE, 2, [0, 1]),
        products(1 << 20, HUGE, [0, 1]),
        Request::from(DaBitsRequest { len: 1, planes: 0, output: elements(16, 14) }),
        Request::from(DaBitsRequest { len: 1, planes: 15, output: elements(16, 14) }),
        Request::from(DaBitsRequest { len: 1, planes: u32::MAX, output: elements(16, 14) }),
        Request::from(DaBitsRequest { len: 1, planes: 1, output: elements(16, 17) }),
        Request::from(DaBitsRequest { len: HUGE, planes: 1, output: elements(16, 14) }),
        Request::from(SelectRequest { len: 1, elements: elements(64, 65) }),
        Request::from(SelectRequest { len: HUGE, elements: elements(64, 64) }),
    ];
    let mut deck = Deck::new(&seeds(2, 1)).unwrap();
    for request in requests {
        let _ = request.correction();
        let error = deck.deal(&request).unwrap_err();
        let error = error.to_string();
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
