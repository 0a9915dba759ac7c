//! A transport that counts.

use super::{Header, Transport};

/// What went through a transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Causal depth so far: the highest round of any frame.
    pub rounds: u32,
    /// Frames sent.
    pub sent_frames: u64,
    /// Bytes sent, headers included.
    pub sent_bytes: u64,
    /// Frames received.
    pub received_frames: u64,
    /// Bytes received, headers included.
    pub received_bytes: u64,
}

/// Counts the rounds, frames and bytes of the transport inside.
#[derive(Debug)]
pub struct Counting<T> {
    inner: T,
    counts: Counts,
}

impl<T> Counting<T> {
    /// Starts at zero.
    pub fn new(inner: T) -> Self {
        Self { inner, counts: Counts::default() }
    }

    /// What has been counted so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The transport inside.
    pub fn into_inner(self) -> T {
        self.inner
    }

    fn see_round(&mut self, header: Option<Header>) {
        let round = header.map_or(0, |header| header.round);
        self.counts.rounds = self.counts.rounds.max(round);
    }
}

impl<T: Transport> Transport for Counting<T> {
    type Error = T::Error;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), T::Error> {
        self.inner.send(to, frame)?;
        self.counts.sent_frames += 1;
        self.counts.sent_bytes += frame.len() as u64;
        self.see_round(Header::decode(frame));
        Ok(())
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), T::Error> {
        self.inner.recv_header(from, header)?;
        self.counts.received_frames += 1;
        self.counts.received_bytes += header.len() as u64;
        self.see_round(Some(Header::from_bytes(header)));
        Ok(())
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), T::Error> {
        self.inner.recv_payload(from, payload)?;
        self.counts.received_bytes += payload.len() as u64;
        Ok(())
    }
}
