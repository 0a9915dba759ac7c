//! Links between processes: meshes in any order of starting, refusals with their reasons, and strangers at the door.

mod authority;
mod certificates;
mod closing;
mod hello;
mod meshes;
mod random;
mod strangers;
mod terms;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use authority::Authority;
use ringshare::net::link::{Address, End, Limits, Link, LinkError, Listener, Role, Terms};

const SESSION: u64 = 5;

fn terms(parties: usize) -> Terms {
    let digests = vec![("architecture".into(), [1; 32]), ("recipe".into(), [2; 32])];
    Terms { session: SESSION, parties, digests, note: Vec::new() }
}

fn limits() -> Limits {
    let handshake = Duration::from_secs(5);
    Limits { connect: Duration::from_secs(20), handshake, ..Limits::default() }
}

/// An end, with TLS if there is an authority.
fn end(role: Role, parties: usize, authority: Option<&Authority>) -> End {
    let end = End::new(role, terms(parties)).limits(limits());
    match authority {
        Some(authority) => end.identity(authority.identity(role)),
        None => end,
    }
}

/// Any free port of this machine.
fn any() -> Address {
    "127.0.0.1:0".parse().unwrap()
}

/// An address at which nobody listens yet: a port below those that the system gives away, and far from those of other
/// processes of these tests.
fn later() -> Address {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let offset = std::process::id().wrapping_mul(199).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let address = format!("127.0.0.1:{}", 11_000 + offset % 20_000);
        if std::net::TcpListener::bind(&address).is_ok() {
            return Address::Tcp(address);
        }
    }
}

/// The next link that a listener takes.
fn accept(listener: &Listener) -> Link {
    listener.accept(Duration::from_secs(20)).unwrap().expect("a link")
}

/// What both ends say where the one that dials is refused, or refuses.
fn refusal(dials: &End, listens: &End) -> [String; 2] {
    let listener = listens.listen(&any()).unwrap();
    let error = dials.dial(&listener.address(), listens.role()).unwrap_err();
    [error.to_string(), refused(&listener)]
}

/// The first refusal of a listener.
fn refused(listener: &Listener) -> String {
    for _ in 0..2000 {
        if let Some(error) = listener.refused().first() {
            return error.to_string();
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("nobody was refused");
}

/// What is said after the peer's name and address.
fn reason(error: &LinkError) -> String {
    after(&error.to_string())
}

fn after(text: &str) -> String {
    text.split_once(": ").map_or(text, |(_, reason)| reason).into()
}
