//! A relay that stands for a network: what comes on a link goes on after a delay, and no faster than the link allows.
//!
//! A link is between two hosts. Both of its directions have the same rate, each shared by all connections of the link. A piece of b bytes
//! that comes at time t over a link of rate w and one-way delay d has left at f = max(t, f') + b/w, where f' is when the piece before it
//! had left, and is there at f + d. The relay ends the connections itself, so TCP's own slow start does not meet the delay: what is
//! measured is the program.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// Bytes that go on together.
const PIECE: usize = 4096;
/// Pieces on their way in one direction of a connection.
const PIECES: usize = 4096;
/// What may wait to leave, before its sender has to.
const BACKLOG: Duration = Duration::from_millis(50);
/// How long a connection is tried.
const CONNECT: Duration = Duration::from_secs(5);

/// Where connections come to and where they go on to: "10.0.0.1:7000=10.0.1.2:7000".
#[derive(Clone, Copy, Debug)]
pub struct Way {
    from: SocketAddr,
    to: SocketAddr,
}

impl FromStr for Way {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once('=').ok_or("expected ADDRESS=ADDRESS")?;
        let address = |text: &str| text.parse().map_err(|e| format!("address {text:?}: {e}"));
        Ok(Self { from: address(from)?, to: address(to)? })
    }
}

/// What every link is like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// One-way delay.
    pub delay: Duration,
    /// Bytes a second in each direction.
    pub rate: f64,
}

/// A direction of a link: when the last piece will have left.
#[derive(Clone)]
struct Lane {
    shape: Shape,
    free: Arc<Mutex<Instant>>,
}

impl Lane {
    fn new(shape: Shape) -> Self {
        Self { shape, free: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Takes a piece: when it has left.
    fn leave(&self, bytes: usize) -> Instant {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.max(Instant::now()) + Duration::from_secs_f64(bytes as f64 / self.shape.rate);
        *free
    }
}

/// Relays until it is told to stop, or `limit` has passed.
///
/// # Errors
/// An address that can't be listened at.
pub fn run(ways: &[Way], shape: Shape, limit: Duration, stop: &Arc<AtomicBool>) -> Result<(), Error> {
    for way in ways {
        let listener = TcpListener::bind(way.from).map_err(|e| Error::Other(format!("{}: {e}", way.from)))?;
        let (to, lanes) = (way.to, [Lane::new(shape), Lane::new(shape)]);
        spawn(move || take_in(&listener, to, &lanes))?;
    }
    let until = Instant::now() + limit;
    while !stop.load(Ordering::Relaxed) && Instant::now() < until {
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn spawn(run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let spawned = thread::Builder::new().spawn(run);
    spawned.map(drop).map_err(|e| Error::Other(format!("a thread: {e}")))
}

/// Takes connections until the process ends. One whose other side is not there is closed: whoever dialled tries again.
fn take_in(listener: &TcpListener, to: SocketAddr, lanes: &[Lane; 2]) {
    for near in listener.incoming().flatten() {
        let Ok(far) = TcpStream::connect_timeout(&to, CONNECT) else { continue };
        if let Err(error) = join(&near, &far, lanes) {
            eprintln!("{to}: {error}");
        }
    }
}

fn join(near: &TcpStream, far: &TcpStream, [there, back]: &[Lane; 2]) -> io::Result<()> {
    for (lane, from, to) in [(there, near, far), (back, far, near)] {
        to.set_nodelay(true)?;
        let (mut from, mut to, lane) = (from.try_clone()?, to.try_clone()?, lane.clone());
        let (sender, pieces) = sync_channel::<(Instant, Vec<u8>)>(PIECES);
        let read = move || {
            let mut bytes = [0; PIECE];
            while let Ok(read @ 1..) = from.read(&mut bytes) {
                let left = lane.leave(read);
                if sender.send((left + lane.shape.delay, bytes[..read].to_vec())).is_err() {
                    break;
                }
                let backlog = left.saturating_duration_since(Instant::now());
                thread::sleep(backlog.saturating_sub(BACKLOG));
            }
            // The end of a connection takes its time as well.
            drop(sender.send((lane.leave(0) + lane.shape.delay, Vec::new())));
        };
        let write = move || {
            // Whoever is gone is noticed by both ends.
            let _ = write_all(&mut to, pieces);
            let _ = to.shutdown(Shutdown::Write);
        };
        thread::Builder::new().spawn(read)?;
        thread::Builder::new().spawn(write)?;
    }
    Ok(())
}

fn write_all(to: &mut TcpStream, pieces: Receiver<(Instant, Vec<u8>)>) -> io::Result<()> {
    for (due, piece) in pieces {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        to.write_all(&piece)?;
    }
    Ok(())
}
