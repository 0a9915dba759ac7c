//! Peers that go away: what they sent still comes, and nobody waits for long.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ringshare::net::link::{Address, Link, Role};
use ringshare::net::{ErrorKind, Kind, NetError, Network, Transport, TransportError};
use ringshare::protocol::Party;
use ringshare::ring::Z2;
use ringshare::share::Share;
use ringshare::sim::Simulation;

use super::meshes::streams;
use super::{Authority, accept, any, end, limits};

/// The two ends of a link whose readers wait for half a second.
fn link(authority: Option<&Authority>) -> [Link; 2] {
    let mut limits = limits();
    limits.idle = Duration::from_millis(500);
    let listener = end(Role::Party(0), 2, authority).limits(limits).listen(&any()).unwrap();
    let one =
        end(Role::Party(1), 2, authority).limits(limits).dial(&listener.address(), Role::Party(0)).unwrap();
    [accept(&listener), one]
}

#[test]
fn what_was_written_comes_though_both_ends_are_dropped_with_much_unread() {
    let authority = Authority::new();
    for authority in [None, Some(&authority)] {
        let [zero, one] = link(authority);
        let ((mut reader, mut unread), (mut never_reads, mut writer)) = (zero.into_parts(), one.into_parts());
        unread.write_all(&[7; 50_000]).unwrap();
        unread.flush().unwrap();
        never_reads.read_exact(&mut [0; 1]).unwrap();
        let sent: Vec<u8> = (0..1_000_000u32).map(|i| (i % 251) as u8).collect();
        let copy = sent.clone();
        let write = thread::spawn(move || {
            writer.write_all(&copy).unwrap();
            // Its reader is closed with bytes that came and were not read.
            drop(never_reads);
            drop(writer);
        });
        thread::sleep(Duration::from_millis(100));
        let mut came = Vec::new();
        reader.read_to_end(&mut came).unwrap();
        write.join().unwrap();
        assert!(came == sent);
    }
}

#[test]
fn a_write_to_a_peer_that_takes_nothing_fails_when_its_time_is_over() {
    let authority = Authority::new();
    for authority in [None, Some(&authority)] {
        let [zero, one] = link(authority);
        let ((_never_reads, _), (_, mut writer)) = (zero.into_parts(), one.into_parts());
        let begun = Instant::now();
        writer.set_until(begun + Duration::from_millis(300));
        // More than sockets hold.
        let error = writer.write_all(&vec![0; 64 << 20]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(writer);
        assert!((300..5000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    }
}

#[test]
fn an_abort_over_tls_leaves_its_reason() {
    let authority = Authority::new();
    let program = |party: &mut Party| {
        let x = Share::<Z2<16>>::zeros(100_000);
        for step in 0..3 {
            if party.id() == 1 && step == 2 {
                drop(party.multiply(&x, &Share::zeros(1))?);
            }
            party.open(&x)?;
        }
        Ok(())
    };
    for authority in [None, Some(&authority)] {
        let ends = streams(3, authority);
        let results = Simulation::new(3).run_over(ends, &Default::default(), program);
        let own = results[1].as_ref().unwrap_err();
        for peer in [0, 2] {
            let error = results[peer].as_ref().unwrap_err();
            assert_eq!(error.to_string(), format!("party 1 failed: {own}"));
        }
    }
}

#[test]
fn a_reason_left_before_a_party_went_away_is_found() {
    let authority = Authority::new();
    for authority in [None, Some(&authority)] {
        let mut ends = streams(2, authority);
        let mut one = Network::new(ends.remove(1), 1, 2, 1).unwrap();
        let mut zero = Network::new(ends.remove(0), 0, 2, 1).unwrap();
        zero.send(1, Kind::Open, &[7; 1000]).unwrap();
        one.send(0, Kind::Open, &[7; 1000]).unwrap();
        one.abort("why");
        drop(one);
        let error = loop {
            if let Err(error) = zero.send(1, Kind::Open, &[1]) {
                break error;
            }
            thread::sleep(Duration::from_millis(5));
        };
        assert!(matches!(&error, NetError::Aborted { peer: 1, reason, .. } if reason == "why"), "{error}");
    }
}

#[test]
fn a_silent_peer_and_a_cut_connection_are_noticed() {
    let authority = Authority::new();
    for authority in [None, Some(&authority)] {
        let [mut zero, one] = link(authority);
        let begun = Instant::now();
        let (mut reader, _writer) = {
            zero.set_idle(Duration::from_millis(200)).unwrap();
            zero.into_parts()
        };
        let error = reader.read(&mut [0]).unwrap_err();
        assert_eq!(TransportError::kind(&error), ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(3));
        // A read may be tried again.
        let (_keep, mut writer) = one.into_parts();
        writer.write_all(&[5]).unwrap();
        writer.flush().unwrap();
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        assert_eq!(byte, [5]);
    }
    let mut ends = streams(2, Some(&authority));
    drop(ends.remove(1));
    let begun = Instant::now();
    let error = ends[0].recv_payload(1, &mut [0; 8]).unwrap_err();
    assert_eq!(TransportError::kind(&error), ErrorKind::Closed);
    assert!(begun.elapsed() < Duration::from_secs(3));
}

/// Passes on what goes through two connections to an address, and gives a handle of every socket.
fn wire(to: String) -> (Address, thread::JoinHandle<Vec<TcpStream>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap().to_string());
    let pass = move || {
        let mut sockets = Vec::new();
        for _ in 0..2 {
            let (near, _) = listener.accept().unwrap();
            let far = TcpStream::connect(&to).unwrap();
            for (from, to) in [(&near, &far), (&far, &near)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                thread::spawn(move || io::copy(&mut from, &mut to));
            }
            sockets.extend([near, far]);
        }
        sockets
    };
    (address, thread::spawn(pass))
}

#[test]
fn a_connection_that_is_cut_is_an_error_and_what_came_before_is_read() {
    let authority = Authority::new();
    let listener = end(Role::Party(0), 2, Some(&authority)).listen(&any()).unwrap();
    let (address, wire) = wire(listener.address().to_string());
    let one = end(Role::Party(1), 2, Some(&authority)).dial(&address, Role::Party(0)).unwrap();
    let (mut reader, _writer) = accept(&listener).into_parts();
    let (_reader, mut writer) = one.into_parts();
    writer.write_all(&[7; 1000]).unwrap();
    writer.flush().unwrap();
    let mut byte = [0];
    reader.read_exact(&mut byte).unwrap();
    for socket in wire.join().unwrap() {
        // As a process that is killed: without the end that TLS has of its own.
        socket.shutdown(Shutdown::Both).unwrap();
    }
    let mut came = Vec::new();
    let error = reader.read_to_end(&mut came).unwrap_err();
    assert_eq!(came, [7; 999]);
    assert_eq!(TransportError::kind(&error), ErrorKind::Closed);
    assert_eq!(error.to_string(), "the peer went away without closing");
}
