//! Parties, peers and steps that do not fit together are refused, or noticed at the end.

use std::time::Duration;

use ringshare::net::{Counting, Header, Kind, Memory, NetError, Network, Topology, Transport};
use ringshare::offline::Recipe;
use ringshare::protocol::{Error, Party};
use ringshare::sim::Simulation;

const PATIENCE: Duration = Duration::from_secs(60);

/// What the parties get if each opens its own vectors, of `(length, bits)`.
fn open_each(openings: &[&[(usize, u32)]]) -> Vec<Result<(), Error>> {
    let open = |party: &mut Party| {
        for &(len, bits) in openings[party.id()] {
            party.network_mut().open(&mut vec![0u8; len], bits)?;
        }
        Ok(())
    };
    let parties = openings.len();
    let results =
        Simulation::new(parties).run_over(Memory::mesh(parties + 1, PATIENCE), &Recipe::default(), open);
    results.into_iter().take(parties).map(|result| result.map(drop)).collect()
}

#[test]
fn openings_that_differ_in_frames_of_the_same_lengths_are_noticed_by_both() {
    for (openings, what) in [
        ([&[(5, 1)][..], &[(6, 1)][..]], "lengths, widths or order"),
        ([&[(8, 1)], &[(1, 8)]], "lengths, widths or order"),
        ([&[(5, 1), (6, 1)], &[(6, 1), (5, 1)]], "lengths, widths or order"),
    ] {
        let results = open_each(&openings);
        for (party, result) in results.iter().enumerate() {
            let error = result.as_ref().unwrap_err();
            assert!(
                matches!(error, Error::Net(NetError::Disagree { peer, .. }) if *peer == 1 - party),
                "{error}"
            );
            let text =
                format!("party {} took other steps than this party: they differ in the {what}", 1 - party);
            assert!(error.to_string().starts_with(&text), "{error}");
        }
        assert!(open_each(&[openings[0]; 2]).iter().all(Result::is_ok));
    }
    // One of three: nobody ends well.
    assert!(open_each(&[&[(5, 1)], &[(5, 1)], &[(6, 1)]]).iter().all(Result::is_err));
}

/// What two parties say at the end, each with its digest.
fn finish(digests: [&[u8]; 2]) -> Vec<Result<Option<()>, Error>> {
    let end = |party: &mut Party| {
        let digest = digests[party.id()];
        Ok(party.network_mut().finish(digest)?)
    };
    Simulation::new(2).run_over(Memory::mesh(3, PATIENCE), &Recipe::default(), end)
}

#[test]
fn digests_are_compared() {
    assert!(finish([&[9; 64]; 2]).iter().all(Result::is_ok));
    for digests in [[&[1u8][..], &[2][..]], [&[], &[0]], [&[0; 64], &[0; 63]]] {
        for result in finish(digests).into_iter().take(2) {
            let error = result.unwrap_err();
            assert!(error.to_string().ends_with("they differ in the digest of what they did"), "{error}");
        }
    }
}

#[test]
fn every_way_to_open_ends_in_agreement() {
    for topology in [Topology::Direct, Topology::Scatter] {
        let open = |party: &mut Party| {
            let network = party.network_mut();
            network.open_both(&mut [1u16; 200], 9, &mut [1; 30])?;
            network.open_pairs(&mut [1u32; 200], [8, 10])?;
            network.open_bits(&mut [1; 70])?;
            Ok(network.reveal(&mut [1u16; 5], 3, 2)?)
        };
        let simulation = Simulation::new(3).topology(topology);
        let results = simulation.run_over(Memory::mesh(4, PATIENCE), &Recipe::default(), open);
        let learned: Vec<_> = results.into_iter().filter_map(|result| result.unwrap()).collect();
        assert_eq!(learned, [false, false, true]);
    }
}

