//! What is not as agreed is an error that names what was expected and what came, never a panic.
#![cfg(feature = "std")]

use std::thread;
use std::time::Duration;

use crate::common::seeds;
use ringshare::correlation::compare::legendre::Variant;
use ringshare::correlation::compare::{Comparison, Plan};
use ringshare::correlation::{InputMask, Lookup, Triple};
use ringshare::function::Table;
use ringshare::net::{Fault, Faults, Header, Kind, Memory, NetError, Network, Topology, Transport};
use ringshare::offline::{Deck, Elements, Error as OfflineError, PartySeeds, Recipe, Store};
use ringshare::prg::RootSeed;
use ringshare::protocol::Dealer;
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;
use ringshare::share::{BitShare, Share};
use ringshare::sim::Simulation;

type R = Z2<14>;

const TIMEOUT: Duration = Duration::from_millis(200);

fn mesh(peers: usize) -> Vec<Memory> {
    Memory::mesh(peers, TIMEOUT)
}

/// A session of two parties, each of whom thinks that the session has this number.
fn join(sessions: [u64; 3]) -> Vec<Result<(), String>> {
    let result = |(id, (end, session)): (usize, (Memory, u64))| {
        let network = Network::new(end, id, 2, session)?;
        match id {
            2 => Dealer::open(network, &RootSeed::from_bytes([1; 32])).map(drop),
            _ => Party::join(network).and_then(|mut party| {
                party.open(&Share::<R>::zeros(3))?;
                party.finish()
            }),
        }
    };
    let ends = mesh(3).into_iter().zip(sessions).enumerate();
    let threads: Vec<_> = ends.map(|end| thread::spawn(move || result(end))).collect();
    threads.into_iter().map(|thread| thread.join().unwrap().map_err(|error| error.to_string())).collect()
}

#[test]
fn another_session_is_refused() {
    assert!(join([5, 5, 5]).iter().all(Result::is_ok));
    let results = join([5, 6, 5]);
    assert!(results[1].as_ref().unwrap_err().contains("expected session 6, found 5"), "{results:?}");
    assert!(results[0].is_err());
    for results in [join([5, 5, 9]), join([1, 2, 3])] {
        assert!(
            results[..2].iter().all(|result| result.as_ref().is_err_and(|e| e.contains("expected session")))
        );
    }
}

/// Errors of both parties when what is dealt is for one function, and another one runs.
fn dealt_for<O: Send>(
    dealt: impl Fn(&mut Party) -> Result<O, Error>,
    f: impl Fn(&mut Party) -> Result<O, Error> + Sync,
) -> Vec<Error> {
    let simulation = Simulation::new(2);
    let recipe = simulation.dry_run(dealt).unwrap().recipe;
    let results = simulation.run_over(mesh(3), &recipe, f);
    results.into_iter().take(2).map(|result| result.map(drop).unwrap_err()).collect()
}

#[test]
fn an_exhausted_store_is_an_error() {
    let x = Share::<R>::zeros(4);
    let errors = dealt_for(
        |party| party.multiply(&x, &x),
        |party| {
            party.multiply(&x, &x)?;
            party.multiply(&x, &x)
        },
    );
    for error in errors {
        assert!(matches!(&error, Error::Offline(OfflineError::Exhausted { .. })), "{error}");
        assert!(error.to_string().contains("asked for Triple"), "{error}");
    }
}

#[test]
fn another_item_than_the_next_is_refused_and_stays() {
    let x = Share::<R>::zeros(4);
    let errors = dealt_for(|party| party.sign(&x, 14), |party| party.multiply(&x, &x));
    for error in errors {
        assert!(matches!(error, Error::Offline(OfflineError::Mismatch { .. })), "{error}");
        let text = error.to_string();
        assert!(text.contains("Compare") && text.contains("Triple"), "{text}");
    }
    // Another length, ring, output or owner is another item.
    let mut stores = crate::common::stores(2, 1, &Recipe(vec![Triple::<R>::request(4)]));
    assert!(matches!(Triple::<R>::take(&mut stores[1], 5), Err(OfflineError::Mismatch { .. })));
    assert!(matches!(Triple::<Z2<13>>::take(&mut stores[1], 4), Err(OfflineError::Mismatch { .. })));
    assert!(matches!(InputMask::<R>::take(&mut stores[1], 0, 4), Err(OfflineError::Mismatch { .. })));
    assert!(Triple::<R>::take(&mut stores[1], 4).is_ok() && stores[1].is_empty());
}

