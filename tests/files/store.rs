//! Batches that were dealt ahead of time: each is handed out once, whatever happens, and by the right file alone.

use std::ops::Range;

use ringshare::correlation::compare::dcf::Dcf;
use ringshare::offline::file::{FileError, Ledger, Lot, StoreFile, StoreWriter, deal_to_files};
use ringshare::offline::{Deck, Error, Recipe, Store};

use super::{Folder, R, changed, deal, key, ledger_path, open, seeds, setup, store_path, triples, write};
use crate::common::Random;

/// The items that a fill handed out.
fn filled(file: &mut StoreFile, recipe: &Recipe) -> Result<Range<u64>, FileError> {
    let mut store = Store::new(file.seeds());
    file.fill(&mut store, recipe)?;
    Ok(store.position()..store.position() + store.len() as u64)
}

/// Where the bytes of a store are the same, so is all that it hands out.
fn bytes_of(store: Store) -> Vec<u8> {
    store.into_bytes().to_vec()
}

#[test]
fn a_file_hands_out_what_the_dealer_would_have_sent() {
    let setup = setup();
    for parties in [1, 2, 3, 7] {
        let mut batch = triples(&[9, 0, 70_000]);
        if parties == 2 {
            // Of this both parties get a correction.
            batch.0.insert(1, Dcf::<R, R>::request(40, 14));
        }
        for setup in [None, Some(&setup)] {
            let (folder, seeds) = (Folder::new(), seeds(3, parties));
            let mut deck = Deck::new(&seeds).unwrap();
            deal(&folder, &mut deck, &seeds, &Lot { setup, batch: &batch, count: 3 });
            for party in 0..parties {
                let mut file = open(&folder, &seeds, party).unwrap();
                let (mut found, mut expected) =
                    (Store::new(file.seeds()), Store::new(seeds.row(party).unwrap()));
                let mut deck = Deck::new(&seeds).unwrap();
                for recipe in setup.into_iter().chain([&batch; 3]) {
                    file.fill(&mut found, recipe).unwrap();
                    for request in recipe.requests() {
                        let dealt = deck.deal(request).unwrap().filter(|(recipients, _)| party < *recipients);
                        expected.put(request.clone(), dealt.map(|(_, bytes)| bytes)).unwrap();
                    }
                }
                assert_eq!(file.left(), 0);
                let error = file.fill(&mut found, &batch).unwrap_err();
                assert_eq!(error.to_string(), "all 3 batches are used");
                // All but the digest of what was received, and the digest of all.
                let place = 88 + 16 * (parties + 1) + 8;
                let [found, expected] = [found, expected].map(|store| {
                    let mut bytes = bytes_of(store);
                    bytes[place..place + 32].fill(0);
                    bytes.truncate(bytes.len() - 32);
                    bytes
                });
                assert_eq!(found, expected);
            }
        }
    }
}

#[test]
fn a_file_goes_on_after_a_restart() {
    let (folder, seeds) = (Folder::new(), seeds(3, 2));
    let (setup, batch) = (setup(), triples(&[5, 40_000, 1]));
    deal(
        &folder,
        &mut Deck::new(&seeds).unwrap(),
        &seeds,
        &Lot { setup: Some(&setup), batch: &batch, count: 4 },
    );
    for number in 0..5 {
        let mut file = open(&folder, &seeds, 0).unwrap();
        assert_eq!(file.is_setup_next(), number == 0);
        assert_eq!(file.left(), 4 - 4.min(number.max(1) - 1));
        let recipe = if number == 0 { &setup } else { &batch };
        let start = if number == 0 { 0 } else { 2 + 3 * (number - 1) };
        assert_eq!(file.position(), start);
        assert_eq!(filled(&mut file, recipe).unwrap(), start..start + recipe.requests().len() as u64);
    }
    let mut file = open(&folder, &seeds, 0).unwrap();
    assert!(matches!(filled(&mut file, &batch), Err(FileError::Used { batches: 4 })));
    assert_eq!(file.position(), 14);
    // More of the same session, by a deck that goes on.
    drop(file);
    let mut deck = Deck::new(&seeds).unwrap();
    [&setup, &batch, &batch, &batch, &batch].into_iter().for_each(|recipe| deck.skip(recipe).unwrap());
    deal(&folder, &mut deck, &seeds, &Lot { setup: None, batch: &batch, count: 1 });
    let mut file = open(&folder, &seeds, 0).unwrap();
    assert_eq!(filled(&mut file, &batch).unwrap(), 14..17);
    // By a deck that does not: its masks were used.
    drop(file);
    deal(&folder, &mut Deck::new(&seeds).unwrap(), &seeds, &Lot { setup: None, batch: &batch, count: 5 });
    let mut file = open(&folder, &seeds, 0).unwrap();
    assert!(matches!(filled(&mut file, &batch), Err(FileError::Used { .. })));
}

