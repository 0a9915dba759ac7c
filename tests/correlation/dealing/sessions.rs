//! Nothing of one session is taken in another.

use ringshare::correlation::{MaskedMatrix, MatrixProduct};
use ringshare::net::Memory;
use ringshare::offline::Error as OfflineError;
use ringshare::prg::RootSeed;
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;
use ringshare::sim::Session;

use super::{TIMEOUT, plan};
use crate::common;

type R = Z2<14>;
const DIMS: [usize; 2] = [3, 2];

fn masked(party: &mut Party) -> Result<MaskedMatrix<R>, Error> {
    party.mask_matrix(DIMS, 14, |_, rows| Ok(Share::zeros(rows.len() * DIMS[1])))
}

/// A session of two parties with a masked matrix each, and two products dealt.
fn session(number: u64, root: u8) -> (Session, Vec<MaskedMatrix<R>>) {
    let mut session =
        Session::open(Memory::mesh(3, TIMEOUT), number, &RootSeed::from_bytes([root; 32])).unwrap();
    let recipe = plan(2, |party| {
        let matrix = masked(party)?;
        party.prepare_product(&matrix, 1)?;
        party.prepare_product(&matrix, 1)
    });
    session.deal(&recipe).unwrap();
    let matrices = session.each("mask", &mut [(), ()], |party, ()| masked(party)).unwrap();
    (session, matrices.steps.into_iter().map(|step| step.output).collect())
}

#[test]
fn matrices_of_another_session_are_refused() {
    let (_a, of_a) = session(1, 5);
    // Of another number, of another root, of both.
    for (number, root) in [(2, 5), (1, 6), (2, 6)] {
        let (mut b, of_b) = session(number, root);
        let mut states: Vec<_> = of_a.iter().zip(&of_b).collect();
        b.each("product", &mut states, |party, (of_a, of_b)| {
            // They differ in nothing but the session.
            assert_eq!(of_a.id().number, of_b.id().number);
            assert_ne!(of_a.id().session, of_b.id().session);
            assert_eq!([of_a.outputs(), of_a.inputs()], [of_b.outputs(), of_b.inputs()]);

            // To prepare a product with it takes nothing from the store.
            let left = party.store().len();
            let error = party.prepare_product(of_a, 1).map(drop).unwrap_err();
            assert!(matches!(error, Error::Offline(OfflineError::Session)), "{error}");
            assert!(error.to_string().contains("expected something of this session"), "{error}");
            assert_eq!(party.store().len(), left);

            // A product that was prepared for this session's matrix.
            let prepared = party.prepare_product(of_b, 1)?;
            let sent = party.network().sent_bytes();
            let error = party.product(of_a, prepared, &Share::zeros(2)).map(drop).unwrap_err();
            assert!(matches!(error, Error::Matrix { expected, found }
                if expected == of_b.id() && found == of_a.id()));
            assert!(error.to_string().contains("another session"), "{error}");
            assert_eq!(party.network().sent_bytes(), sent, "something was opened");

            // The right one is still right.
            let prepared = party.prepare_product(of_b, 1)?;
            let z = party.product(of_b, prepared, &Share::zeros(2))?;
            assert_eq!(party.open(&z)?, [0; 3]);
            Ok(())
        })
        .unwrap();
        b.finish().unwrap();
    }
}

#[test]
fn the_same_session_again_is_the_same() {
    // So that parties may go on with a matrix.
    let ((_a, of_a), (mut b, of_b)) = (session(1, 5), session(1, 5));
    assert!(of_a.iter().zip(&of_b).all(|(a, b)| a.id() == b.id()));
    let mut states: Vec<_> = of_a.iter().collect();
    b.each("product", &mut states, |party, matrix| party.prepare_product(matrix, 1).map(drop)).unwrap();
}

#[test]
fn a_store_of_another_session_has_no_product_with_a_matrix() {
    let (_a, of_a) = session(1, 5);
    let seeds = common::seeds(2, 1);
    for (party, matrix) in of_a.iter().enumerate() {
        let mut store = ringshare::offline::Store::new(seeds.row(party).unwrap());
        let request = matrix.request(1);
        let bytes = store.correction_len(&request);
        store.put(request, bytes.map(|bytes| vec![0; bytes])).unwrap();
        let error = MatrixProduct::take(&mut store, matrix, None, 1).map(drop).unwrap_err();
        assert_eq!(error, OfflineError::Session);
        assert_eq!(store.len(), 1);
    }
}

#[test]
fn tags_are_of_a_root_and_a_number_and_no_seed() {
    let tag = |number, root: u8, parties| {
        ringshare::offline::Seeds::derive(&RootSeed::from_bytes([root; 32]), number, parties).tag()
    };
    assert_eq!(tag(1, 5, 2), tag(1, 5, 3));
    assert_ne!(tag(1, 5, 2), tag(2, 5, 2));
    assert_ne!(tag(1, 5, 2), tag(1, 6, 2));
}

#[test]
fn seeds_are_of_a_pair_of_parties_and_a_session() {
    let mut seen = std::collections::HashSet::new();
    for session in [0, 1, u64::MAX] {
        for parties in [2, 3, 7, 16] {
            let seeds = common::seeds(parties, session);
            for i in 0..parties {
                let own = common::row(&seeds, i);
                assert_eq!(own.len(), parties);
                for (j, seed) in own.iter().enumerate() {
                    // The pair shares one seed, which nobody else has, in no other session.
                    assert_eq!(seed.expose(), common::row(&seeds, j)[i].expose());
                    if parties == 16 && i <= j {
                        assert!(seen.insert(*seed.expose()), "{i} and {j}, session {session}");
                    }
                }
            }
            // Nor is the session's tag one of them, which everyone may know.
            if parties == 16 {
                assert!(seen.insert(seeds.tag().0), "session {session}");
            }
        }
    }
}
