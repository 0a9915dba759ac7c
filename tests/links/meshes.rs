//! Everybody finds everybody, in whatever order they start.

use std::thread;
use std::time::{Duration, Instant};

use ringshare::net::link::{Address, LinkError, Mesh, Role, mesh};
use ringshare::net::{Header, Stream, Transport};
use ringshare::protocol::Party;
use ringshare::ring::Z2;
use ringshare::sim::Simulation;

use super::random::Random;
use super::{Authority, accept, any, end, later, limits, reason};

/// Starts parties and a dealer, each after up to 200 ms, and has each join.
pub(crate) fn start(
    parties: usize,
    addresses: &[Address],
    authority: Option<&Authority>,
    random: &mut Random,
) -> Vec<Mesh> {
    let join = |peer: usize, delay| {
        thread::sleep(delay);
        let role = Role::of_peer(peer, parties);
        let mut terms = super::terms(parties);
        terms.note = vec![peer as u8; peer];
        let mut end = ringshare::net::link::End::new(role, terms).limits(limits());
        if let Some(authority) = authority {
            end = end.identity(authority.identity(role));
        }
        let listener = (peer < parties).then(|| end.listen(&addresses[peer]).unwrap());
        mesh(&end, listener.as_ref(), addresses).unwrap_or_else(|error| panic!("{role}: {error}"))
    };
    let join = &join;
    thread::scope(|scope| {
        let mut ends = Vec::new();
        for peer in 0..=parties {
            let delay = Duration::from_millis(u64::from(random.next() % 200));
            ends.push(scope.spawn(move || join(peer, delay)));
        }
        ends.into_iter().map(|end| end.join().unwrap()).collect()
    })
}

pub(crate) fn streams(parties: usize, authority: Option<&Authority>) -> Vec<Stream> {
    let addresses: Vec<_> = (0..parties).map(|_| later()).collect();
    let meshes = start(parties, &with_dealer(addresses), authority, &mut Random(7));
    meshes.into_iter().map(|mesh| mesh.stream).collect()
}

/// Nobody dials the dealer: what its address is does not matter.
fn with_dealer(mut addresses: Vec<Address>) -> Vec<Address> {
    addresses.push("nowhere:1".parse().unwrap());
    addresses
}

/// Everybody sends a frame to everybody, and has the notes of all.
fn are_joined(meshes: &mut [Mesh]) {
    let peers = meshes.len();
    for (from, mesh) in meshes.iter_mut().enumerate() {
        for to in (0..peers).filter(|&to| to != from) {
            mesh.stream.send(to, &[(from * peers + to) as u8; Header::LEN]).unwrap();
        }
    }
    for (to, mesh) in meshes.iter_mut().enumerate() {
        for from in (0..peers).filter(|&from| from != to) {
            let mut header = [0; Header::LEN];
            mesh.stream.recv_header(from, &mut header).unwrap();
            assert_eq!(header, [(from * peers + to) as u8; Header::LEN]);
        }
        assert_eq!(mesh.notes, (0..peers).map(|peer| vec![peer as u8; peer]).collect::<Vec<_>>());
    }
}

#[test]
fn the_order_of_starting_does_not_matter() {
    let authority = Authority::new();
    for parties in [2, 3, 5] {
        for (seed, authority) in [(1, None), (2, Some(&authority)), (3, None), (4, Some(&authority))] {
            let addresses: Vec<_> = (0..parties).map(|_| later()).collect();
            are_joined(&mut start(parties, &with_dealer(addresses), authority, &mut Random(seed)));
        }
    }
}