#[test]
fn networks_without_such_a_peer_are_refused() {
    let new = |id, parties| Network::new(Memory::mesh(1, PATIENCE).remove(0), id, parties, 1).map(drop);
    for (id, parties) in [(0, 1), (2, 2), (65_534, 65_534)] {
        assert!(new(id, parties).is_ok());
    }
    for parties in [0, 65_535, 70_000, usize::MAX] {
        let error = new(0, parties).unwrap_err();
        assert_eq!(error.to_string(), format!("expected 1 to 65534 parties, found {parties}"));
    }
    for id in [3, usize::MAX] {
        let error = new(id, 2).unwrap_err();
        assert!(matches!(error, NetError::NoPeer { peer, peers: 3 } if peer == id), "{error}");
    }
}

#[test]
fn a_share_is_not_revealed_to_the_dealer() {
    let mut ends = Memory::mesh(3, PATIENCE);
    let mut network = Network::new(Counting::new(ends.remove(0)), 0, 2, 1).unwrap();
    for to in [2, 3, usize::MAX] {
        let error = network.reveal(&mut [5u16; 4], 14, to).unwrap_err();
        assert!(matches!(error, NetError::NoPeer { peer, peers: 2 } if peer == to), "{error}");
    }
    assert_eq!(network.transport::<Counting<Memory>>().unwrap().counts().sent_frames, 0);
    assert!(!network.reveal(&mut [5u16; 4], 14, 1).unwrap());
    assert_eq!(network.transport::<Counting<Memory>>().unwrap().counts().sent_frames, 1);
}

#[test]
fn a_network_that_goes_nowhere_opens_zeros_and_counts() {
    for (topology, rounds, bytes) in [
        // 200 elements of 9 bits, 30 bytes of bits, to each of two; 4 bits of each of 10 elements to one.
        (Topology::Direct, [1, 2, 2, 3], 2 * (32 + 225 + 32 + 30) + 32 + 5 + 2 * (32 + 81)),
        // Slices of 128 and 72 elements, and of 30 bytes at party 0.
        (Topology::Scatter, [2, 3, 3, 4], 4 * 32 + 81 + 2 * (32 + 144 + 32 + 30) + 32 + 5 + 2 * (32 + 81)),
    ] {
        let mut network = Network::dry(0, 3);
        network.set_topology(topology);
        let (mut words, mut bits) = ([5u16; 200], [5; 30]);
        let mut now = Vec::new();
        network.open_both(&mut words, 9, &mut bits).unwrap();
        now.push(network.rounds());
        assert_eq!((words, bits), ([0; 200], [0; 30]));
        let mut revealed = [5u16; 10];
        assert!(network.reveal(&mut revealed, 4, 0).unwrap());
        assert_eq!(revealed, [0; 10]);
        now.push(network.rounds());
        let mut received = [5; 3];
        network.receive(3, Kind::Seed, &mut received).unwrap();
        assert_eq!(received, [0; 3]);
        now.push(network.rounds());
        network.finish(&[1]).unwrap();
        now.push(network.rounds());
        assert_eq!(now, rounds);
        assert_eq!(network.sent_bytes(), bytes);
    }
}

/// Sends headers that promise too much, and no payload.
struct Promises;

impl Transport for Promises {
    type Error = std::io::Error;

    fn send(&mut self, _: usize, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> std::io::Result<()> {
        let (kind, sender) = (Kind::Open as u16, from as u16);
        *header = Header { session: 1, sequence: 0, length: u64::MAX, round: 1, kind, sender }.encode();
        Ok(())
    }

    fn recv_payload(&mut self, _: usize, _: &mut [u8]) -> std::io::Result<()> {
        panic!("waits for a payload that nobody wants")
    }
}

#[test]
fn nothing_is_waited_for_behind_a_wrong_header() {
    let mut network = Network::new(Promises, 0, 2, 1).unwrap();
    let error = network.open(&mut [5u16; 4], 14).unwrap_err().to_string();
    assert_eq!(error, "frame from peer 1: expected length 7, found 18446744073709551615");
}
