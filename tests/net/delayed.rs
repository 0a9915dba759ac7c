//! A mesh with delays and rates: no frame comes early, none is changed, and nobody waits who need not.
#![cfg(feature = "std")]

use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use ringshare::net::{Counting, Delayed, Fault, Faults, Link, Memory, MemoryError, Transport};
use ringshare::ring::Z2;
use ringshare::sim::Simulation;

const PATIENCE: Duration = Duration::from_secs(60);
/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn link(delay_ms: u64, rate: u64) -> Link {
    Link { delay: millis(delay_ms), rate: NonZeroU64::new(rate) }
}

/// Receives a frame, which must be as long as `frame`.
fn receive<T: Transport>(end: &mut T, from: usize, frame: &mut [u8]) -> Result<(), T::Error> {
    let (header, payload) = frame.split_first_chunk_mut().unwrap();
    end.recv_header(from, header)?;
    end.recv_payload(from, payload)
}

/// Two peers with the same link both ways.
fn pair(link: Link) -> [Delayed<Memory>; 2] {
    Delayed::mesh(Memory::mesh(2, PATIENCE), |_, _| link).try_into().unwrap()
}

#[test]
fn a_round_trip_takes_both_delays_at_least() {
    let delays = [millis(30), millis(50)];
    let between = |from: usize, _| Link { delay: delays[from], rate: None };
    let ends: [_; 2] = Delayed::mesh(Memory::mesh(2, PATIENCE), between).try_into().unwrap();
    let [mut here, mut there] = ends;
    let begun = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut frame = [0; 35];
            receive(&mut there, 0, &mut frame).unwrap();
            assert!(begun.elapsed() >= delays[0]);
            there.send(0, &frame).unwrap();
        });
        let mut frame = [0; 35];
        here.send(1, &[3; 35]).unwrap();
        receive(&mut here, 1, &mut frame).unwrap();
        assert_eq!(frame, [3; 35]);
    });
    assert!(begun.elapsed() >= delays[0] + delays[1]);
}

#[test]
fn frames_over_one_link_add_up_and_their_delays_overlap() {
    // 1000 bytes take 1 ms.
    let [mut here, mut there] = pair(link(200, 8_000_000));
    let begun = Instant::now();
    for _ in 0..50 {
        here.send(1, &[7; 1000]).unwrap();
    }
    let mut frame = [0; 1000];
    for sent in 1..=50 {
        receive(&mut there, 0, &mut frame).unwrap();
        assert!(begun.elapsed() >= millis(200 + sent), "frame {sent} after {:?}", begun.elapsed());
    }
    // One delay after the other would take ten seconds.
    assert!(begun.elapsed() < millis(5000), "{:?}", begun.elapsed());
}

#[test]
fn a_link_that_was_idle_saves_no_time_up() {
    let [mut here, mut there] = pair(link(0, 8_000_000));
    thread::sleep(millis(60));
    let begun = Instant::now();
    here.send(1, &[7; 50_000]).unwrap();
    receive(&mut there, 0, &mut [0; 50_000]).unwrap();
    assert!(begun.elapsed() >= millis(50));
}

#[test]
fn sending_never_waits_and_links_share_nothing() {
    // Over the slow link a frame takes 1000 seconds.
    let slow = |from, to| if (from, to) == (0, 1) { link(0, 8) } else { Link::default() };
    let mut ends = Delayed::mesh(Memory::mesh(3, PATIENCE), slow);
    let begun = Instant::now();
    for to in [1, 1, 2] {
        ends[0].send(to, &[9; 1000]).unwrap();
    }
    ends[1].send(0, &[8; 1000]).unwrap();
    for (at, from, value) in [(2, 0, 9), (0, 1, 8)] {
        let mut frame = [0; 1000];
        receive(&mut ends[at], from, &mut frame).unwrap();
        assert_eq!(frame, [value; 1000]);
    }
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
}

