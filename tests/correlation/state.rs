//! State that is kept between two runs.

use ringshare::correlation::{MaskedMatrix, Triple, registry};
use ringshare::nn::{Architecture, Layer, Prepared, Sequential, Weights, step};
use ringshare::offline::{Deck, DecodeError, Seeds, StateId, Store};
use ringshare::prg::RootSeed;
use ringshare::protocol::{Error, WriteRow};
use ringshare::ring::Z2;
use ringshare::share::{BitShare, Share};
use ringshare::sim::Simulation;
use sha2::{Digest, Sha256};

type R = Z2<16>;

fn id(store: &Store, model: [u8; 32], number: u64) -> StateId {
    StateId { model, number, ..store.id() }
}

/// A store of party 0 of two with five triples, of which one has been used, and its seeds' deck.
fn store() -> Store {
    let seeds = Seeds::derive(&RootSeed::from_bytes([5; 32]), 3, 2);
    let (mut deck, mut store) = (Deck::new(&seeds).unwrap(), Store::new(seeds.row(0).unwrap()));
    for len in 1..=5 {
        let request = Triple::<R>::request(len);
        let (_, correction) = deck.deal(&request).unwrap().unwrap();
        store.put(request, Some(correction)).unwrap();
    }
    Triple::<R>::take(&mut store, 1).unwrap();
    store
}

fn product(store: &mut Store, len: usize) -> Vec<u16> {
    let ones = Share::<R>::from_words(vec![1; len]);
    let (opened, masked) = Triple::<R>::take(store, len).unwrap().mask(&ones, &ones);
    masked.finish(&opened).expose().iter().copied().chain(opened).collect()
}

#[test]
fn a_store_goes_on_where_it_stopped() {
    let (mut kept, sent) = (store(), store());
    let id = sent.id();
    let mut again = Store::from_bytes(&sent.into_bytes(), &id, &registry()).unwrap();
    assert_eq!((again.position(), again.len()), (1, 4));
    for len in 2..=5 {
        assert_eq!(product(&mut again, len), product(&mut kept, len));
    }
    assert!(again.is_empty());
}

#[test]
fn a_store_is_taken_by_nobody_else_and_at_no_other_position() {
    let kept = store();
    let id = kept.id();
    let bytes = kept.into_bytes();
    let refused = |id: StateId| Store::from_bytes(&bytes, &id, &registry()).err().unwrap().to_string();
    assert!(refused(StateId { party: 1, ..id }).contains("party"));
    assert!(refused(StateId { parties: 3, ..id }).contains("number of parties"));
    assert!(refused(StateId { number: 0, ..id }).contains("number"));
    assert!(refused(StateId { model: [1; 32], ..id }).contains("model"));
    let mut session = id;
    session.session.0[0] ^= 1;
    assert!(refused(session).contains("session"));
    assert!(Share::<R>::from_bytes(&bytes, &id).is_err());
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let kept = store();
    let id = kept.id();
    let bytes = kept.into_bytes().to_vec();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 0x10;
        assert!(Store::from_bytes(&changed, &id, &registry()).is_err(), "byte {place}");
        assert!(Store::from_bytes(&bytes[..place], &id, &registry()).is_err(), "{place} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Store::from_bytes(&longer, &id, &registry()).is_err());
}

/// Bytes with a digest that fits them, as anybody can make them.
fn sealed(bytes: &[u8], place: usize, number: u64) -> Vec<u8> {
    let mut changed = bytes[..bytes.len() - 32].to_vec();
    changed[place..][..8].copy_from_slice(&number.to_le_bytes());
    let digest = Sha256::digest(&changed);
    changed.extend(digest);
    changed
}

/// Bytes of what a state is, and whose.
const HEAD: usize = 8 + 8 + 72;

#[test]
fn numbers_of_a_store_that_can_not_be_are_refused() {
    let kept = store();
    let id = kept.id();
    let bytes = kept.into_bytes();
    // Behind the tag and two seeds: how many things the dealer keeps.
    for number in [2, 1 << 40, u64::MAX] {
        assert!(Store::from_bytes(&sealed(&bytes, HEAD + 3 * 16, number), &id, &registry()).is_err());
    }
    assert!(Store::from_bytes(&sealed(&bytes, HEAD + 3 * 16, 1), &id, &registry()).is_ok());
    // A position whose items would have the masks of others.
    for number in [1 << 57, 1 << 58, u64::MAX] {
        let bytes = sealed(&bytes, HEAD - 8, number);
        assert!(Store::from_bytes(&bytes, &StateId { number, ..id }, &registry()).is_err());
    }
}

#[test]
fn rows_of_a_batch_that_are_not_those_of_its_products_are_refused() {
    let architecture =
        Architecture::new(vec![Layer::Linear(step::Linear { inputs: 4, outputs: 3, bits: 12 })], 16).unwrap();
    let public = Sequential::<R>::public(&architecture, &Ramp).unwrap();
    Simulation::new(2)
        .run(|party| {
            let weights: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&Ramp) } else { None };
            let secret = Sequential::<R>::share(party, 0, &architecture, weights)?;
            let kept = id(party.store(), [7; 32], 0);
            for (model, others) in [(&secret, vec![0, 1, 3, u64::MAX]), (&public, vec![1 << 61, u64::MAX])] {
                let bytes = model.prepare(party, 2)?.into_bytes(&kept);
                assert!(Prepared::from_bytes(&bytes, &kept, model).is_ok());
                for rows in others {
                    assert!(
                        Prepared::from_bytes(&sealed(&bytes, HEAD, rows), &kept, model).is_err(),
                        "{rows}"
                    );
                }
            }
            Ok(())
        })
        .unwrap();
}

