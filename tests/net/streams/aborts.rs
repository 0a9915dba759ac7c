//! A party that fails says so, and everybody names it.

#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::Duration;

use ringshare::correlation::matrix::MatrixProductRequest;
use ringshare::net::{Header, Kind, Memory, NetError, Network, Transport};
use ringshare::offline::{Elements, Recipe};
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;
use ringshare::sim::Simulation;

#[cfg(unix)]
use super::mesh;
use super::sockets;

type R = Z2<16>;

const PATIENCE: Duration = Duration::from_secs(60);

/// Ways in which party 1 fails.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Shape,
    Store,
    Bits,
}

const FAILURES: [Failure; 3] = [Failure::Shape, Failure::Store, Failure::Bits];

/// Opens vectors of `len` elements, until party 1 fails where it should open number `at`.
fn program(party: &mut Party, failure: Failure, at: usize, len: usize) -> Result<(), Error> {
    let x = Share::<R>::zeros(len);
    for step in 0..3 {
        if party.id() == 1 && step == at {
            match failure {
                Failure::Shape => drop(party.multiply(&x, &Share::zeros(len + 1))?),
                Failure::Store => drop(party.multiply(&x, &x)?),
                Failure::Bits => drop(party.open_modulo(&x, 17)?),
            }
        }
        party.open(&x)?;
    }
    Ok(())
}

/// Runs the program over every kind of ends and holds the errors of all parties to the one of party 1.
fn everybody_names_party_1<T: Transport + Send + 'static>(ends: impl Fn() -> Vec<T>, lens: &[usize]) {
    for failure in FAILURES {
        for at in 0..3 {
            for &len in lens {
                let run = |party: &mut Party| program(party, failure, at, len);
                let results = Simulation::new(3).run_over(ends(), &Recipe::default(), run);
                let own = results[1].as_ref().unwrap_err();
                assert!(!matches!(own, Error::Net(_)), "{own}");
                for peer in [0, 2] {
                    let error = results[peer].as_ref().unwrap_err();
                    assert_eq!(error.to_string(), format!("party 1 failed: {own}"));
                    assert!(matches!(error, Error::Net(NetError::Aborted { peer: 1, dealer: false, .. })));
                }
            }
        }
    }
}

#[test]
fn everybody_names_the_party_that_failed() {
    everybody_names_party_1(|| Memory::mesh(4, PATIENCE), &[1, 100_000]);
}

#[test]
fn everybody_names_the_party_that_failed_over_sockets() {
    everybody_names_party_1(|| sockets(4), &[1, 100_000]);
}

#[cfg(unix)]
#[test]
fn everybody_names_the_party_that_failed_over_pairs_of_streams() {
    let pair = || UnixStream::pair().map(|(a, b)| [a, b]);
    everybody_names_party_1(|| mesh(4, pair, UnixStream::try_clone).unwrap(), &[1, 100_000]);
}

#[test]
fn everybody_names_the_dealer_that_failed() {
    // The product of a matrix that was never masked.
    let elements = Elements::of::<R>();
    let request =
        MatrixProductRequest { matrix: 0, window: None, rows: 1, outputs: 2, inputs: 3, groups: 1, elements };
    let open = |party: &mut Party| party.open(&Share::<R>::zeros(5));
    let results = Simulation::new(3).run_over(Memory::mesh(4, PATIENCE), &Recipe(vec![request.into()]), open);
    let errors: Vec<String> = results.into_iter().map(|result| result.unwrap_err().to_string()).collect();
    assert!(errors[3].starts_with("matrix 0 has no mask"), "{errors:?}");
    for error in &errors[..3] {
        assert_eq!(*error, format!("the dealer failed: {}", errors[3]));
    }
}

#[test]
fn what_a_wrong_header_held_is_not_passed_on() {
    // Where a stream has slipped, it may be bytes of a share.
    let run = |party: &mut Party| {
        if party.id() == 0 {
            party.network_mut().send(1, Kind::Open, &[7; 12_345])?;
        }
        party.open(&Share::<R>::zeros(5))
    };
    let results = Simulation::new(3).run_over(Memory::mesh(4, PATIENCE), &Recipe::default(), run);
    let errors: Vec<String> =
        results.into_iter().take(3).map(|result| result.unwrap_err().to_string()).collect();
    assert_eq!(errors[1], "frame from peer 0: expected length 10, found 12345");
    for other in [0, 2] {
        assert_eq!(errors[other], "party 1 failed: frame from peer 0: expected another length");
    }
}

#[test]
fn a_simulation_reports_the_party_that_failed() {
    for failure in FAILURES {
        let error = Simulation::new(3).run(|party| program(party, failure, 2, 10)).unwrap_err();
        assert_eq!(error.peer, 1, "{error}");
        assert!(!matches!(error.error, Error::Net(_)), "{error}");
    }
}

/// Networks of three parties; the dealer's end is kept open.
fn networks() -> (Vec<Network>, Memory) {
    let mut ends = Memory::mesh(4, Duration::from_millis(50));
    let dealer = ends.pop().unwrap();
    let network = |(id, end)| Network::new(end, id, 3, 1).unwrap();
    (ends.into_iter().enumerate().map(network).collect(), dealer)
}

fn aborted(error: &NetError) -> (usize, &str) {
    match error {
        NetError::Aborted { peer, dealer: false, reason } => (*peer, reason),
        error => panic!("{error}"),
    }
}