#[test]
fn another_recipe_or_store_is_refused_and_uses_nothing() {
    let (folder, seeds) = (Folder::new(), seeds(3, 2));
    let (setup, batch) = (setup(), triples(&[5, 6]));
    deal(
        &folder,
        &mut Deck::new(&seeds).unwrap(),
        &seeds,
        &Lot { setup: Some(&setup), batch: &batch, count: 2 },
    );
    let mut file = open(&folder, &seeds, 0).unwrap();
    for other in [&batch, &triples(&[6, 5]), &Recipe::default()] {
        assert!(matches!(filled(&mut file, other), Err(FileError::Recipe { setup: true, .. })));
    }
    filled(&mut file, &setup).unwrap();
    for other in [&setup, &triples(&[6, 5]), &Recipe::default()] {
        assert!(matches!(filled(&mut file, other), Err(FileError::Recipe { setup: false, .. })));
    }
    let mut strange = Store::new(super::seeds(4, 2).row(0).unwrap());
    assert!(matches!(file.fill(&mut strange, &batch), Err(FileError::Offline(Error::Session))));
    let mut strange = Store::new(seeds.row(1).unwrap());
    assert!(matches!(file.fill(&mut strange, &batch), Err(FileError::Belongs { what: "party" })));
    // A store that has come further, one that waits elsewhere, and one that allows less memory.
    let mut store = Store::new(file.seeds());
    store.skip(&triples(&[1; 5])).unwrap();
    assert!(matches!(file.fill(&mut store, &batch), Err(FileError::Offline(Error::Range { .. }))));
    let mut store = Store::new(file.seeds());
    store.put(triples(&[1]).0.remove(0), Some(vec![0; 2])).unwrap();
    assert!(matches!(file.fill(&mut store, &batch), Err(FileError::Offline(Error::Range { .. }))));
    let mut store = Store::new(file.seeds());
    store.set_limit(1);
    assert!(matches!(file.fill(&mut store, &batch), Err(FileError::Offline(Error::Memory { .. }))));
    assert_eq!(filled(&mut file, &batch).unwrap(), 2..4);
}

#[test]
fn a_file_of_another_party_or_session_is_refused() {
    let (folder, seeds, others) = (Folder::new(), seeds(3, 2), seeds(4, 2));
    let batch = triples(&[5, 6]);
    let lot = Lot { setup: None, batch: &batch, count: 2 };
    deal(&folder, &mut Deck::new(&seeds).unwrap(), &seeds, &lot);
    let ledger = |party| Ledger::open(&ledger_path(&folder, party), seeds.tag(), party).unwrap();
    // Another's key, another's ledger, and another session's ledger.
    let error = StoreFile::open(&store_path(&folder, 1), &key(0), ledger(0)).err().unwrap();
    assert!(matches!(error, FileError::Sealed), "{error}");
    let error = StoreFile::open(&store_path(&folder, 1), &key(1), ledger(0)).err().unwrap();
    assert!(matches!(error, FileError::Belongs { what: "party" }), "{error}");
    deal(&folder, &mut Deck::new(&others).unwrap(), &others, &lot);
    let error = StoreFile::open(&store_path(&folder, 0), &key(0), ledger(0)).err().unwrap();
    assert!(matches!(error, FileError::Belongs { what: "session" }), "{error}");
    assert_eq!(StoreFile::inspect(&store_path(&folder, 0), &key(0)).unwrap().session, others.tag());
}

/// Reads everything in a file.
fn read_all(folder: &Folder, batch: &Recipe, count: u64) -> Result<(), FileError> {
    StoreFile::inspect(&store_path(folder, 0), &key(0))?;
    let path = folder.path("again.ledger");
    let _ = std::fs::remove_file(&path);
    let ledger = Ledger::create(&path, seeds(3, 2).tag(), 0)?;
    let mut file = StoreFile::open(&store_path(folder, 0), &key(0), ledger)?;
    for _ in 0..count {
        filled(&mut file, batch)?;
    }
    Ok(())
}

