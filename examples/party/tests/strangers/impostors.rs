//! Whoever has no certificate, or one of another authority or role, is refused with a reason, and keeps nobody out.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use party::keys::Keys;
use ringshare::net::link::{End, Role};

use super::random::Random;
use super::session::{LIMIT, Session};

#[test]
fn impostors_are_refused_with_a_reason() {
    let session = Session::start("impostors", 2);
    let own = session.config.keys.clone();
    let images = session.images(64, 1);
    let other = own.with_file_name("other-keys");
    Keys(other.clone()).generate(2, 2).unwrap();
    let mixed = own.with_file_name("mixed-keys");
    std::fs::create_dir(&mixed).unwrap();
    std::fs::copy(own.join("ca.pem"), mixed.join("ca.pem")).unwrap();
    for name in ["client-2.pem", "client-2-key.pem"] {
        std::fs::copy(other.join(name), mixed.join(name)).unwrap();
    }
    thread::scope(|scope| {
        let honest = scope.spawn(|| session.classify(1, &images));
        for party in 0..2 {
            let mut reasons: Vec<String> = Vec::new();
            // Without a certificate: no TLS at all.
            let terms = session.program.terms(session.config.session, Vec::new());
            let plain =
                End::new(Role::Client(2), terms).dial(&session.config.parties[party], Role::Party(party));
            assert!(plain.is_err());
            reasons.push("expected TLS, found other bytes".into());
            // Of another authority, by whom the party's is refused, too; and by one who looks away.
            assert!(session.link(party, Role::Client(2), &other, Role::Client(2)).is_err());
            reasons.push("it expected one of its authority".into());
            assert!(session.link(party, Role::Client(2), &mixed, Role::Client(2)).is_err());
            reasons.push("expected a certificate of this end's authority, found one of another".into());
            // Of another role.
            for (says, of) in [
                (Role::Party(1), Role::Client(2)),
                (Role::Client(2), Role::Party(1)),
                (Role::Client(2), Role::Client(1)),
                (Role::Owner, Role::Client(2)),
                (Role::Dealer, Role::Client(2)),
            ] {
                assert!(session.link(party, says, &own, of).is_err(), "{of} says that it is {says}");
                let found = format!("found one for DnsName(\"{of}");
                reasons.push(format!("expected a certificate for {says}.ringshare, {found}"));
            }
            // Roles that come once.
            assert!(session.link(party, Role::Dealer, &own, Role::Dealer).is_err());
            reasons.push("expected one link of dealer, found a second".into());
            if party == 0 {
                assert!(session.link(party, Role::Party(1), &own, Role::Party(1)).is_err());
                reasons.push("expected one link of party-1, found a second".into());
            }
            // When it is not wanted.
            drop(session.link(party, Role::Owner, &own, Role::Owner).unwrap());
            reasons.push("owner".into());
            reasons.push("is not wanted now".into());
            // They are said once in a while.
            reasons.iter().for_each(|reason| session.said(party, reason));
        }
        assert!(honest.join().unwrap() < LIMIT / 2);
    });
    session.classify(2, &images);
    session.stop();
}

#[test]
fn a_crowd_without_certificates_keeps_nobody_out() {
    let session = Session::start("crowd", 1);
    let images = session.images(64, 2);
    let watch = session.watch(Duration::from_millis(50));
    let addresses: Vec<String> = session.config.parties.iter().map(ToString::to_string).collect();
    let mut random = Random(3);
    let mut silent = Vec::new();
    for round in 0..400 {
        let mut stream = TcpStream::connect(&addresses[round % 2]).unwrap();
        let len = random.below(300);
        stream.write_all(&random.bytes(len)).unwrap();
        if round % 4 == 0 {
            silent.push(stream);
        } else if round % 4 == 1 {
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            // Ended, or reset.
            let _ = stream.read(&mut [0; 64]);
        }
    }
    assert!(session.classify(1, &images) < LIMIT / 2);
    drop(silent);
    assert!(watch.most() < 64 << 20);
    for party in 0..2 {
        let lines = session.log(&format!("party-{party}")).lines().count();
        assert!(lines < 150, "party {party} said {lines} lines");
        assert!(session.log(&format!("party-{party}")).contains("refused: "));
    }
    session.stop();
}
