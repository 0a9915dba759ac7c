//! Whole runs without a dealer: it dealt into files and went.

use std::thread;
use std::time::Duration;

use ringshare::net::{Memory, Network};
use ringshare::nn::{Architecture, Layer, Sequential, Weights, step};
use ringshare::offline::file::{Lot, sealed};
use ringshare::offline::{Deck, Recipe, Seeds, StateId, Store};
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;

use super::{Folder, R, deal, key, open, seeds};

fn plan<O>(parties: usize, program: impl FnOnce(&mut Party) -> Result<O, Error>) -> (Recipe, O) {
    let mut dry = Party::dry(parties);
    let output = program(&mut dry).unwrap();
    (dry.take_dry_run().recipe, output)
}

/// Runs the parties, each with its file, from the state that the disk has.
fn run<O: Send>(
    folder: &Folder,
    seeds: &Seeds,
    program: impl Fn(&mut Party, &mut ringshare::offline::file::StoreFile) -> O + Sync,
) -> Vec<O> {
    let parties = seeds.parties();
    let ends = Memory::mesh(parties + 1, Duration::from_secs(60)).into_iter().take(parties);
    thread::scope(|scope| {
        let program = &program;
        let threads: Vec<_> = ends
            .enumerate()
            .map(|(id, end)| {
                scope.spawn(move || {
                    let mut file = open(folder, seeds, id).unwrap();
                    let network = Network::new(end, id, parties, 1).unwrap();
                    let mut party = Party::from_parts(network, Store::new(file.seeds())).unwrap();
                    let output = program(&mut party, &mut file);
                    party.finish().unwrap();
                    output
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

const VALUES: [u16; 5] = [0, 1, 8191, 8192, 16_383];

fn signs(party: &mut Party) -> Result<Vec<u16>, Error> {
    let x = party.input::<R>(0, VALUES.len(), (party.id() == 0).then_some(&VALUES))?;
    let signs = party.sign::<R, R>(&x, 14)?;
    party.open(&signs)
}

#[test]
fn parties_compare_without_a_dealer_and_go_on_after_a_restart() {
    for parties in [1, 2, 3, 7] {
        let (folder, seeds) = (Folder::new(), seeds(9, parties));
        let (batch, _) = plan(parties, signs);
        deal(&folder, &mut Deck::new(&seeds).unwrap(), &seeds, &Lot { setup: None, batch: &batch, count: 5 });
        for left in [3, 1] {
            let outputs = run(&folder, &seeds, |party, file| {
                let outputs = [0, 1].map(|_| {
                    file.fill(party.store_mut(), &batch).unwrap();
                    signs(party).unwrap()
                });
                assert_eq!(file.left(), left);
                outputs
            });
            for signs in outputs.iter().flatten() {
                assert_eq!(*signs, [1, 1, 1, 16_383, 16_383]);
            }
        }
    }
}

/// Weight r·5 + i, bias i.
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
fn a_model_is_shared_once_and_served_after_restarts() {
    type M = Z2<16>;
    let layers = vec![
        Layer::Linear(step::Linear { inputs: 4, outputs: 3, bits: 12 }),
        Layer::Relu(step::Relu { bits: 12, shift: 2 }),
        Layer::Linear(step::Linear { inputs: 3, outputs: 2, bits: 14 }),
    ];
    let architecture = Architecture::new(layers, 16).unwrap();
    let share = |party: &mut Party| {
        let weights: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&Ramp) } else { None };
        Sequential::<M>::share(party, 0, &architecture, weights)
    };
    let classify = |party: &mut Party, model: &Sequential<M>| {
        let prepared = model.prepare(party, 1)?;
        let own = (party.id() == 0).then_some(&[3, 1, 4, 1][..]);
        let x = party.input(0, 4, own)?;
        let y = model.forward(party, prepared, x)?;
        party.open(&y)
    };
    let hidden: Vec<u64> = (0..3)
        .map(|r| ([3, 1, 4, 1].iter().enumerate().map(|(i, x)| (r * 5 + i as u64) * x).sum::<u64>() + r) >> 2)
        .collect();
    let expected: Vec<u64> = (0..2)
        .map(|r| hidden.iter().enumerate().map(|(i, x)| (r * 5 + i as u64) * x).sum::<u64>() + r)
        .collect();
    for parties in [2, 3] {
        let (folder, seeds) = (Folder::new(), seeds(10, parties));
        let mut dry = Party::dry(parties);
        let model = share(&mut dry).unwrap();
        let setup = dry.take_dry_run().recipe;
        classify(&mut dry, &model).unwrap();
        let batch = dry.take_dry_run().recipe;
        let lot = Lot { setup: Some(&setup), batch: &batch, count: 6 };
        deal(&folder, &mut Deck::new(&seeds).unwrap(), &seeds, &lot);
        let path = |party: usize| folder.path(&format!("{party}.model"));
        let id = |store: &Store| StateId { model: [7; 32], number: 0, ..store.id() };
        run(&folder, &seeds, |party, file| {
            file.fill(party.store_mut(), &setup).unwrap();
            let model = share(party).unwrap();
            let bytes = model.to_bytes(&id(party.store())).unwrap();
            sealed::write(&path(party.id()), &key(party.id()), "model", &bytes).unwrap();
        });
        for _ in 0..3 {
            let outputs = run(&folder, &seeds, |party, file| {
                let bytes = sealed::read(&path(party.id()), &key(party.id()), "model").unwrap();
                let model = Sequential::<M>::from_bytes(&bytes, &id(party.store()), &architecture).unwrap();
                [0, 1].map(|_| {
                    file.fill(party.store_mut(), &batch).unwrap();
                    classify(party, &model).unwrap()
                })
            });
            for output in outputs.iter().flatten() {
                for (found, expected) in output.iter().zip(&expected) {
                    // 14 bits are computed, and dropping low bits may round either way.
                    assert!(u64::from(found % (1 << 14)).abs_diff(*expected) <= 30, "{output:?}, {expected}");
                }
            }
        }
    }
}