#[cfg(unix)]
#[test]
fn the_order_of_starting_does_not_matter_to_sockets_in_files() {
    let folder = std::env::temp_dir().join(format!("ringshare-links-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let authority = Authority::new();
    for parties in [2, 3, 5] {
        for authority in [None, Some(&authority)] {
            let file = |party| Address::Unix(folder.join(format!("{party}.socket")));
            let addresses: Vec<_> = (0..parties).map(file).collect();
            // Left behind by a process that was killed.
            drop(std::os::unix::net::UnixListener::bind(folder.join("0.socket")).unwrap());
            are_joined(&mut start(parties, &with_dealer(addresses), authority, &mut Random(5)));
        }
    }
    std::fs::remove_dir(folder).expect("the files are gone");
}

#[test]
fn parties_alone_are_a_mesh() {
    let addresses: Vec<_> = (0..3).map(|_| later()).collect();
    let ends: Vec<_> = (0..3).map(|party| end(Role::Party(party), 3, None)).collect();
    thread::scope(|scope| {
        for (end, address) in ends.iter().zip(&addresses) {
            let addresses = &addresses;
            scope.spawn(move || {
                let listener = end.listen(address).unwrap();
                assert_eq!(mesh(end, Some(&listener), addresses).unwrap().notes.len(), 3);
            });
        }
    });
}

#[test]
fn protocols_run_over_tls() {
    let authority = Authority::new();
    let values: Vec<u64> = Random(9).words(1 << 17);
    let program = |party: &mut Party| {
        let x = party.input::<Z2<64>>(1, values.len(), (party.id() == 1).then_some(&values[..]))?;
        let negative = party.negative_bits(&x, 64)?;
        let bits = party.open_bits(&negative)?;
        Ok((0..values.len()).all(|i| bits[i / 64] >> (i % 64) & 1 == values[i] >> 63))
    };
    for parties in [2, 3] {
        let simulation = Simulation::new(parties);
        let recipe = simulation.dry_run(program).unwrap().recipe;
        let ends = streams(parties, Some(&authority));
        let outputs = simulation.run_over(ends, &recipe, program);
        let outputs: Vec<_> = outputs.into_iter().filter_map(|output| output.unwrap()).collect();
        assert_eq!(outputs, vec![true; parties]);
    }
}

#[test]
fn who_does_not_come_is_named() {
    let mut limits = limits();
    limits.connect = Duration::from_millis(300);
    let begun = Instant::now();
    let end = end(Role::Party(1), 3, None).limits(limits);
    let listener = end.listen(&any()).unwrap();
    let addresses = [later(), listener.address(), later(), later()];
    let error = mesh(&end, Some(&listener), &addresses).unwrap_err();
    assert_eq!(error.to_string(), "not connected within 300ms: party-0, party-2, dealer");
    // Of those that are dialled, why.
    let end = super::end(Role::Party(1), 2, None).limits(limits);
    let error = mesh(&end, None, &addresses[..2]).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("party-0 at {}: not reached within", addresses[0])),
        "{error}"
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_no_mesh_can_be_is_refused() {
    let one = [any()];
    for (role, parties, text) in [
        (Role::Party(0), 2, "expected addresses of 2 parties and at most a dealer, found 1"),
        (Role::Owner, 1, "expected a party or the dealer, found owner"),
        (Role::Party(1), 1, "expected a party or the dealer, found party-1"),
    ] {
        assert_eq!(mesh(&end(role, parties, None), None, &one).unwrap_err().to_string(), text);
    }
    let error = mesh(&end(Role::Party(0), 1, None), None, &[any(), any()]).unwrap_err();
    assert_eq!(error.to_string(), "expected a listener, which party-0 needs, found none");
}

#[test]
fn a_party_has_one_link_and_a_client_several() {
    let listens = end(Role::Party(0), 2, None);
    let listener = listens.listen(&any()).unwrap();
    let dial = |role| end(role, 2, None).dial(&listener.address(), Role::Party(0));
    for role in [Role::Party(1), Role::Dealer] {
        let first = dial(role).unwrap();
        let error = dial(role).unwrap_err();
        assert_eq!(reason(&error), format!("refused this end: expected one link of {role}, found a second"));
        assert!(matches!(error, LinkError::Refused { .. }));
        assert_eq!(accept(&listener).role, role);
        assert!(super::refused(&listener).ends_with(&format!("expected one link of {role}, found a second")));
        drop(first);
        listener.release(role);
        dial(role).unwrap();
        accept(&listener);
    }
    let clients = [(); 3].map(|()| dial(Role::Client(7)).unwrap());
    for _ in clients {
        assert_eq!(accept(&listener).role, Role::Client(7));
    }
    assert!(listener.accept(Duration::from_millis(10)).unwrap().is_none());
}

#[test]
fn clients_that_come_before_a_mesh_is_joined_are_kept() {
    let zero = end(Role::Party(0), 2, None);
    let listener = zero.listen(&any()).unwrap();
    let address = listener.address();
    let client = end(Role::Client(3), 2, None).dial(&address, Role::Party(0)).unwrap();
    let addresses = [address, any()];
    thread::scope(|scope| {
        scope.spawn(|| mesh(&end(Role::Party(1), 2, None), None, &addresses).unwrap());
        let mesh = mesh(&zero, Some(&listener), &addresses).unwrap();
        assert_eq!(mesh.extra.iter().map(|link| link.role).collect::<Vec<_>>(), [Role::Client(3)]);
    });
    drop(client);
}
