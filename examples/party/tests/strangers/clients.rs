//! Clients with good certificates who keep to no manners: others are served none the worse.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use party::wire::{HEADER, Header, Status};
use ringshare::net::link::Role;

use super::frames::{header, request};
use super::random::Random;
use super::session::{BATCH, LIMIT, PATIENCE, Session};

/// An honest client's images take no longer beside any of these.
const SOON: Duration = Duration::from_secs(10);

/// Keeps asking at these parties alone, for so many images at each, until somebody hangs up or the time is over.
fn ask(session: &Session, id: u32, parties: &[(usize, u32)], until: Instant) -> u64 {
    let mut writers: Vec<_> = parties
        .iter()
        .map(|&(party, rows)| {
            let (mut reader, mut writer) = session.client(id, party).into_parts();
            writer.set_until(until);
            reader.set_idle(Duration::from_millis(100)).unwrap();
            // Takes its replies, so that nothing but what it asks is in the way.
            thread::spawn(
                move || while Instant::now() < until && reader.read(&mut [0; 4096]).unwrap_or(1) > 0 {},
            );
            (party, rows, writer)
        })
        .collect();
    let (mut random, mut number) = (Random(id.into()), 0);
    while Instant::now() < until {
        number += 1;
        for (party, rows, writer) in &mut writers {
            let frame = request(session, *party, *rows, number, &mut random);
            if writer.write_all(&frame).and_then(|()| writer.flush()).is_err() {
                return number;
            }
        }
    }
    number
}

#[test]
fn shares_at_some_parties_alone_hold_nobody_up() {
    let session = Session::start("some", 4);
    let images = session.images(128, 11);
    let until = Instant::now() + Duration::from_secs(8);
    thread::scope(|scope| {
        scope.spawn(|| ask(&session, 2, &[(0, BATCH as u32)], until));
        scope.spawn(|| ask(&session, 3, &[(1, 1)], until));
        // At both, but not of the same length.
        scope.spawn(|| ask(&session, 4, &[(1, 1), (0, 2)], until));
        thread::sleep(Duration::from_secs(1));
        let took = session.classify(1, &images);
        assert!(took < SOON, "{took:?}");
        while Instant::now() < until {
            assert!(session.classify(1, &images) < SOON);
        }
    });
    session.said(1, "client-3: more than 4096 requests wait");
    session.stop();
}

#[test]
fn a_client_that_asks_in_vain_while_nobody_else_asks_ends_nobody() {
    let session = Session::start("alone", 2);
    let until = Instant::now() + Duration::from_secs(4 * PATIENCE + 2);
    ask(&session, 2, &[(0, 1)], until);
    assert!(session.classify(1, &session.images(32, 5)) < SOON);
    session.stop();
}

#[test]
fn a_client_that_floods_leaves_the_others_their_part() {
    let session = Session::start("flood", 3);
    let images = session.images(128, 13);
    let until = Instant::now() + Duration::from_secs(6);
    thread::scope(|scope| {
        let flood = scope.spawn(|| ask(&session, 2, &[(1, 1), (0, 1)], until));
        scope.spawn(|| ask(&session, 3, &[(0, BATCH as u32), (1, BATCH as u32)], until));
        thread::sleep(Duration::from_secs(1));
        assert!(session.classify(1, &images) < SOON);
        assert!(flood.join().unwrap() > 500);
    });
    session.classify(2, &images);
    session.stop();
}

#[test]
fn shares_that_never_come_everywhere_are_given_up_with_a_word() {
    let session = Session::start("missing", 1);
    let (mut reader, mut writer) = session.client(1, 0).into_parts();
    writer.write_all(&request(&session, 0, 2, 5, &mut Random(1))).unwrap();
    writer.flush().unwrap();
    let mut reply = [0; HEADER];
    let begun = Instant::now();
    reader.read_exact(&mut reply).unwrap();
    let reply = Header::read(&reply).unwrap();
    assert_eq!((Status::of(reply.small & 0xff), reply.large), (Some(Status::Missing), 5));
    assert!((1..10).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    session.stop();
}

#[test]
fn a_client_that_takes_no_replies_is_hung_up_on() {
    let session = Session::start_unix("takes-none", 2);
    let images = session.images(64, 17);
    let threads = session.threads(0);
    let watch = session.watch(Duration::from_millis(50));
    // "Busy", mostly: more than a link holds.
    let (_reader, mut writer) = session.client(2, 0).into_parts();
    writer.set_until(Instant::now() + LIMIT);
    let begun = Instant::now();
    let mut random = Random(19);
    let mut number = 0;
    while writer.write_all(&request(&session, 0, 16, number, &mut random)).is_ok() {
        number += 1;
        assert!(begun.elapsed() < LIMIT, "{number} requests, and nobody hung up");
        if number == 500 {
            assert!(session.classify(1, &images) < SOON);
        }
    }
    session.said(0, "client-2: ");
    assert!(watch.most() < 64 << 20);
    assert!(session.classify(1, &images) < SOON);
    ends(&session, 0, threads);
    session.stop();
}

#[test]
fn a_client_that_drips_is_hung_up_on_and_holds_nobody_up() {
    let session = Session::start("drips", 2);
    let images = session.images(64, 23);
    thread::scope(|scope| {
        for party in 0..2 {
            let session = &session;
            scope.spawn(move || {
                let (_reader, mut writer) = session.client(2, party).into_parts();
                let begun = Instant::now();
                for byte in header(1, 1).iter().chain(&[0; 1000]) {
                    if writer.write_all(&[*byte]).and_then(|()| writer.flush()).is_err() {
                        break;
                    }
                    thread::sleep(Duration::from_millis(500));
                }
                assert!(begun.elapsed() < LIMIT / 2, "{:?}", begun.elapsed());
            });
        }
        assert!(session.classify(1, &images) < SOON);
    });
    for party in 0..2 {
        session.said(party, "client-2: expected the rest of a frame within 5s");
    }
    session.stop();
}

#[test]
fn links_of_one_client_leave_no_threads_behind() {
    let session = Session::start("links", 2);
    let threads = session.threads(0);
    let role = Role::Client(2);
    // Every link replaces the last, and none is closed by the client.
    let held: Vec<_> = (0..60).map(|_| session.link(0, role, &session.config.keys, role).unwrap()).collect();
    session.said(0, "client-2: refused, since 4 links of it are open");
    assert!(session.threads(0) <= threads + 10, "{} threads, {threads} before", session.threads(0));
    assert!(session.classify(1, &session.images(16, 29)) < SOON);
    drop(held);
    ends(&session, 0, threads);
    session.stop();
}

/// The threads of a party come back to about so many.
fn ends(session: &Session, party: usize, threads: usize) {
    let until = Instant::now() + LIMIT / 2;
    while session.threads(party) > threads + 2 {
        assert!(Instant::now() < until, "{} threads, {threads} before", session.threads(party));
        thread::sleep(Duration::from_millis(50));
    }
}
