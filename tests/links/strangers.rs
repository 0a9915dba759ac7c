//! Strangers who send nothing, little, or other things, keep nobody out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use ringshare::net::link::{Hello, Role};

use super::random::Random;
use super::{Authority, accept, any, end, limits, terms};

const SHORT: Duration = Duration::from_millis(500);

#[test]
fn who_sends_nothing_or_drips_is_dropped_in_time_and_keeps_nobody_out() {
    let authority = Authority::new();
    for authority in [None, Some(&authority)] {
        let mut short = limits();
        short.handshake = SHORT;
        let listener = end(Role::Party(0), 2, authority).limits(short).listen(&any()).unwrap();
        let connect = || TcpStream::connect(listener.address().to_string()).unwrap();
        let begun = Instant::now();
        let mut silent = connect();
        let mut drips = connect();
        // A hello, or the first record of TLS, byte by byte.
        let hello = Hello {
            terms: terms(2),
            role: Role::Party(1),
            peer: Role::Party(0),
            token: [0; 16],
            back: false,
        };
        let bytes = if authority.is_some() { vec![0x16, 3, 1, 0x3f, 0, 1, 0, 0x3e] } else { hello.write() };
        let drip = thread::spawn(move || {
            for byte in bytes.iter().cycle() {
                if drips.write_all(&[*byte]).is_err() || begun.elapsed() > Duration::from_secs(10) {
                    break;
                }
                thread::sleep(Duration::from_millis(50));
            }
            begun.elapsed()
        });
        end(Role::Party(1), 2, authority).dial(&listener.address(), Role::Party(0)).unwrap();
        accept(&listener);
        // Ended, or reset.
        silent.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let _ = silent.read(&mut [0; 64]);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert!(drip.join().unwrap() < Duration::from_secs(5));
        let refused = listener.refused();
        assert_eq!(refused.len(), 2, "{refused:?}");
    }
}

#[test]
fn many_silent_strangers_keep_nobody_out() {
    let authority = Authority::new();
    for authority in [None, Some(&authority)] {
        let listener = end(Role::Party(0), 2, authority).listen(&any()).unwrap();
        let connect = || TcpStream::connect(listener.address().to_string()).unwrap();
        let _silent: Vec<_> = (0..100).map(|_| connect()).collect();
        let begun = Instant::now();
        end(Role::Party(1), 2, authority).dial(&listener.address(), Role::Party(0)).unwrap();
        accept(&listener);
        assert!(begun.elapsed() < limits().handshake, "{:?}", begun.elapsed());
        let oldest = listener.refused().remove(0).to_string();
        assert!(oldest.ends_with("dropped for another, since too many came at once"), "{oldest}");
    }
}

#[test]
fn a_half_without_the_other_is_dropped() {
    let mut short = limits();
    short.handshake = SHORT;
    let listener = end(Role::Party(0), 2, None).limits(short).listen(&any()).unwrap();
    let mut stream = TcpStream::connect(listener.address().to_string()).unwrap();
    let hello =
        Hello { terms: terms(2), role: Role::Party(1), peer: Role::Party(0), token: [9; 16], back: false };
    stream.write_all(&hello.write()).unwrap();
    // A welcome without a body.
    stream.write_all(b"ringlink\x01\x03\0\0").unwrap();
    let mut came = Vec::new();
    stream.read_to_end(&mut came).unwrap();
    let answer = Hello::read(&came).unwrap();
    assert_eq!((answer.role, answer.peer, answer.token), (Role::Party(0), Role::Party(1), [9; 16]));
    let text = super::refused(&listener);
    assert!(text.ends_with("the link's second connection did not come within 500ms"), "{text}");
    // The role is still free.
    end(Role::Party(1), 2, None).dial(&listener.address(), Role::Party(0)).unwrap();
}

#[test]
fn any_bytes_are_refused_and_keep_nobody_out() {
    let authority = Authority::new();
    let mut random = Random(3);
    for authority in [None, Some(&authority)] {
        let listener = end(Role::Party(0), 2, authority).listen(&any()).unwrap();
        for len in [1, 12, 100, 100_000] {
            let mut stream = TcpStream::connect(listener.address().to_string()).unwrap();
            // Who has been refused can't write.
            let _ = stream.write_all(&random.bytes(len));
        }
        // A head of the longest body, and none.
        let mut stream = TcpStream::connect(listener.address().to_string()).unwrap();
        stream.write_all(b"ringlink\x01\x01\xff\xff").unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
        end(Role::Party(1), 2, authority).dial(&listener.address(), Role::Party(0)).unwrap();
        accept(&listener);
    }
}