#[test]
fn corrections_of_another_length_are_refused() {
    let request = Triple::<R>::request(4);
    for (party, correction, expected, found) in [
        (0, Some(vec![0; 6]), 7, 6),
        (0, Some(vec![0; 8]), 7, 8),
        (0, None, 7, 0),
        (1, Some(vec![0; 7]), 0, 7),
    ] {
        let mut store = Store::new(seeds(2, 1).row(party).unwrap());
        let error = store.put(request.clone(), correction).unwrap_err();
        assert_eq!(error, OfflineError::Correction { expected, found });
        assert!(store.is_empty());
    }
}

#[test]
fn padding_in_corrections_is_refused() {
    let mut store = Store::new(seeds(2, 1).row(0).unwrap());
    store.put(Triple::<Z2<13>>::request(3), Some(vec![0xff; 5])).unwrap();
    assert!(matches!(Triple::<Z2<13>>::take(&mut store, 3), Err(OfflineError::Padding)));
    let table = Table::from_static(&[0, 1]);
    store.put(Lookup::<Z2<5>>::request(1, &table), Some(vec![0xff; 2])).unwrap();
    let (_, lookup) = Lookup::<Z2<5>>::take(&mut store, 1, &table).unwrap().mask(&Share::<R>::zeros(1));
    assert!(matches!(lookup.finish(&[1]), Err(OfflineError::Padding)));
    let plan = Plan::new(4, Some(Elements::of::<Z2<5>>()));
    let bytes = plan.dealer_bytes(1);
    store.put(Comparison::<R>::request(1, &plan), Some(vec![0xff; bytes])).unwrap();
    let chunks =
        Comparison::<R>::take(&mut store, 1, plan).unwrap().mask(&Share::zeros(1)).1.look_up(&[3]).unwrap();
    let opened = chunks.masked();
    assert!(matches!(chunks.finish::<Z2<5>>(&opened, [0, 1]), Err(OfflineError::Padding)));
}

#[test]
fn padding_from_a_peer_is_refused_or_cleared() {
    // Three elements of 14 bits leave 6 bits of padding behind the header.
    let [first, last] = [256 + 42, 256 + 47];
    for bit in [first, last] {
        // Behind the announcement to the dealer.
        let inject = |(id, end)| Faults::new(end, Fault::Flip(bit), if id == 0 { 1 } else { usize::MAX / 2 });
        let ends = mesh(3).into_iter().enumerate().map(inject).collect();
        let open = |party: &mut Party| party.open(&Share::<R>::zeros(3));
        let results = Simulation::new(2).run_over(ends, &Recipe::default(), open);
        let error = results[1].as_ref().unwrap_err().to_string();
        assert!(error.contains("peer 0") && error.contains("expected zero padding"), "{error}");
        assert!(results[0].is_err());

        // Bits are whole bytes: what is behind the last one does not come out.
        let ends = mesh(3).into_iter().enumerate().map(inject).collect();
        let open = |party: &mut Party| party.open_bits(&BitShare::zeros(42));
        for result in Simulation::new(2).run_over(ends, &Recipe::default(), open).into_iter().take(2) {
            assert_eq!(result.unwrap(), Some(vec![0]));
        }
    }
}

#[test]
fn words_of_a_peer_that_are_no_field_elements_are_refused() {
    let field = Variant::Bsgn0.field();
    let prime = field.prime();
    // Six words, each in a slice of its own for one of three parties by scatter.
    let bad = |place: usize, word: u64| {
        let mut words = [prime - 1; 130];
        words[place] = word;
        words
    };
    for topology in [Topology::Direct, Topology::Scatter] {
        for place in [0, 63, 64, 128, 129] {
            for word in [prime, u64::MAX] {
                let open = |party: &mut Party| {
                    let mut words = bad(place, if party.id() == 0 { word } else { 1 });
                    Ok(party.network_mut().open_field(&mut words, field).map(|()| words)?)
                };
                let simulation = Simulation::new(3).topology(topology);
                let results = simulation.run_over(mesh(4), &Recipe::default(), open);
                let errors: Vec<String> = results
                    .iter()
                    .take(3)
                    .filter_map(|result| Some(result.as_ref().err()?.to_string()))
                    .collect();
                // Party 0 keeps its slice to itself by scatter, and what it has summed it sends reduced.
                let own = topology == Topology::Scatter && place < 64;
                let found = format!("payload from peer 0: expected elements below {prime}, found {word}");
                assert!(own || errors.contains(&found), "{errors:?}");
                // The others are not told the word: it may be of a share.
                if topology == Topology::Direct {
                    // Parties 1 and 2 both find it, and party 0 reports the one that it hears first.
                    let told = [1, 2].map(|party| {
                        format!("party {party} failed: payload from peer 0: expected elements below {prime}")
                    });
                    assert!(told.contains(&errors[0]), "{}", errors[0]);
                }
            }
        }
        let open = |party: &mut Party| {
            let mut words = bad(3, 5);
            Ok(party.network_mut().open_field(&mut words, field).map(|()| words)?)
        };
        let simulation = Simulation::new(3).topology(topology);
        for words in simulation.run_over(mesh(4), &Recipe::default(), open).into_iter().take(3) {
            let words = words.unwrap().unwrap();
            assert!(words.iter().enumerate().all(|(i, &word)| word == if i == 3 { 15 } else { prime - 3 }));
        }
    }
}