/// Whether the library keeps signs as bits on this CPU.
fn signs_are_bits() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[test]
fn matrices_of_an_owner_come_back() {
    Simulation::new(2)
        .run(|party| {
            let row = |r: usize, out: &mut [u16]| {
                out.iter_mut()
                    .enumerate()
                    .for_each(|(i, out)| *out = if r * i % 3 == 1 { u16::MAX } else { 1 });
            };
            let own = (party.id() == 0).then_some(&row as WriteRow<'_, u16>);
            let words = party.input_matrix::<R>(0, [300, 7], 16, own)?;
            let signs = party.input_signs::<R>(0, [300, 7], 16, own)?;
            let x = party.input::<R>(1, 7, (party.id() == 1).then_some(&[3, 1, 4, 1, 5, 9, 2]))?;
            let mut results = Vec::new();
            for matrix in [words, signs] {
                let prepared = party.prepare_product(&matrix, 1)?;
                let again = if party.is_dry() {
                    matrix
                } else {
                    let kept = id(party.store(), [0; 32], 0);
                    let bytes = matrix.to_bytes(&kept);
                    // The owner has W and what was opened, the other party what was opened alone; a sign takes two bits.
                    let signs = !results.is_empty() && signs_are_bits();
                    let own = if party.id() != 0 { 0 } else { 300 * 7 * if signs { 2 } else { 16 } / 8 };
                    let head = bytes.len() - 300 * 7 * 2 - own;
                    assert!(head < 200, "{head}");
                    if signs && party.id() == 0 {
                        let bytes = sealed(&bytes, HEAD + 8 * 7, 0);
                        assert!(
                            MaskedMatrix::<R>::from_bytes(&bytes, &kept).is_err(),
                            "elements that are no signs"
                        );
                    }
                    for held in [3, 1 << 32, u64::MAX] {
                        let bytes = sealed(&bytes, HEAD + 8 * 6, held);
                        assert!(MaskedMatrix::<R>::from_bytes(&bytes, &kept).is_err(), "{held}");
                    }
                    MaskedMatrix::<R>::from_bytes(&bytes, &kept).unwrap()
                };
                let product = party.product(&again, prepared, &x)?;
                results.push(party.open(&product)?);
            }
            assert_eq!(results[0], results[1]);
            assert!(party.is_dry() || results[0][..2] == [25, 13]);
            Ok(())
        })
        .unwrap();
}

#[test]
fn matrices_of_absurd_sizes_are_refused() {
    Simulation::new(2)
        .run(|party| {
            let row = |_: usize, out: &mut [u16]| out.fill(1);
            let matrix = party.input_matrix::<R>(0, [2, 3], 16, (party.id() == 0).then_some(&row))?;
            let kept = id(party.store(), [0; 32], 0);
            if party.is_dry() {
                return Ok(());
            }
            let bytes = matrix.to_bytes(&kept);
            // Number, outputs, inputs, groups, ring, bits.
            for place in 1..6 {
                for number in [0, 1 << 31, 1 << 63, u64::MAX] {
                    let bytes = sealed(&bytes, HEAD + 8 * place, number);
                    assert!(MaskedMatrix::<R>::from_bytes(&bytes, &kept).is_err(), "{place}: {number}");
                    // A matrix without rows.
                    let bytes = sealed(&bytes, HEAD + 8, 0);
                    assert!(MaskedMatrix::<R>::from_bytes(&bytes, &kept).is_err(), "{place}: {number}");
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn shares_of_bits_come_back_as_bits_alone() {
    let id = store().id();
    for (words, len) in [(vec![0b1_0110], 5), (vec![!0, 5], 67)] {
        let bytes = BitShare::from_words(words.clone(), len).to_bytes(&id);
        let again = BitShare::from_bytes(&bytes, &id).unwrap();
        assert_eq!((again.len(), again.expose()), (len, &words[..]));
        assert!(Share::<Z2<1>>::from_bytes(&bytes, &id).is_err());
        assert!(Share::<R>::from_bytes(&bytes, &id).is_err());
        assert!(BitShare::from_bytes(&bytes, &StateId { party: 1, ..id }).is_err());
        assert!(BitShare::from_bytes(&bytes, &StateId { number: 9, ..id }).is_err());
    }
}

#[test]
fn shares_come_back_in_their_ring_alone() {
    let id = store().id();
    let share = Share::<Z2<13>>::from_words(vec![1, 0xffff, 3]);
    let bytes = share.to_bytes(&id);
    assert_eq!(Share::<Z2<13>>::from_bytes(&bytes, &id).unwrap().expose(), [1, 0x1fff, 3]);
    let other = Share::<Z2<14>>::from_bytes(&bytes, &id).err();
    assert_eq!(other, Some(DecodeError::Belongs { what: "ring" }));
}

#[test]
fn what_is_discarded_is_never_used() {
    let (mut one, mut other) = (store(), store());
    one.discard();
    assert!(one.is_empty() && one.position() == 5);
    for len in 2..=5 {
        Triple::<R>::take(&mut other, len).unwrap();
    }
    assert_eq!(one.id(), other.id());
}

/// Weight r·5 + i, bias r.
struct Ramp;

impl Weights<u16> for Ramp {
    fn row(&self, _: usize, row: usize, out: &mut [u16]) {
        out.iter_mut().enumerate().for_each(|(i, out)| *out = (row * 5 + i) as u16);
    }
    fn bias(&self, _: usize, out: &mut [u16]) {
        out.iter_mut().enumerate().for_each(|(i, out)| *out = i as u16);
    }
}

#[test]
fn a_model_and_a_prepared_batch_go_on_from_bytes() {
    let layers = |outputs| {
        let relu = Layer::Relu(step::Relu { bits: 12, shift: 2 });
        vec![
            Layer::Linear(step::Linear { inputs: 4, outputs, bits: 12 }),
            relu,
            Layer::Linear(step::Linear { inputs: outputs, outputs: 2, bits: 14 }),
        ]
    };
    let architecture = Architecture::new(layers(3), 16).unwrap();
    let other = Architecture::new(layers(6), 16).unwrap();
    for parties in [2, 3] {
        let results = [false, true].map(|through_bytes| {
            let run = Simulation::new(parties).seed(9).run(|party| {
                let weights: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&Ramp) } else { None };
                let mut model = Sequential::<R>::share(party, 0, &architecture, weights)?;
                let mut prepared = model.prepare(party, 2)?;
                if through_bytes && !party.is_dry() {
                    let kept = id(party.store(), [7; 32], 0);
                    let bytes = model.to_bytes(&kept).unwrap();
                    model = Sequential::from_bytes(&bytes, &kept, &architecture).unwrap();
                    assert!(Sequential::<R>::from_bytes(&bytes, &kept, &other).is_err());
                    let stranger = StateId { party: party.id() + 1, ..kept };
                    assert!(Sequential::<R>::from_bytes(&bytes, &stranger, &architecture).is_err());
                    let batch = StateId { number: 4, ..kept };
                    let bytes = prepared.into_bytes(&batch);
                    assert!(Prepared::from_bytes(&bytes, &kept, &model).is_err());
                    prepared = Prepared::from_bytes(&bytes, &batch, &model).unwrap();
                }
                let own = (party.id() == 1).then_some(&[1, 2, 3, 4, 9, 0, 7, 65_535][..]);
                let x = party.input(1, 8, own)?;
                let y = model.forward(party, prepared, x)?;
                party.open(&y)
            });
            run.unwrap().outputs
        });
        assert_eq!(results[0], results[1]);
    }
}

#[test]
fn a_matrix_of_another_session_is_refused() {
    // Both sessions mask a matrix of the same shape under the same number.
    let matrix = |seed| {
        let run = Simulation::new(2).seed(seed).run(|party| {
            let row = |_: usize, out: &mut [u16]| out.fill(1);
            let matrix = party.input_matrix::<R>(0, [2, 3], 16, (party.id() == 0).then_some(&row))?;
            let kept = id(party.store(), [0; 32], 0);
            Ok((kept, (!party.is_dry()).then(|| matrix.to_bytes(&kept).to_vec())))
        });
        run.unwrap().outputs
    };
    let first = matrix(1);
    let run = Simulation::new(2).seed(2).run(|party| {
        let row = |_: usize, out: &mut [u16]| out.fill(1);
        let own = party.input_matrix::<R>(0, [2, 3], 16, (party.id() == 0).then_some(&row))?;
        let prepared = party.prepare_product(&own, 1)?;
        let x = party.input::<R>(0, 3, (party.id() == 0).then_some(&[1, 2, 3]))?;
        if !party.is_dry() {
            let (kept, bytes) = &first[party.id()];
            let other =
                ringshare::correlation::MaskedMatrix::from_bytes(bytes.as_ref().unwrap(), kept).unwrap();
            assert_eq!(other.id().number, own.id().number);
            let error = party.prepare_product(&other, 1).err().unwrap().to_string();
            assert!(error.contains("another"), "{error}");
            let error = party.product(&other, prepared, &x).err().unwrap();
            assert!(matches!(error, Error::Matrix { .. }), "{error}");
        } else {
            party.product(&own, prepared, &x)?;
        }
        Ok(())
    });
    // The product was not taken to its end: everyone stopped before opening.
    assert!(run.is_ok());
}