#[test]
fn no_delay_and_any_rate_add_nothing() {
    let [mut here, mut there] = pair(Link::default());
    let begun = Instant::now();
    let mut frame = vec![0; 10_000];
    for round in 0..1000 {
        here.send(1, &vec![round as u8; 10_000]).unwrap();
        receive(&mut there, 0, &mut frame).unwrap();
        assert!(frame.iter().all(|&byte| byte == round as u8));
    }
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
}

#[test]
fn transmissions_are_rounded_up_and_no_length_overflows() {
    let nanos = |rate, bytes| link(0, rate).transmission(bytes).as_nanos();
    assert_eq!(nanos(3_000_000_000, 1), 3);
    assert_eq!(nanos(1_000_000_000, 1 << 40), 8 << 40);
    assert_eq!(nanos(0, usize::MAX), 0);
    assert_eq!(nanos(1, usize::MAX), u64::MAX.into());
}

#[test]
fn what_the_inner_transport_refuses_stays_refused() {
    let [mut here, mut there] = pair(link(1, 1000));
    assert_eq!(here.send(2, &[1]), Err(MemoryError::NoPeer { peer: 2, peers: 2 }));
    assert_eq!(here.recv_header(7, &mut [1; 32]), Err(MemoryError::NoPeer { peer: 7, peers: 2 }));
    here.send(1, &[1, 2]).unwrap();
    here.send(1, &[1; 35]).unwrap();
    let short = MemoryError::Length { expected: 32, found: 2 };
    assert_eq!(receive(&mut there, 0, &mut [0; 35]), Err(short));
    let long = MemoryError::Length { expected: 34, found: 35 };
    assert_eq!(receive(&mut there, 0, &mut [0; 34]), Err(long));
    drop(here);
    assert_eq!(receive(&mut there, 0, &mut [0; 35]), Err(MemoryError::Closed));
    assert_eq!(there.send(0, &[1]), Err(MemoryError::Closed));
}

#[test]
fn a_frame_that_comes_twice_is_not_waited_for_twice() {
    let twice = |end| Faults::new(end, Fault::Duplicate, 0);
    let ends = Memory::mesh(2, PATIENCE).into_iter().map(twice).collect();
    let mut ends = Delayed::mesh(ends, |_, _| link(10, 0));
    ends[0].send(1, &[5; 33]).unwrap();
    for _ in 0..2 {
        let mut frame = [0; 33];
        receive(&mut ends[1], 0, &mut frame).unwrap();
        assert_eq!(frame, [5; 33]);
    }
}

#[test]
fn parties_find_the_same_over_slow_links_and_wait_for_every_round() {
    let simulation = Simulation::new(3);
    let values: Vec<u16> = (0..100).map(|i: u16| i.wrapping_mul(997)).collect();
    fn compare(
        party: &mut ringshare::protocol::Party,
        values: &[u16],
    ) -> Result<Vec<u8>, ringshare::protocol::Error> {
        let x = party.input::<Z2<14>>(0, values.len(), (party.id() == 0).then_some(values))?;
        let negative = party.negative::<_, Z2<8>>(&x, 14)?;
        party.open(&negative)
    }
    let dry = simulation.dry_run(|party: &mut ringshare::protocol::Party| compare(party, &values));
    let dry = dry.unwrap();
    let between = |from, to| if from < 3 && to < 3 { link(10, 100_000_000) } else { Link::default() };
    let ends = Delayed::mesh(Memory::mesh(4, PATIENCE), between).into_iter().map(Counting::new).collect();
    let begun = Instant::now();
    let results = simulation.run_over(ends, &dry.recipe, |party| {
        let begun = Instant::now();
        let found = compare(party, &values)?;
        // Frames of the second round are sent after this party's of the first, and so on.
        assert!(begun.elapsed() >= millis(10) * dry.rounds);
        Ok(found)
    });
    // The last round, in which the parties tell each other that they have finished, is one more.
    assert!(begun.elapsed() >= millis(10) * (dry.rounds + 1));
    let expected: Vec<u8> = values.iter().map(|value| (value >> 13 & 1) as u8).collect();
    for result in &results[..3] {
        assert_eq!(result.as_ref().unwrap().as_ref(), Some(&expected));
    }
}
