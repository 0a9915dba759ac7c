//! Frames of a client with a good certificate: random, mutated, oversize, and replayed.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use party::wire::{HEADER, Header, Kind, SEED};

use super::random::Random;
use super::session::{BATCH, LIMIT, Session, WIDTH};

const FRAMES: usize = 100_000;
/// The parties may never have more.
const MEMORY: u64 = 64 << 20;

pub(crate) fn header(rows: u32, number: u64) -> [u8; HEADER] {
    Header { kind: Kind::Request, small: rows, large: number }.write()
}

/// A request as a party expects it, of random shares.
pub(crate) fn request(
    session: &Session,
    party: usize,
    rows: u32,
    number: u64,
    random: &mut Random,
) -> Vec<u8> {
    let word = session.program.public.ring() as usize / 8;
    let len = if party == 0 { rows as usize * WIDTH * word } else { SEED };
    let mut out = header(rows, number).to_vec();
    out.extend(random.bytes(len));
    out
}

/// Frames that are right for a while, and then not. Returns how many.
fn connection(session: &Session, id: u32, party: usize, random: &mut Random) -> usize {
    let (_reader, mut writer) = session.client(id, party).into_parts();
    writer.set_until(Instant::now() + LIMIT);
    let good = random.below(800);
    for sent in 0..=good {
        let rows = 1 + random.below(BATCH) as u32;
        let mut frame = request(session, party, rows, random.word(), random);
        if sent == good {
            match random.below(4) {
                0 => frame[random.below(8)] ^= 1 << random.below(8),
                1 => {
                    frame[4..8].copy_from_slice(&(BATCH as u32 + 1 + random.word() as u32 / 2).to_le_bytes())
                }
                2 => frame[4..8].fill(0),
                _ => drop(frame.drain(..random.below(HEADER))),
            }
        }
        // The party may have hung up: too many wait.
        if writer.write_all(&frame).and_then(|()| writer.flush()).is_err() {
            return sent + 1;
        }
    }
    good + 1
}

#[test]
fn a_hundred_thousand_frames_of_strangers_harm_nobody() {
    let session = Session::start("frames", 5);
    let images = session.images(96, 5);
    let alone = session.classify(1, &images);
    let watch = session.watch(Duration::from_millis(50));
    let (sent, connections) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut slowest = Duration::ZERO;
    thread::scope(|scope| {
        for (id, party) in (2..6).zip([0, 1, 0, 1]) {
            let (session, sent, connections) = (&session, &sent, &connections);
            scope.spawn(move || {
                let mut random = Random(u64::from(id));
                while sent.load(Ordering::Relaxed) < FRAMES {
                    sent.fetch_add(connection(session, id, party, &mut random), Ordering::Relaxed);
                    connections.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while sent.load(Ordering::Relaxed) < FRAMES {
            slowest = slowest.max(session.classify(1, &images));
        }
    });
    let most = watch.most();
    println!("alone {alone:?}, slowest {slowest:?}, {connections:?} connections, at most {most} bytes");
    assert!(slowest < LIMIT / 3 && slowest > Duration::ZERO, "{slowest:?}");
    assert!(most < MEMORY, "{most}");
    assert!(connections.into_inner() > 50);
    for party in 0..2 {
        session.said(party, &format!("images: expected 1 to {BATCH}"));
        session.said(party, "expected a Request, found other bytes");
        let lines = session.log(&format!("party-{party}")).lines().count();
        assert!(lines < 600, "party {party} said {lines} lines");
    }
    session.classify(2, &images);
    session.stop();
}

#[test]
fn a_number_that_comes_twice_ends_the_link() {
    let session = Session::start("twice", 2);
    let mut random = Random(7);
    for party in 0..2 {
        let (_reader, mut writer) = session.client(2, party).into_parts();
        // Nothing is at the other party, so it waits.
        for _ in 0..2 {
            writer.write_all(&request(&session, party, 3, 42, &mut random)).unwrap();
        }
        writer.flush().unwrap();
        session.said(party, "client-2: request 42 came twice");
    }
    session.classify(1, &session.images(8, 9));
    session.stop();
}