#[test]
fn an_abort_is_passed_on_as_it_came_and_sent_once() {
    let (mut parties, mut dealer) = networks();
    parties[1].abort("why");
    parties[1].abort("why else");
    let error = parties[2].open(&mut [1u8; 3], 8).unwrap_err();
    // Party 2 waits for party 0 first, who sends nothing.
    assert!(matches!(error, NetError::Transport { peer: 0, .. }), "{error}");

    let (mut parties, _dealer) = networks();
    parties[1].abort("why");
    assert_eq!(aborted(&parties[2].receive(1, Kind::Open, &mut [0; 3]).unwrap_err()), (1, "why"));
    parties[2].abort("my own reason");
    assert_eq!(aborted(&parties[0].receive(2, Kind::Open, &mut [0; 3]).unwrap_err()), (1, "why"));
    for party in &mut parties {
        assert!(matches!(party.receive(1, Kind::Open, &mut [0; 3]), Err(NetError::Broken)));
        assert!(matches!(party.send(1, Kind::Open, &[]), Err(NetError::Broken)));
    }

    // One frame to the dealer, not two.
    let mut header = [0; Header::LEN];
    dealer.recv_header(1, &mut header).unwrap();
    assert_eq!(Header::from_bytes(&header).kind, Kind::Abort as u16);
    dealer.recv_payload(1, &mut [0; 5]).unwrap();
    drop(parties);
    assert!(dealer.recv_header(1, &mut header).is_err());
}

#[test]
fn a_peer_that_went_away_has_left_its_reason() {
    let (mut parties, _dealer) = networks();
    parties[1].send(0, Kind::Open, &[7; 1000]).unwrap();
    parties[1].send(0, Kind::OpenBits, &[]).unwrap();
    parties[1].abort("why");
    drop(parties.remove(1));
    // Whether party 0 sends or receives next.
    assert_eq!(aborted(&parties[0].send(1, Kind::Open, &[1]).unwrap_err()), (1, "why"));

    let (mut parties, _dealer) = networks();
    parties[1].send(0, Kind::Open, &[7; 1000]).unwrap();
    drop(parties.remove(1));
    let error = parties[0].send(1, Kind::Open, &[1]).unwrap_err().to_string();
    assert_eq!(error, "transport to peer 1: the peer went away");
}

#[test]
fn a_reason_is_cut_between_characters_and_printable() {
    let told = |reason: &str| {
        let (mut parties, _dealer) = networks();
        parties[1].abort(reason);
        aborted(&parties[0].receive(1, Kind::Open, &mut [0; 3]).unwrap_err()).1.to_string()
    };
    assert_eq!(told(""), "");
    assert_eq!(told(&"x".repeat(256)), "x".repeat(256));
    assert_eq!(told(&"x".repeat(257)), "x".repeat(256));
    assert_eq!(told(&format!("x{}", "é".repeat(200))), format!("x{}", "é".repeat(127)));
    assert_eq!(told("two\nlines\u{1b}[31m\u{85}"), "two lines [31m ");
}

/// What party 0 of two says of a frame of party 1 where it expects an opening.
fn said(header: Header, payload: &[u8]) -> String {
    let mut ends = Memory::mesh(3, Duration::from_millis(50));
    let mut network = Network::new(ends.remove(0), 0, 2, 1).unwrap();
    ends[0].send(0, &[&header.encode(), payload].concat()).unwrap();
    let error = network.open(&mut [1u8; 4], 8).unwrap_err();
    assert!(matches!(network.open(&mut [1u8; 4], 8), Err(NetError::Broken)));
    error.to_string()
}

#[test]
fn hostile_aborts_are_refused() {
    let right = Header { session: 1, sequence: 0, length: 5, round: 1, kind: Kind::Abort as u16, sender: 1 };
    assert_eq!(said(right, b"\x01\0why"), "party 1 failed: why");
    assert_eq!(said(right, b"\x02\0why"), "the dealer failed: why");
    assert_eq!(said(right, b"\x01\0w\ny"), "party 1 failed: w y");
    let frame = "frame from peer 1: expected";
    for (header, payload, text) in [
        (Header { session: 2, ..right }, &b"\x01\0why"[..], "session 1, found 2"),
        (Header { sender: 0, ..right }, b"\x01\0why", "sender 1, found 0"),
        (Header { sender: 2, ..right }, b"\x01\0why", "sender 1, found 2"),
        (Header { sequence: 1, ..right }, b"\x01\0why", "sequence number 0, found 1"),
        (Header { length: 0, ..right }, b"", "the length of an abort to be at least 2, found 0"),
        (Header { length: 1, ..right }, b"\x01", "the length of an abort to be at least 2, found 1"),
        (Header { length: 259, ..right }, &[0; 259], "the length of an abort to be at most 258, found 259"),
        (
            Header { length: u64::MAX, ..right },
            b"",
            "the length of an abort to be at most 258, found 18446744073709551615",
        ),
        (right, b"\x03\0why", "the origin of an abort to be at most 2, found 3"),
        (right, b"\x01\x01why", "the origin of an abort to be at most 2, found 257"),
        (right, b"\0\0why", "the origin of an abort to be other than 0, found 0"),
        (right, b"\x01\0w\xff\xfe", "the reason of a failure in UTF-8, found other bytes"),
    ] {
        assert_eq!(said(header, payload), format!("{frame} {text}"));
    }
    // As long as the header says, or not.
    let error = said(right, b"\x01\0whynot");
    assert_eq!(error, "transport to peer 1: expected a frame of 37 bytes, found one of 40");
}
