//! A day's worth in small: clients that stream images for a while, and memory that stays as it is.

use std::thread;
use std::time::{Duration, Instant};

use super::session::Session;

const CLIENTS: u32 = 4;

/// Streams so many images of each client, some at a time. Memory of every party at the end is that after the first part, give or take
/// so many per cent.
fn soak(name: &str, images: usize, percent: u64, every: Duration) {
    let session = Session::start(name, CLIENTS);
    let each: Vec<_> = (0..CLIENTS).map(|client| session.images(images, client.into())).collect();
    let watch = session.watch(every);
    let begun = Instant::now();
    thread::scope(|scope| {
        for (client, images) in (1..).zip(&each) {
            let session = &session;
            scope.spawn(move || session.classify(client, images));
        }
    });
    let took = begun.elapsed();
    let samples = watch.end();
    let warm = samples.len() / 4;
    for party in 0..2 {
        let of_party: Vec<u64> = samples[warm..].iter().map(|sample| sample[party]).collect();
        let (least, most) = (of_party.iter().min().unwrap(), of_party.iter().max().unwrap());
        println!("party {party}: {least} to {most} bytes in {} samples, {took:?}", of_party.len());
        assert!(most - least <= most * percent / 100, "party {party}: {least} to {most} bytes");
    }
    session.stop();
}

#[test]
fn memory_stays_as_it_is() {
    soak("soak", 2_000, 15, Duration::from_millis(50));
}

#[test]
#[ignore = "takes minutes"]
fn memory_stays_as_it_is_for_long() {
    soak("soak-long", 100_000, 5, Duration::from_secs(1));
}
