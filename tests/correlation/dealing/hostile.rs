//! Requests and numbers from anywhere: what can't be dealt, or needs more memory than is allowed, is an error at once.

use std::sync::Arc;

use ringshare::correlation::bits::{BitProductsRequest, DaBitsRequest, EdaBitsRequest, SelectRequest};
use ringshare::correlation::compare::dcf::DcfRequest;
use ringshare::correlation::compare::legendre::{LegendreRequest, Variant};
use ringshare::correlation::compare::{CompareRequest, Plan};
use ringshare::correlation::gradient::{DitheredRequest, GradientRequest};
use ringshare::correlation::input::InputRequest;
use ringshare::correlation::interpolation::{InterpolationRequest, Shape};
use ringshare::correlation::lookup::LookupRequest;
use ringshare::correlation::matrix::{MatrixMaskRequest, MatrixProductRequest};
use ringshare::correlation::triple::{MatrixTripleRequest, TripleRequest};
use ringshare::correlation::{MaskedMatrix, MatrixMask, Triple, registry};
use ringshare::function::Table;
use ringshare::linalg::{LayerShape, Window};
use ringshare::net::Network;
use ringshare::nn::Forecast;
use ringshare::offline::{
    Deck, DecodeError, DryRun, Elements, Error as OfflineError, Recipe, Request, Store,
};
use ringshare::protocol::{Dealer, Error, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;

use super::{SESSION, mesh, plan, root, run};
use crate::common::seeds;

type R = Z2<14>;

const E: Elements = Elements { word: 16, bits: 14 };
const MAX: usize = usize::MAX;

/// Numbers that no vector has as its length: more than memory, and where bytes or bits of it overflow.
const LENS: [usize; 9] = [1 << 40, 1 << 47, (1 << 57) - 1, 1 << 57, 1 << 60, 1 << 61, 1 << 63, MAX - 1, MAX];

fn mask(outputs: usize, inputs: usize, groups: usize) -> Request {
    MatrixMaskRequest { outputs, inputs, groups, elements: E }.into()
}

fn product(window: Option<Window>, rows: usize, outputs: usize, inputs: usize) -> Request {
    MatrixProductRequest { matrix: 0, window, rows, outputs, inputs, groups: 1, elements: E }.into()
}

/// Of a gradient's products, with weights as they are and with weights that are truncated.
fn gradient(window: Option<Window>, rows: usize, outputs: usize, inputs: usize) -> [Request; 2] {
    let layer = LayerShape { window, rows, outputs, inputs, groups: 1 };
    let of = |elements| GradientRequest { layer, wanted: [true; 2], elements };
    [of(E).into(), DitheredRequest { wide: of(Elements { word: 64, bits: 52 }), dropped: 20 }.into()]
}

fn dithered(elements: Elements, dropped: u32) -> Request {
    let layer = LayerShape { window: None, rows: 1, outputs: 1, inputs: 1, groups: 1 };
    DitheredRequest { wide: GradientRequest { layer, wanted: [true; 2], elements }, dropped }.into()
}

fn products(len: usize, masks: usize) -> Request {
    BitProductsRequest { len, masks, pairs: Arc::new([[0, 0]]) }.into()
}

/// Windows of sizes that no image has.
fn windows() -> Vec<Window> {
    let window = Window::new([5, 5, 1], [3, 3]);
    let mut all = Vec::new();
    for huge in [1 << 31, 1 << 33, 1 << 62, 1 << 63, MAX / 2, MAX / 2 + 1, MAX - 1, MAX] {
        for pair in [[huge, 1], [1, huge], [huge, huge]] {
            all.push(Window { image: [pair[0], pair[1], 1], ..window });
            all.push(Window { image: [5, 5, huge], ..window });
            all.push(Window { size: pair, ..window });
            all.push(Window { padding: pair, ..window });
            all.push(Window { dilation: pair, ..window });
            all.push(Window { image: [huge; 3], size: pair, stride: pair, padding: pair, dilation: pair });
            all.push(Window { image: [pair[0], pair[1], 1], size: pair, ..window });
        }
    }
    all
}

/// What no two parties can have.
fn hostile() -> Vec<Request> {
    let mut all: Vec<Request> = vec![
        DaBitsRequest { len: 1, planes: u32::MAX, output: E }.into(),
        DaBitsRequest { len: MAX, planes: u32::MAX, output: Elements { word: u32::MAX, bits: u32::MAX } }
            .into(),
        EdaBitsRequest { len: 1, elements: E, pairs: u32::MAX }.into(),
        DcfRequest { len: 1, input: Elements { word: 64, bits: u32::MAX }, output: E }.into(),
        DcfRequest { len: 1, input: E, output: Elements { word: 128, bits: u32::MAX } }.into(),
        DcfRequest { len: MAX, input: Elements { word: 0, bits: 0 }, output: Elements { word: 0, bits: 0 } }
            .into(),
        // 2^57 rows of nothing.
        mask(1 << 57, 0, 1),
        mask(MAX, MAX, MAX),
        mask(0, MAX, MAX),
        mask(1 << 32, 1 << 32, 1 << 32),
        products(64, (1 << 57) - 1),
        products(0, (1 << 57) - 1),
        products(0, MAX),
        InputRequest { owner: MAX, len: 1, elements: E }.into(),
    ];
    for bits in [0, 1, 62, 1000, u32::MAX - 1, u32::MAX] {
        for word in [0, 1, 64, 128, u32::MAX] {
            let (variant, output) = (Variant::Bsgn2, Elements { word, bits });
            all.push(LegendreRequest { len: 1, word, bits, variant, output: E }.into());
            if !(1..=word.min(128)).contains(&bits) {
                all.push(LegendreRequest { len: 1, word: 64, bits: 10, variant, output }.into());
                all.push(LookupRequest { len: 1, output, table: Table::from_static(&[0; 4]) }.into());
                all.push(CompareRequest { len: 1, word: 16, plan: Plan::new(14, Some(output)) }.into());
                all.push(TripleRequest { len: 1, elements: output }.into());
            }
        }
    }
    // None, too few and too many bits that are dropped, and rings that are none.
    for dropped in [0, 1, 19, 52, 53, 64, u32::MAX] {
        all.push(dithered(Elements { word: 64, bits: 52 }, dropped));
    }
    for (word, bits) in [(32, 32), (128, 52), (64, 0), (64, 1), (64, 65), (64, u32::MAX), (0, 0)] {
        all.push(dithered(Elements { word, bits }, 20));
    }
    for bits in [15, 1000, u32::MAX] {
        let shapes = [
            Shape { index: bits, low: 0, widths: [3, 0, 0] },
            Shape { index: 5, low: bits, widths: [3, 0, 0] },
            Shape { index: 5, low: 0, widths: [bits, 0, 0] },
            Shape { index: 5, low: 1, widths: [3, bits, 0] },
            Shape { index: 5, low: 1, widths: [3, 0, bits] },
        ];
        all.extend(shapes.map(|shape| InterpolationRequest { len: 1, shape, output: E }.into()));
    }
    for len in LENS {
        all.extend([
            InputRequest { owner: 0, len, elements: E }.into(),
            TripleRequest { len, elements: E }.into(),
            MatrixTripleRequest { rows: len, inner: 0, columns: 0, elements: E }.into(),
            MatrixTripleRequest { rows: 0, inner: len, columns: 0, elements: E }.into(),
            MatrixTripleRequest { rows: 0, inner: 0, columns: len, elements: E }.into(),
            MatrixTripleRequest { rows: len, inner: len, columns: len, elements: E }.into(),
            mask(len, 1, 1),
            mask(1, len, 1),
            mask(len, 0, 1),
            mask(len, len, 1),
            mask(len, 1, len),
            product(None, len, 2, 2),
            product(None, 2, len, 2),
            product(None, 2, 2, len),
            product(None, len, len, len),
            product(Some(Window::new([5, 5, 1], [3, 3])), len, 2, 9),
            product(Some(Window::new([5, 5, 1], [3, 3])), 2, len, 9),
            LookupRequest { len, output: E, table: Table::from_static(&[0; 4]) }.into(),
            LookupRequest { len, output: E, table: Table::unsigned(12, |i| i) }.into(),
            EdaBitsRequest { len, elements: E, pairs: 7 }.into(),
            InterpolationRequest { len, shape: Shape { index: 12, low: 3, widths: [9, 4, 2] }, output: E }
                .into(),
            DaBitsRequest { len, planes: 14, output: E }.into(),
            DaBitsRequest { len, planes: 1, output: E }.into(),
            SelectRequest { len, elements: E }.into(),
            products(len, 1),
            products(len, 70_000),
            DcfRequest { len, input: E, output: E }.into(),
            DcfRequest { len, input: Elements { word: 64, bits: 64 }, output: E }.into(),
            LegendreRequest { len, word: 16, bits: 10, variant: Variant::Bsgn2, output: E }.into(),
            CompareRequest { len, word: 16, plan: Plan::new(14, None) }.into(),
            CompareRequest { len, word: 64, plan: Plan::new(64, Some(E)) }.into(),
        ]);
        let products = [
            gradient(None, len, 2, 2),
            gradient(None, 2, len, 2),
            gradient(None, 2, 2, len),
            gradient(None, len, len, len),
            gradient(Some(Window::new([5, 5, 1], [3, 3])), len, 2, 9),
            gradient(Some(Window::new([5, 5, 1], [3, 3])), 2, len, 9),
        ];
        all.extend(products.into_iter().flatten());
    }
    all.extend(windows().into_iter().map(|window| product(Some(window), 1, 2, 9)));
    all.extend(windows().into_iter().flat_map(|window| gradient(Some(window), 1, 2, 9)));
    all
}

#[test]
fn what_they_cost_is_counted_without_a_panic() {
    for request in hostile() {
        let recipe = Recipe(vec![request.clone(), request.clone(), request.clone()]);
        let bytes = [0, 1, 2, MAX].map(|party| recipe.dealer_bytes(party));
        assert!(bytes[0] >= bytes[1] && bytes[1] >= bytes[2] && bytes[3] == 0, "{request}");
        let work = request.work(2);
        assert!(work.offline >= 0.0 && work.online >= 0.0 && work.dealer >= 0.0, "{request}: {work:?}");
        assert!(!request.work(MAX).dealer.is_nan());
        assert!(!request.to_string().is_empty() && !recipe.to_bytes().is_empty());
        let forecast = Forecast::new(&DryRun { recipe, ..DryRun::default() }, 2);
        assert!(forecast.dealer_bytes >= bytes[0] && forecast.memory_bytes >= bytes[0], "{request}");
    }
}

#[test]
fn decks_stores_and_readers_refuse_them_alike() {
    let seeds = seeds(2, 1);
    let mut deck = Deck::new(&seeds).unwrap();
    for request in hostile() {
        let error = deck.deal(&request).map(drop).expect_err(&request.to_string());
        let text = error.to_string();
        assert!(text.contains("expected"), "{request}: {text}");
        assert_eq!(deck.deal_into(&request, &mut []), Err(error.clone()), "{request}");
        for party in 0..2 {
            let mut store = Store::new(seeds.row(party).unwrap());
            for correction in [None, Some(Vec::new()), Some(vec![0; 10])] {
                assert_eq!(store.put(request.clone(), correction), Err(error.clone()), "{request}");
            }
            assert!(store.is_empty());
        }
        let read = Recipe::from_bytes(&Recipe(vec![request.clone()]).to_bytes(), &registry(), 2);
        match read.unwrap_err() {
            DecodeError::Request(found) => assert_eq!(found, error, "{request}"),
            // A plan with such a ring is none.
            found => assert!(request.name() == "compare", "{request}: {found}"),
        }
    }
    assert_eq!(deck.position(), 0);
}

#[test]
fn dealers_and_parties_refuse_them_before_anything_is_sent() {
    let mut ends =
        mesh(2).into_iter().enumerate().map(|(id, end)| Network::new(end, id, 2, SESSION).unwrap());
    let networks: Vec<Network> = ends.by_ref().take(2).collect();
    let mut dealer = Dealer::open(ends.next().unwrap(), &root()).unwrap();
    let mut parties: Vec<_> = networks.into_iter().map(|network| Party::join(network).unwrap()).collect();
    let sent = dealer.network_mut().sent_bytes();
    for request in hostile() {
        // Among others.
        let recipe = Recipe(vec![Triple::<R>::request(2), request.clone(), Triple::<R>::request(2)]);
        let dealt = dealer.deal(&recipe).unwrap_err();
        assert!(matches!(dealt, Error::Offline(_)), "{request}: {dealt}");
        for party in &mut parties {
            let received = party.receive(&recipe).unwrap_err();
            assert_eq!(received.to_string(), dealt.to_string(), "{request}");
            assert_eq!((party.network().sent_bytes(), party.store().len()), (0, 0));
        }
        assert_eq!((dealer.network_mut().sent_bytes(), dealer.sent_bytes()), (sent, &[0, 0][..]));
    }
    // Nobody is any the worse for it.
    drop((dealer, parties));
    let recipe = Recipe(vec![Triple::<R>::request(2)]);
    let bad = Recipe(vec![Triple::<R>::request(MAX)]);
    let party = |party: &mut Party| {
        assert!(party.receive(&bad).is_err());
        party.receive(&recipe)?;
        party.multiply(&Share::<R>::zeros(2), &Share::zeros(2)).and_then(|z| party.open(&z))
    };
    let deal = |dealer: &mut Dealer| {
        assert!(dealer.deal(&bad).is_err());
        dealer.deal(&recipe)
    };
    let (dealt, received) = run(mesh(2), deal, party);
    assert!(dealt.is_ok());
    received.into_iter().for_each(|opened| assert_eq!(opened.unwrap(), [0, 0]));
}

#[test]
fn limits_of_memory_are_kept() {
    let seeds = seeds(2, 1);
    for request in [
        Triple::<R>::request(1000),
        MatrixMask::<R>::request([10, 10], 1, 14),
        InputRequest { owner: 0, len: 1000, elements: E }.into(),
        DcfRequest { len: 10, input: E, output: E }.into(),
        CompareRequest { len: 10, word: 16, plan: Plan::new(14, Some(E)) }.into(),
        products(1000, 3),
    ] {
        let mut deck = Deck::new(&seeds).unwrap();
        deck.set_limit(100);
        let error = deck.deal(&request).map(drop).unwrap_err();
        let OfflineError::Memory { asked, limit: 100, needed } = error.clone() else { panic!("{error}") };
        assert_eq!(asked, request.to_string());
        assert!(needed > 100, "{needed}");
        deck.set_limit(needed - 1);
        assert!(deck.deal(&request).is_err() && deck.position() == 0);
        deck.set_limit(needed);
        let dealt = deck.deal(&request).unwrap();

        let mut store = Store::new(seeds.row(0).unwrap());
        let put = |store: &mut Store| store.put(request.clone(), dealt.clone().map(|(_, bytes)| bytes));
        store.set_limit(100);
        assert_eq!(put(&mut store), Err(error));
        store.set_limit(needed - 1);
        assert!(put(&mut store).is_err() && store.is_empty());
        store.set_limit(needed);
        put(&mut store).unwrap();
        assert_eq!(store.len(), 1);
    }
    // Not more than an allocation can have, whatever is allowed.
    let mut deck = Deck::new(&seeds).unwrap();
    deck.set_limit(u64::MAX);
    assert!(deck.deal(&Triple::<R>::request(1 << 58)).is_err());
}

#[test]
fn limits_of_memory_hold_for_dealers_and_parties() {
    let recipe = Recipe(vec![Triple::<R>::request(1000)]);
    let party = |party: &mut Party| {
        let limit = if party.id() == 0 { 1000 } else { 1 << 20 };
        party.store_mut().set_limit(limit);
        let refused = party.receive(&recipe);
        assert_eq!(refused.is_err(), party.id() == 0);
        party.store_mut().set_limit(1 << 20);
        refused.or_else(|_| party.receive(&recipe))
    };
    let deal = |dealer: &mut Dealer| {
        dealer.deck_mut().set_limit(1000);
        assert!(matches!(
            dealer.deal(&recipe),
            Err(Error::Offline(OfflineError::Memory { limit: 1000, .. }))
        ));
        dealer.deck_mut().set_limit(1 << 20);
        dealer.deal(&recipe)
    };
    let (dealt, received) = run(mesh(2), deal, party);
    assert!(dealt.is_ok() && received.iter().all(Result::is_ok));
}

#[test]
fn lengths_that_no_vector_has_are_errors_of_a_dry_run() {
    let refused = |what: &str, f: &dyn Fn(&mut Party) -> Result<(), Error>| {
        let mut party = Party::dry(2);
        let error = f(&mut party).expect_err(what).to_string();
        assert!(error.contains("expected"), "{what}: {error}");
        assert!(party.take_dry_run().recipe.requests().len() <= 1, "{what}");
    };
    let masked = |party: &mut Party| -> Result<MaskedMatrix<R>, Error> {
        party.mask_matrix([3, 2], 14, |_, rows| Ok(Share::zeros(rows.len() * 2)))
    };
    let row = |_: usize, _: &mut [u16]| ();
    for len in LENS {
        refused("input", &|party| party.input::<R>(0, len, None).map(drop));
        refused("input of another", &|party| party.input::<R>(1, len, None).map(drop));
        for dims in [[len, 1], [1, len], [len, len], [len, 0]] {
            let zeros = |_: &mut _, _| panic!("rows are asked for");
            refused("matrix", &|party| party.mask_matrix::<R>(dims, 14, zeros).map(drop));
            refused("matrix of an owner", &|party| {
                party.input_matrix::<R>(0, dims, 14, Some(&row)).map(drop)
            });
            refused("filters", &|party| party.input_filters::<R>(0, dims, 1, 14, None).map(drop));
        }
        refused("filters in groups", &|party| party.input_filters::<R>(0, [len, 1], len, 14, None).map(drop));
        refused("groups of filters", &|party| party.input_filters::<R>(0, [4, 1], len, 14, None).map(drop));
        refused("product", &|party| masked(party).and_then(|w| party.prepare_product(&w, len)).map(drop));
        let window = Window::new([4, 4, 2], [1, 1]);
        refused("convolution", &|party| {
            masked(party).and_then(|w| party.prepare_convolution(&w, &window, len)).map(drop)
        });
        let empty = Share::<R>::zeros(0);
        for dims in [[len, 0, len], [0, len, 0], [len, 0, 0], [0, 0, len], [len, len, len]] {
            refused("matrices", &|party| party.matmul(&empty, &empty, dims).map(drop));
        }
        refused("argmax", &|party| party.argmax::<_, R>(&empty, len, 14).map(drop));
        refused("top", &|party| party.top_k::<_, R>(&Share::<R>::zeros(6), 3, len, 14).map(drop));
        let x = Share::<R>::zeros(6);
        refused("maximum", &|party| party.maximum_of(&x, len, 14).map(drop));
        refused("minimum", &|party| party.minimum_of(&x, len, 14).map(drop));
    }
    for window in windows() {
        refused("window", &|party| {
            masked(party).and_then(|w| party.prepare_convolution(&w, &window, 1)).map(drop)
        });
    }
}

#[test]
fn windows_that_no_vector_has_are_errors_of_a_dry_run() {
    let mut party = Party::dry(2);
    for window in windows() {
        assert!(party.max_pool(&Share::<R>::zeros(6), &window, 14).is_err(), "{window}");
        // No images, through a window that fits them, is nothing.
        let none = party.max_pool(&Share::<R>::zeros(0), &window, 14);
        assert!(none.is_err() || none.is_ok_and(|greatest| greatest.is_empty()), "{window}");
    }
    for len in LENS {
        let empty = party.maximum_of(&Share::<R>::zeros(0), len, 14);
        assert!(empty.is_err() || empty.is_ok_and(|greatest| greatest.is_empty()));
    }
}

#[test]
fn matrices_of_nothing_are_dealt_or_refused() {
    let seeds = seeds(2, 1);
    for size in LENS.into_iter().chain([0, 1, 1 << 20]) {
        for request in
            [mask(0, size, 1), mask(size, 0, 1), product(None, 0, 0, size), product(None, size, 0, 0)]
        {
            let mut deck = Deck::new(&seeds).unwrap();
            let _ = deck.deal(&request);
            let mut store = Store::new(seeds.row(1).unwrap());
            let _ = store.put(request, None);
        }
        let mut deck = Deck::new(&seeds).unwrap();
        if deck.deal(&mask(0, size, 1)).is_ok() {
            assert!(deck.deal(&product(None, 3, 0, size)).map_or(true, |dealt| dealt.is_some()));
        }
    }
}

#[test]
fn lengths_that_were_not_dealt_are_errors() {
    let recipe = plan(2, |party| party.input::<R>(0, 3, None));
    let party = |party: &mut Party| {
        party.receive(&recipe)?;
        for len in LENS {
            let row = |_: usize, _: &mut [u16]| ();
            let own = party.id() == 0;
            let shape = party.input::<R>(0, len, own.then_some(&[1, 2, 3])).map(drop).unwrap_err();
            let expected = if own { "values of an input: expected" } else { "asked for Input" };
            assert!(shape.to_string().contains(expected), "{shape}");
            let error =
                party.input_matrix::<R>(0, [len, len], 14, own.then_some(&row)).map(drop).unwrap_err();
            assert!(matches!(error, Error::Offline(OfflineError::Mismatch { .. })), "{error}");
        }
        assert_eq!(party.store().len(), 1);
        Ok(())
    };
    let (dealt, received) = run(mesh(2), |dealer| dealer.deal(&recipe), party);
    assert!(dealt.is_ok());
    received.into_iter().for_each(|result| result.unwrap());
}