#[test]
fn one_changed_byte_or_another_length_is_found() {
    for (len, step) in [(3, 1), (40_000, 4_999)] {
        let (folder, seeds) = (Folder::new(), seeds(3, 2));
        let batch = triples(&[len]);
        deal(&folder, &mut Deck::new(&seeds).unwrap(), &seeds, &Lot { setup: None, batch: &batch, count: 3 });
        let bytes = std::fs::read(store_path(&folder, 0)).unwrap();
        read_all(&folder, &batch, 3).unwrap();
        for changed in changed(&bytes, step) {
            write(&store_path(&folder, 0), &changed);
            assert!(read_all(&folder, &batch, 3).is_err());
        }
    }
}

#[test]
fn chunks_of_another_place_or_file_are_found() {
    const HEAD: usize = 203;
    const SEALED: usize = (64 << 10) + 16;
    let (folder, seeds) = (Folder::new(), seeds(3, 2));
    let batch = triples(&[40_000]);
    let files = [0, 1].map(|_| {
        deal(&folder, &mut Deck::new(&seeds).unwrap(), &seeds, &Lot { setup: None, batch: &batch, count: 3 });
        std::fs::read(store_path(&folder, 0)).unwrap()
    });
    let chunk = |number: usize| HEAD + number * SEALED..HEAD + (number + 1) * SEALED;
    for (from, to, file) in [(0, 1, 0), (1, 0, 0), (1, 2, 0), (0, 0, 1), (1, 1, 1), (2, 2, 1)] {
        let mut bytes = files[0].clone();
        bytes[chunk(to)].copy_from_slice(&files[file][chunk(from)]);
        write(&store_path(&folder, 0), &bytes);
        assert!(matches!(read_all(&folder, &batch, 3), Err(FileError::Sealed)));
    }
    // The head of one before the chunks of the other.
    write(&store_path(&folder, 0), &[&files[0][..HEAD], &files[1][HEAD..]].concat());
    assert!(matches!(read_all(&folder, &batch, 3), Err(FileError::Sealed)));
}

#[test]
fn no_batch_is_handed_out_twice_whenever_the_program_ends() {
    let mut random = Random(8);
    for round in 0..12 {
        let (folder, seeds) = (Folder::new(), seeds(3, 2));
        let (setup, batch) = (setup(), triples(&[7, 3000, 2]));
        let lot = Lot { setup: (round % 2 == 0).then_some(&setup), batch: &batch, count: 12 };
        deal(&folder, &mut Deck::new(&seeds).unwrap(), &seeds, &lot);
        let party = round % 2;
        let ledger = ledger_path(&folder, party);
        let mut used: Vec<Range<u64>> = Vec::new();
        let mut crashed = 0;
        loop {
            let mut file = open(&folder, &seeds, party).unwrap();
            let before = std::fs::read(&ledger).unwrap();
            let recipe = if file.is_setup_next() { &setup } else { &batch };
            let position = file.position();
            let handed = match filled(&mut file, recipe) {
                Ok(handed) => handed,
                Err(FileError::Used { .. }) => break,
                Err(error) => panic!("{error}"),
            };
            assert!(handed.start >= position);
            drop(file);
            if random.below(3) == 0 {
                // The program had ended in the middle of the ledger: nothing was handed out.
                let (mut torn, after) = (before, std::fs::read(&ledger).unwrap());
                for byte in 0..random.below(97) {
                    let place = 4096 * (1 + byte / 48) + byte % 48;
                    torn[place] = after[place];
                }
                write(&ledger, &torn);
                crashed += 1;
            } else {
                used.push(handed);
            }
        }
        assert!(used.windows(2).all(|pair| pair[0].end <= pair[1].start), "{used:?}");
        // What is neither used nor lost by a crash is not lost.
        assert!(used.len() + crashed >= 12);
    }
}

