//! A transport that reports what passes.

use super::{Header, Transport};

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the peer.
    Sent,
    /// From the peer.
    Received,
}

/// Calls `report` with the direction, the peer and the header of every frame, never with payloads:
/// those are shares.
pub struct Tracing<T, F> {
    inner: T,
    report: F,
}

impl<T, F: FnMut(Direction, usize, &Header)> Tracing<T, F> {
    /// Traces `inner`.
    pub fn new(inner: T, report: F) -> Self {
        Self { inner, report }
    }
}

impl<T: Transport, F: FnMut(Direction, usize, &Header)> Transport for Tracing<T, F> {
    type Error = T::Error;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), T::Error> {
        if let Some(header) = Header::decode(frame) {
            (self.report)(Direction::Sent, to, &header);
        }
        self.inner.send(to, frame)
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), T::Error> {
        self.inner.recv_header(from, header)?;
        (self.report)(Direction::Received, from, &Header::from_bytes(header));
        Ok(())
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), T::Error> {
        self.inner.recv_payload(from, payload)
    }
}
