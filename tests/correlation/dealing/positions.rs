//! Decks and stores that go on where others stopped.

use std::sync::Arc;

use ringshare::correlation::bits::{BitProducts, DaBits, EdaBits, Select};
use ringshare::correlation::compare::dcf::Dcf;
use ringshare::correlation::compare::{Comparison, Plan};
use ringshare::correlation::{
    InputMask, Interpolation, Lookup, MaskedMatrix, MatrixMask, MatrixProduct, MatrixTriple, Triple,
};
use ringshare::function::{Piecewise, Table, TableFormat};
use ringshare::linalg::Filters;
use ringshare::offline::{Deck, Elements, Error, Recipe, Request, Seeds, Store};
use ringshare::ring::{Ring, Z2};
use ringshare::share::{BitShare, Share};

use crate::common::{self, Random};

type R = Z2<14>;
const LEN: usize = 70;
const DIMS: [usize; 2] = [5, 3];

fn table() -> Table {
    Table::unsigned(3, |i| i * i)
}

fn lines() -> Piecewise {
    let format = TableFormat { bits: 5, fraction: 0 };
    Piecewise::from_nodes(format, format, [3, 0], [0; 2], [1, 5, 2, -3]).unwrap()
}

fn plan() -> Plan {
    Plan::new(14, Some(Elements::of::<R>()))
}

fn pairs() -> Arc<[[u16; 2]]> {
    Arc::new([[0, 1]])
}

/// The product with the matrix of this number.
fn product(matrix: usize) -> Request {
    use ringshare::correlation::matrix::MatrixProductRequest;
    let ([outputs, inputs], elements) = (DIMS, Elements::of::<R>());
    MatrixProductRequest { matrix, window: None, rows: 2, outputs, inputs, groups: 1, elements }.into()
}

/// An item of every sort; the product is with the first matrix of all.
fn items() -> Vec<Request> {
    vec![
        InputMask::<R>::request(1, LEN),
        Triple::<R>::request(LEN),
        MatrixMask::<R>::request(DIMS, 1, 14),
        MatrixTriple::<R>::request([2, 3, 4]),
        product(0),
        Lookup::<R>::request(LEN, &table()),
        Interpolation::<R>::request(LEN, &lines(), 14),
        Comparison::<R>::request(LEN, &plan()),
        EdaBits::<R>::request(LEN, 14, 6),
        BitProducts::request(LEN, 2, pairs()),
        DaBits::<R>::request(LEN, 2),
        Select::<R>::request(LEN),
        Dcf::<R, R>::request(LEN, 14),
    ]
}

/// Several rounds of all items.
fn recipe(rounds: usize) -> Recipe {
    Recipe((0..rounds).flat_map(|_| items()).collect())
}

fn seeds() -> Seeds {
    common::seeds(2, 11)
}

fn deal(deck: &mut Deck, requests: &[Request]) -> Vec<Option<(usize, Vec<u8>)>> {
    requests.iter().map(|request| deck.deal(request).unwrap()).collect()
}

fn put(store: &mut Store, party: usize, requests: &[Request], dealt: &[Option<(usize, Vec<u8>)>]) {
    for (request, dealt) in requests.iter().zip(dealt) {
        let own = dealt.as_ref().filter(|(recipients, _)| party < *recipients);
        store.put(request.clone(), own.map(|(_, correction)| correction.clone())).unwrap();
    }
}

/// What an item shows of its masks (what is opened if all secrets are zero), and of its shares: what comes out if
/// zeros are opened.
struct Shown {
    masked: Vec<u64>,
    shares: Vec<u64>,
}

fn wide<W: ringshare::ring::Word>(words: &[W]) -> Vec<u64> {
    words.iter().map(|word| word.low64() & 0x3fff).collect()
}

fn bytes(bytes: &[u8]) -> Vec<u64> {
    bytes.iter().map(|&byte| byte.into()).collect()
}

fn matrix(store: &mut Store) -> (MaskedMatrix<R>, Vec<u64>) {
    let [outputs, inputs] = DIMS;
    let mut mask = MatrixMask::<R>::take(store, DIMS, 1, 14).unwrap();
    let masked = mask.mask(outputs, None);
    // A public matrix in place of what all parties would open.
    let packed = |seed| Filters::from_rows(outputs, inputs, 1, &Random(seed).words::<u16>(outputs * inputs));
    (mask.finish(Some(packed(1)), Some(packed(2))), wide(&masked))
}