#[test]
fn an_old_copy_is_the_same_file_while_the_ledger_is_there() {
    let (folder, seeds) = (Folder::new(), seeds(3, 2));
    let batch = triples(&[7, 3]);
    deal(&folder, &mut Deck::new(&seeds).unwrap(), &seeds, &Lot { setup: None, batch: &batch, count: 2 });
    let old = std::fs::read(store_path(&folder, 0)).unwrap();
    for expected in [0..2, 2..4] {
        write(&store_path(&folder, 0), &old);
        let mut file = open(&folder, &seeds, 0).unwrap();
        assert_eq!(filled(&mut file, &batch).unwrap(), expected);
    }
    write(&store_path(&folder, 0), &old);
    let mut file = open(&folder, &seeds, 0).unwrap();
    assert!(matches!(filled(&mut file, &batch), Err(FileError::Used { batches: 2 })));
    drop(file);
    // A ledger that is gone is no new one.
    std::fs::remove_file(ledger_path(&folder, 0)).unwrap();
    assert!(matches!(open(&folder, &seeds, 0), Err(FileError::Io { .. })));
}

#[test]
fn parties_that_stand_elsewhere_meet_at_the_furthest() {
    let (folder, seeds) = (Folder::new(), seeds(3, 2));
    let (setup, batch) = (setup(), triples(&[7, 3, 1]));
    deal(
        &folder,
        &mut Deck::new(&seeds).unwrap(),
        &seeds,
        &Lot { setup: Some(&setup), batch: &batch, count: 5 },
    );
    let [mut zero, mut one] = [0, 1].map(|party| open(&folder, &seeds, party).unwrap());
    filled(&mut one, &setup).unwrap();
    filled(&mut one, &batch).unwrap();
    filled(&mut one, &batch).unwrap();
    let furthest = zero.position().max(one.position());
    for file in [&mut zero, &mut one] {
        file.skip_to(furthest).unwrap();
        // Nothing goes back.
        file.skip_to(0).unwrap();
        assert_eq!((file.position(), file.left()), (8, 3));
        assert_eq!(filled(file, &batch).unwrap(), 8..11);
    }
    // Into the middle of a batch: that one is given up.
    zero.skip_to(12).unwrap();
    assert_eq!((zero.position(), zero.left()), (14, 1));
    assert_eq!(filled(&mut zero, &batch).unwrap(), 14..17);
    zero.skip_to(1000).unwrap();
    assert_eq!((zero.position(), zero.left()), (1000, 0));
}

#[test]
fn a_file_that_is_not_finished_is_not_there() {
    let (folder, seeds) = (Folder::new(), seeds(3, 2));
    let batch = triples(&[7, 3]);
    let lot = Lot { setup: None, batch: &batch, count: 2 };
    let deck = Deck::new(&seeds).unwrap();
    let writer = |party| {
        let row = seeds.row(party).unwrap();
        StoreWriter::create(&store_path(&folder, party), &key(party), &row, &deck, &lot).unwrap()
    };
    let mut short = writer(0);
    assert!(short.put(None).is_err() && short.put(Some(&[0; 12])).is_err());
    short.put(Some(&[0; 13])).unwrap();
    assert!(matches!(short.finish(), Err(FileError::Items { expected: 4, found: 1 })));
    let mut long = writer(1);
    assert!(long.put(Some(&[0; 13])).is_err());
    (0..4).for_each(|_| long.put(None).unwrap());
    assert!(matches!(long.put(None), Err(FileError::Items { expected: 4, found: 5 })));
    drop(long);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
}

#[test]
fn what_can_not_be_dealt_leaves_no_file() {
    let (folder, seeds) = (Folder::new(), seeds(3, 2));
    let keys = [key(0), key(1)];
    let files = [0, 1].map(|party| (store_path(&folder, party), &keys[party]));
    let mut deck = Deck::new(&seeds).unwrap();
    let (huge, good) = (triples(&[1 << 50]), triples(&[3]));
    let lots = [(&huge, 1), (&good, u64::MAX), (&good, 1 << 57)];
    for (batch, count) in lots {
        assert!(deal_to_files(&mut deck, &seeds, &Lot { setup: None, batch, count }, &files).is_err());
    }
    let lot = Lot { setup: None, batch: &good, count: 1 };
    assert!(deal_to_files(&mut deck, &seeds, &lot, &files[..1]).is_err());
    assert!(deal_to_files(&mut deck, &super::seeds(4, 2), &lot, &files).is_err());
    assert_eq!((deck.position(), std::fs::read_dir(&folder.0).unwrap().count()), (0, 0));
}
