//! A transport that notes what goes to each peer, what comes from it, and how long this end waited for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ringshare::Transport;
use ringshare::net::Header;
use serde::Serialize;

/// What one peer has cost.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Peer {
    /// Bytes that went there.
    pub sent_bytes: u64,
    /// Bytes that came from there.
    pub received_bytes: u64,
    /// Seconds of waiting for it.
    pub waited_s: f64,
}

/// The notes, which outlive the transport.
pub type Notes = Arc<Mutex<Vec<Peer>>>;

/// A transport that is watched.
pub struct Meter<T> {
    inner: T,
    notes: Notes,
}

impl<T> Meter<T> {
    /// Watches a transport to that many peers.
    pub fn new(inner: T, peers: usize) -> (Self, Notes) {
        let notes = Notes::new(Mutex::new(vec![Peer::default(); peers]));
        (Self { inner, notes: notes.clone() }, notes)
    }

    fn note(&self, peer: usize, note: impl FnOnce(&mut Peer)) {
        if let Some(peer) = self.notes.lock().unwrap_or_else(PoisonError::into_inner).get_mut(peer) {
            note(peer);
        }
    }
}

impl<T: Transport> Transport for Meter<T> {
    type Error = T::Error;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), T::Error> {
        self.note(to, |peer| peer.sent_bytes += frame.len() as u64);
        self.inner.send(to, frame)
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), T::Error> {
        let start = Instant::now();
        let received = self.inner.recv_header(from, header);
        self.note(from, |peer| {
            peer.received_bytes += Header::LEN as u64;
            peer.waited_s += start.elapsed().as_secs_f64();
        });
        received
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), T::Error> {
        let start = Instant::now();
        let received = self.inner.recv_payload(from, payload);
        self.note(from, |peer| {
            peer.received_bytes += payload.len() as u64;
            peer.waited_s += start.elapsed().as_secs_f64();
        });
        received
    }
}