/// Takes and uses the items of one round; the products are with `first`, or with this round's matrix if there is none.
fn use_all(store: &mut Store, first: &mut Option<MaskedMatrix<R>>) -> Vec<Shown> {
    let (x, b) = (Share::<R>::zeros(LEN), BitShare::zeros(LEN));
    let mut shown = Vec::new();
    let mut show = |masked: Vec<u64>, shares: Vec<u64>| shown.push(Shown { masked, shares });

    let input = InputMask::<R>::take(store, 1, LEN).unwrap().share(&[0; LEN]);
    show(wide(input.expose()), Vec::new());

    let (masked, triple) = Triple::<R>::take(store, LEN).unwrap().mask(&x, &x);
    show(wide(&masked), wide(triple.finish(&[0; 2 * LEN]).expose()));

    let (own, masked) = matrix(store);
    show(masked, Vec::new());
    let with = first.get_or_insert(own);

    let (masked, triple) =
        MatrixTriple::<R>::take(store, [2, 3, 4]).unwrap().mask(&Share::zeros(6), &Share::zeros(12));
    show(wide(&masked), wide(triple.finish(&[0; 18]).expose()));

    let product = MatrixProduct::<R>::take(store, with, None, 2).unwrap();
    let (masked, product) = product.mask(&Share::zeros(6));
    show(wide(&masked), wide(product.finish(with, &[0; 6]).expose()));

    let (masked, lookup) = Lookup::<R>::take(store, LEN, &table()).unwrap().mask(&x);
    show(wide(&masked), wide(lookup.finish(&[0; LEN]).unwrap().expose()));

    let (masked, interpolation) = Interpolation::<R>::take(store, LEN, &lines(), 14).unwrap().mask(&x);
    let segments = interpolation.look_up(&[0; LEN], &lines()).unwrap();
    let opened = segments.masked();
    let values = segments.finish(&vec![0; opened.len()]).unwrap();
    show(wide(&masked), [bytes(&opened), wide(values.expose())].concat());

    let (masked, comparison) = Comparison::<R>::take(store, LEN, plan()).unwrap().mask(&x);
    let chunks = comparison.look_up(&[0; LEN]).unwrap();
    let opened = chunks.masked();
    let signs = chunks.finish::<R>(&vec![0; opened.len()], [1, 5]).unwrap();
    show(wide(&masked), [bytes(&opened), wide(signs.expose())].concat());

    let (masked, edabits) = EdaBits::<R>::take(store, LEN, 14, 6).unwrap().mask(&x);
    let level = edabits.subtract(&[0; LEN], ringshare::correlation::bits::Circuit::Sign).unwrap();
    let next = level.next_level().unwrap();
    let operands = level.operands(&next).iter().flat_map(|bits| bits.expose().to_vec()).collect();
    show(wide(&masked), operands);

    let (masked, products) = BitProducts::take(store, LEN, 2, &pairs()).unwrap().mask(&[&b, &b]);
    let zeros = vec![0; masked.len()];
    show(bytes(&masked), products.finish(&zeros).unwrap()[0].expose().to_vec());

    let (masked, dabits) = DaBits::<R>::take(store, LEN, 2).unwrap().mask(&[&b, &b]);
    let zeros = vec![0; masked.len()];
    show(bytes(&masked), wide(dabits.finish(&zeros).unwrap().expose()));

    let (y, masked, select) = Select::<R>::take(store, LEN).unwrap().mask(&b, &x);
    let zeros = vec![0; masked.len()];
    show([wide(&y), bytes(&masked)].concat(), wide(select.finish(&[0; LEN], &zeros).unwrap().expose()));

    let (masked, dcf) = Dcf::<R, R>::take(store, LEN, 14).unwrap().mask(&x);
    show(wide(&masked), wide(dcf.finish(&[0; LEN], [1, 5]).unwrap().expose()));
    assert_eq!(shown.len(), items().len());
    shown
}

#[test]
fn a_deck_goes_on_where_another_stopped() {
    let all = recipe(3);
    let requests = all.requests();
    let whole = deal(&mut Deck::new(&seeds()).unwrap(), requests);
    for first in 0..=requests.len() {
        let mut deck = Deck::new(&seeds()).unwrap();
        deck.skip(&Recipe(requests[..first].to_vec())).unwrap();
        assert_eq!(deck.position(), first as u64);
        assert!(deal(&mut deck, &requests[first..]) == whole[first..], "after {first} items");
        assert_eq!(deck.position(), requests.len() as u64);
    }
    // Dealt, skipped, dealt, skipped.
    let mut deck = Deck::new(&seeds()).unwrap();
    let third = requests.len() / 4;
    assert!(deal(&mut deck, &requests[..third]) == whole[..third]);
    deck.skip(&Recipe(requests[third..2 * third].to_vec())).unwrap();
    assert!(deal(&mut deck, &requests[2 * third..3 * third]) == whole[2 * third..3 * third]);
    deck.skip(&Recipe(requests[3 * third..].to_vec())).unwrap();
    assert_eq!(deck.position(), requests.len() as u64);
}

