//! The relay that stands for links: its delay, its rate, and that it ends.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use party::relay::{self, Shape, Way};

const LIMIT: Duration = Duration::from_secs(30);

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn bytes_take_the_delay_and_no_more_than_the_rate() {
    let far = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = free();
    let way: Way = format!("{near}={}", far.local_addr().unwrap()).parse().unwrap();
    // A megabyte a second.
    let shape = Shape { delay: Duration::from_millis(100), rate: 1e6 };
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let relay = thread::spawn(move || relay::run(&[way], shape, LIMIT, &stopped));
    let begun = Instant::now();
    let mut one = loop {
        match TcpStream::connect(near) {
            Ok(one) => break one,
            Err(error) => assert!(begun.elapsed() < LIMIT, "{error}"),
        }
    };
    let (mut other, _) = far.accept().unwrap();
    for end in [&one, &other] {
        end.set_read_timeout(Some(LIMIT)).unwrap();
    }
    let begun = Instant::now();
    one.write_all(&[1]).unwrap();
    other.read_exact(&mut [0]).unwrap();
    assert!(begun.elapsed() >= shape.delay);
    other.write_all(&[2]).unwrap();
    one.read_exact(&mut [0]).unwrap();
    assert!(begun.elapsed() >= 2 * shape.delay);

    let bytes: Vec<u8> = (0..300_000).map(|i| (i % 251) as u8).collect();
    let (begun, mut found) = (Instant::now(), Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            one.write_all(&bytes).unwrap();
            one.shutdown(std::net::Shutdown::Write).unwrap();
        });
        other.read_to_end(&mut found).unwrap();
    });
    assert!(found == bytes, "other bytes");
    // The transmission of all, and one delay: delays of pieces overlap.
    assert!(begun.elapsed() >= Duration::from_millis(400));
    stop.store(true, Ordering::Relaxed);
    relay.join().unwrap().unwrap();
}

#[test]
fn ways_name_two_addresses() {
    assert!("127.0.0.1:1=127.0.0.1:2".parse::<Way>().is_ok());
    for wrong in ["", "127.0.0.1:1", "127.0.0.1=127.0.0.1:2", "a:1=b:2"] {
        assert!(wrong.parse::<Way>().is_err(), "{wrong}");
    }
}