#[test]
fn a_broken_network_stays_broken() {
    let mut network = Network::new(mesh(3).remove(0), 0, 2, 1).unwrap();
    assert!(matches!(network.receive(2, Kind::Seed, &mut [0; 16]), Err(NetError::Transport { peer: 2, .. })));
    assert!(matches!(network.receive(2, Kind::Seed, &mut [0; 16]), Err(NetError::Broken)));
    assert!(matches!(network.send(1, Kind::Open, &[]), Err(NetError::Broken)));
    assert!(matches!(network.open(&mut [0u8], 3), Err(NetError::Broken)));
}

#[test]
fn a_peer_may_claim_any_round() {
    let mut ends = mesh(3);
    let mut network = Network::new(ends.remove(0), 0, 2, 1).unwrap();
    let header =
        Header { session: 1, sequence: 0, length: 1, round: u32::MAX, kind: Kind::Open as u16, sender: 1 };
    ends[0].send(0, &[&header.encode()[..], &[5]].concat()).unwrap();
    let mut words = [3u8];
    network.open(&mut words, 8).unwrap();
    assert_eq!((words, network.rounds()), ([8], u32::MAX));
    assert!(network.send(1, Kind::Open, &[]).is_ok());
}

#[test]
fn peers_that_are_none_are_refused() {
    let mut ends = mesh(3);
    let mut network = Network::new(ends.remove(0), 0, 2, 1).unwrap();
    assert!(matches!(network.send(3, Kind::Open, &[]), Err(NetError::NoPeer { peer: 3, peers: 3 })));
    assert!(matches!(
        network.receive(7, Kind::Open, &mut [0; 1]),
        Err(NetError::NoPeer { peer: 7, peers: 3 })
    ));
    assert!(network.send(1, Kind::Open, &[]).is_ok());
}

#[test]
fn another_number_of_parties_is_an_error_everywhere() {
    let run = |party: &mut Party| party.open(&Share::<R>::zeros(3));
    for (parties, ends) in [(3, 3), (3, 2), (2, 2), (2, 5), (0, 1), (5, 3)] {
        let results = Simulation::new(parties).run_over(mesh(ends), &Recipe::default(), run);
        assert!(results.iter().any(Result::is_err), "{parties} parties, {ends} ends");
        assert!(results.iter().flatten().flatten().all(|opened| *opened == [0; 3]));
    }
    let error = Network::new(mesh(1).remove(0), 0, 0, 1).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "expected 1 to 65534 parties, found 0");
    assert!(Deck::new(&seeds(0, 1)).is_err());
    let refused = [seeds(2, 1).row(2), PartySeeds::read(2, &[0; 48])];
    for error in refused.map(|row| row.map(drop).unwrap_err().to_string()) {
        assert_eq!(error, "expected a party below 2, found party 2");
    }
}

/// A peer whose frames are all right, but for a round beyond which there is none.
struct LastRound(u64);

impl Transport for LastRound {
    type Error = std::io::Error;

    fn send(&mut self, _: usize, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), Self::Error> {
        let (sequence, kind, sender) = (self.0, Kind::Open as u16, from as u16);
        *header = Header { session: 1, sequence, length: 7, round: u32::MAX, kind, sender }.encode();
        self.0 += 1;
        Ok(())
    }

    fn recv_payload(&mut self, _: usize, payload: &mut [u8]) -> Result<(), Self::Error> {
        payload.fill(0);
        Ok(())
    }
}

#[test]
fn any_round_of_a_peer_is_taken() {
    let mut network = Network::new(LastRound(0), 0, 2, 1).unwrap();
    for _ in 0..3 {
        network.open(&mut [5u16; 4], 14).unwrap();
    }
    assert_eq!(network.rounds(), u32::MAX);
}