#[test]
fn a_deck_that_does_not_skip_deals_the_same_again() {
    // So that the tests above and below can tell.
    let requests = items();
    let mut deck = Deck::new(&seeds()).unwrap();
    let first = deal(&mut deck, &requests);
    let second = deal(&mut deck, &requests);
    for ((request, first), second) in requests.iter().zip(&first).zip(&second) {
        assert_eq!(first.is_none(), second.is_none());
        assert!(first.is_none() || first != second, "{request}: one correction twice");
    }
    assert!(deal(&mut Deck::new(&seeds()).unwrap(), &requests) == first);
}

#[test]
fn a_skip_refuses_what_deal_refuses() {
    let mut deck = Deck::new(&seeds()).unwrap();
    let long = Recipe(vec![Triple::<R>::request(3), Triple::<R>::request(1 << 40)]);
    assert!(matches!(deck.skip(&long), Err(Error::Memory { .. })));
    let owner = Recipe(vec![InputMask::<R>::request(2, 3)]);
    assert!(matches!(deck.skip(&owner), Err(Error::Range { .. })));
}

#[test]
fn a_store_goes_on_where_another_stopped() {
    let all = recipe(2);
    let requests = all.requests();
    let round = requests.len() / 2;
    let dealt = deal(&mut Deck::new(&seeds()).unwrap(), requests);
    let row = |party| seeds().row(party).unwrap();
    for party in 0..2 {
        let mut whole = Store::new(row(party));
        put(&mut whole, party, requests, &dealt);
        let mut first = None;
        let before = use_all(&mut whole, &mut first);
        let expected = use_all(&mut whole, &mut first);
        assert_eq!((whole.position(), whole.len()), (requests.len() as u64, 0));

        // Another store under the same seeds, with the second round alone, and the matrix from before.
        let mut later = Store::new(row(party));
        later.skip(&Recipe(requests[..round].to_vec())).unwrap();
        assert_eq!(later.position(), round as u64);
        put(&mut later, party, &requests[round..], &dealt[round..]);
        let found = use_all(&mut later, &mut first);
        assert_eq!(later.position(), requests.len() as u64);

        // One that forgets to skip.
        let mut again = Store::new(row(party));
        put(&mut again, party, &requests[..round], &dealt[..round]);
        let same = use_all(&mut again, &mut first);

        for (i, request) in requests[round..].iter().enumerate() {
            assert!(found[i].masked == expected[i].masked, "{request} at party {party}: other masks");
            assert!(found[i].shares == expected[i].shares, "{request} at party {party}: other shares");
            assert!(found[i].masked != before[i].masked, "{request} at party {party}: a mask used again");
            assert!(same[i].masked == before[i].masked, "{request} at party {party}: masks do not show");
        }
    }
}

#[test]
fn matrices_of_a_store_that_goes_on_have_later_numbers() {
    let masks = Recipe(vec![MatrixMask::<R>::request(DIMS, 1, 14), Triple::<R>::request(1)]);
    let mut store = Store::new(seeds().row(1).unwrap());
    store.skip(&masks).unwrap();
    store.skip(&masks).unwrap();
    store.put(masks.requests()[0].clone(), None).unwrap();
    let (matrix, _) = matrix(&mut store);
    assert_eq!((matrix.id().number, matrix.id().session), (2, seeds().tag()));
    assert_eq!(store.position(), 5);
}

#[test]
fn a_store_that_holds_items_skips_none() {
    let mut store = Store::new(seeds().row(1).unwrap());
    store.put(Triple::<R>::request(1), None).unwrap();
    assert!(store.skip(&Recipe(vec![Triple::<R>::request(1)])).is_err());
    assert_eq!((store.position(), store.len()), (0, 1));
}

#[test]
fn openings_of_a_store_that_goes_on_are_right() {
    // Parties that stop after a round of products and go on in new stores under the same seeds.
    let request = Triple::<R>::request(LEN);
    let once = Recipe(vec![request.clone()]);
    let mut random = Random(3);
    for round in 0..3 {
        let mut deck = Deck::new(&seeds()).unwrap();
        let mut stores = common::empty_stores(&seeds());
        for _ in 0..round {
            deck.skip(&once).unwrap();
            stores.iter_mut().for_each(|store| store.skip(&once).unwrap());
        }
        common::put(&mut deck, &mut stores, &request);
        let x: Vec<u16> = random.words(LEN);
        let shares = common::split::<R>(&x, 2, &mut random).into_iter().map(Share::<R>::from_words);
        let mask = |(store, x): (&mut Store, Share<R>)| Triple::<R>::take(store, LEN).unwrap().mask(&x, &x);
        let (masked, triples): (Vec<_>, Vec<_>) = stores.iter_mut().zip(shares).map(mask).unzip();
        let opened = common::sum(&masked, R::BITS);
        let squares = triples.into_iter().map(|triple| triple.finish(&opened).expose().to_vec());
        let expected: Vec<u16> = x.iter().map(|x| x.wrapping_mul(*x) & 0x3fff).collect();
        assert_eq!(common::sum(&squares.collect::<Vec<_>>(), R::BITS), expected, "round {round}");
    }
}
