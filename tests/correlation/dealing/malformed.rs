//! Requests whose numbers do not fit one another, or anything.

use ringshare::correlation::compare::dcf::DcfRequest;
use ringshare::correlation::compare::legendre::{LegendreRequest, Variant};
use ringshare::correlation::compare::{CompareRequest, Plan};
use ringshare::correlation::input::InputRequest;
use ringshare::correlation::lookup::LookupRequest;
use ringshare::correlation::matrix::{MatrixMaskRequest, MatrixProductRequest};
use ringshare::correlation::triple::{MatrixTripleRequest, TripleRequest};
use ringshare::correlation::{InputMask, MatrixMask};
use ringshare::function::Table;
use ringshare::linalg::Window;
use ringshare::offline::{Deck, Elements, Error as OfflineError, Recipe, Request};
use ringshare::protocol::Party;
use ringshare::ring::Z2;
use ringshare::sim::Simulation;

use super::mesh;
use crate::common::{self, seeds, sum};

type R = Z2<14>;

/// No vector is that long.
const HUGE: usize = usize::MAX - 3;

#[test]
fn malformed_requests_are_refused() {
    let elements = |word, bits| Elements { word, bits };
    let lookup =
        |len, output| Request::from(LookupRequest { len, output, table: Table::from_static(&[0, 1]) });
    let compare = |word, output| Request::from(CompareRequest { len: 2, word, plan: Plan::new(14, output) });
    let dcf = |len, input, output| Request::from(DcfRequest { len, input, output });
    let legendre = |len, word, bits, output| {
        Request::from(LegendreRequest { len, word, bits, variant: Variant::Bsgn2, output })
    };
    let filters = |outputs, inputs, groups| {
        Request::from(MatrixMaskRequest { outputs, inputs, groups, elements: elements(16, 14) })
    };
    let window = Window::new([5, 5, 4], [3, 3]);
    let convolution = |window, rows, inputs, groups| {
        Request::from(MatrixProductRequest {
            matrix: 0,
            window: Some(window),
            rows,
            outputs: 2,
            inputs,
            groups,
            elements: elements(16, 14),
        })
    };
    let requests = [
        legendre(2, 16, 16, elements(16, 14)),
        legendre(2, 8, 8, elements(16, 14)),
        legendre(2, 64, 62, elements(16, 14)),
        legendre(2, 128, u32::MAX, elements(16, 14)),
        legendre(2, 16, 1, elements(16, 14)),
        legendre(2, 256, 10, elements(16, 14)),
        legendre(2, 16, 10, elements(16, 17)),
        legendre(HUGE, 16, 10, elements(16, 14)),
        Request::from(InputRequest { owner: 2, len: 1, elements: elements(16, 14) }),
        Request::from(TripleRequest { len: 1, elements: elements(16, 17) }),
        Request::from(TripleRequest { len: 1, elements: elements(16, 0) }),
        Request::from(TripleRequest { len: 1, elements: elements(24, 14) }),
        Request::from(MatrixMaskRequest { outputs: 1, inputs: 1, groups: 1, elements: elements(0, 0) }),
        lookup(2, elements(16, 17)),
        lookup(2, elements(256, 14)),
        lookup(2, elements(16, 0)),
        compare(8, None),
        compare(256, None),
        compare(16, Some(elements(16, 17))),
        Request::from(InputRequest { owner: 0, len: HUGE, elements: elements(16, 14) }),
        Request::from(TripleRequest { len: HUGE, elements: elements(16, 14) }),
        Request::from(MatrixTripleRequest {
            rows: HUGE,
            inner: 0,
            columns: HUGE,
            elements: elements(16, 14),
        }),
        Request::from(MatrixTripleRequest {
            rows: 1 << (usize::BITS / 2),
            inner: 1 << (usize::BITS / 2),
            columns: 1,
            elements: elements(16, 14),
        }),
        Request::from(MatrixMaskRequest { outputs: HUGE, inputs: 2, groups: 1, elements: elements(16, 14) }),
        Request::from(MatrixProductRequest {
            matrix: 0,
            window: None,
            rows: HUGE,
            outputs: 2,
            inputs: 2,
            groups: 1,
            elements: elements(16, 14),
        }),
        filters(4, 4, 0),
        filters(4, 4, 3),
        filters(4, 4, 8),
        filters(0, 4, HUGE),
        // Few bytes of elements, which take a line of 64 for every group.
        filters(1 << (usize::BITS - 7), 1, 1 << (usize::BITS - 8)),
        filters(3 << (usize::BITS - 9), 1, 1 << (usize::BITS - 9)),
        convolution(Window { size: [6, 3], ..window }, 3, 18, 2),
        convolution(Window { stride: [1, 0], ..window }, 3, 18, 2),
        convolution(Window { dilation: [0, 1], ..window }, 3, 18, 2),
        convolution(Window { image: [0, 5, 4], ..window }, 3, 18, 2),
        convolution(Window { image: [HUGE, HUGE, HUGE], ..window }, 3, 18, 2),
        convolution(Window { size: [HUGE, HUGE], ..window }, 3, 18, 2),
        convolution(Window { padding: [HUGE, HUGE], ..window }, 3, 18, 2),
        convolution(Window { padding: [1 << 40, 1 << 40], ..window }, 3, 18, 2),
        convolution(Window { padding: [1 << 30, 1 << 30], ..window }, 3, 18, 2),
        convolution(Window { stride: [1, HUGE], ..window }, 3, 18, 2),
        convolution(Window { stride: [1, 1 << (usize::BITS - 1)], ..window }, 3, 18, 2),
        convolution(window, 3, 17, 2),
        convolution(window, 3, 18, 1),
        convolution(window, 3, 18, 3),
        convolution(window, 3, 18, 0),
        convolution(window, 3, HUGE, 2),
        convolution(window, HUGE, 18, 2),
        lookup(HUGE, elements(16, 14)),
        dcf(2, elements(16, 1), elements(16, 14)),
        dcf(2, elements(16, 17), elements(16, 14)),
        dcf(2, elements(128, 65), elements(16, 14)),
        dcf(2, elements(16, 14), elements(16, 17)),
        dcf(2, elements(0, 0), elements(0, 0)),
        dcf(HUGE, elements(16, 14), elements(16, 14)),
        Request::from(CompareRequest { len: HUGE, word: 16, plan: Plan::new(14, None) }),
        Request::from(CompareRequest { len: HUGE, word: 16, plan: Plan::new(14, Some(elements(16, 14))) }),
    ];
    let mut deck = Deck::new(&seeds(2, 1)).unwrap();
    for request in requests {
        let _ = request.correction();
        let error = deck.deal(&request).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("expected") && error.contains("found"), "{request:?}: {error}");
        // A party takes a recipe from elsewhere no more than the dealer does.
        let recipe = Recipe(vec![request]);
        let receive = |party: &mut Party| party.receive(&recipe);
        for result in Simulation::new(2).run_over(mesh(2), &Recipe::default(), receive).into_iter().take(2) {
            let refused = result.unwrap_err().to_string();
            assert_eq!(refused, error);
        }
    }
    let product = |outputs| {
        Request::from(MatrixProductRequest {
            matrix: 0,
            window: None,
            rows: 1,
            outputs,
            inputs: 3,
            groups: 1,
            elements: elements(16, 14),
        })
    };
    assert!(matches!(deck.deal(&product(2)), Err(OfflineError::NotKept { number: 0, kept: 0 })));
    deck.deal(&MatrixMask::<R>::request([2, 3], 1, 14)).unwrap();
    assert!(matches!(deck.deal(&product(4)), Err(OfflineError::NotKept { .. })));
    assert!(deck.deal(&product(2)).is_ok());
    // Nor may it take more bits than the matrix is kept for.
    let wider = product(2).as_kind::<MatrixProductRequest>().unwrap().clone();
    let wider = MatrixProductRequest { elements: elements(16, 16), ..wider };
    assert!(matches!(deck.deal(&wider.into()), Err(OfflineError::NotKept { .. })));
    deck.deal(&filters(2, 18, 2)).unwrap();
    let of_first = |product: Request| {
        let product = product.as_kind::<MatrixProductRequest>().unwrap().clone();
        Request::from(MatrixProductRequest { matrix: 1, ..product })
    };
    assert!(matches!(deck.deal(&convolution(window, 3, 18, 2)), Err(OfflineError::NotKept { .. })));
    assert!(deck.deal(&of_first(convolution(window, 3, 18, 2))).is_ok());
    // The whole of the channels is another matrix.
    let ungrouped = of_first(convolution(Window::new([5, 5, 2], [3, 3]), 3, 18, 1));
    assert!(matches!(deck.deal(&ungrouped), Err(OfflineError::NotKept { .. })));
}

#[test]
fn requests_that_are_refused_take_no_number() {
    let seeds = seeds(2, 1);
    let mut deck = Deck::new(&seeds).unwrap();
    let mut stores = common::empty_stores(&seeds);
    assert!(deck.deal(&InputMask::<R>::request(2, 1)).is_err());
    common::put(&mut deck, &mut stores, &InputMask::<R>::request(1, 2));
    let masks: Vec<_> = stores.iter_mut().map(|store| InputMask::<R>::take(store, 1, 2).unwrap()).collect();
    let shares = masks.into_iter().zip([&[][..], &[5, 9]]).map(|(mask, x)| mask.share(x).expose().to_vec());
    assert_eq!(sum(&shares.collect::<Vec<_>>(), 14), [5, 9]);
}
