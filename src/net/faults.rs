//! A transport that fails on purpose, for tests.

use alloc::vec::Vec;

use super::{ErrorKind, Header, Transport, TransportError};

/// What to do to a frame that is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Never send it.
    Drop,
    /// Send all but the last byte.
    Truncate,
    /// Send it twice.
    Duplicate,
    /// Send it after the next frame to the same peer.
    Reorder,
    /// Call the delay function, then send it.
    Delay,
    /// Send it with this bit flipped (counted from the frame's first byte, modulo its length).
    Flip(usize),
    /// From here on, send and receive nothing.
    Disconnect,
}

/// Applies one fault to one sent frame of the transport inside.
pub struct Faults<T> {
    inner: T,
    fault: Fault,
    /// Frames still to be sent before the fault strikes.
    countdown: usize,
    delay: fn(),
    held: Option<(usize, Vec<u8>)>,
    dead: bool,
}

/// The error of a transport with injected faults.
#[derive(Debug)]
pub enum FaultError<E> {
    /// The connection was cut on purpose.
    Disconnected,
    /// What the transport inside said.
    Inner(E),
}

impl<E: core::fmt::Display> core::fmt::Display for FaultError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Disconnected => f.write_str("disconnected"),
            Self::Inner(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for FaultError<E> {}

impl<E: TransportError> TransportError for FaultError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Disconnected => ErrorKind::Closed,
            Self::Inner(error) => error.kind(),
        }
    }
}

impl<T> Faults<T> {
    /// Applies `fault` to the sent frame number `at`, counted from zero over all peers.
    pub fn new(inner: T, fault: Fault, at: usize) -> Self {
        Self { inner, fault, countdown: at + 1, delay: || (), held: None, dead: false }
    }

    /// What [`Fault::Delay`] calls: something that waits.
    pub fn delay(mut self, delay: fn()) -> Self {
        self.delay = delay;
        self
    }
}

impl<T: Transport> Transport for Faults<T> {
    type Error = FaultError<T::Error>;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), Self::Error> {
        if self.dead {
            return Err(FaultError::Disconnected);
        }
        let strikes = self.countdown == 1;
        self.countdown = self.countdown.saturating_sub(1);
        let mut send = |frame: &[u8]| self.inner.send(to, frame).map_err(FaultError::Inner);
        match self.fault {
            _ if !strikes => send(frame)?,
            Fault::Drop => {}
            Fault::Truncate => send(&frame[..frame.len() - 1])?,
            Fault::Duplicate => {
                send(frame)?;
                send(frame)?;
            }
            Fault::Reorder => {
                self.held = Some((to, frame.to_vec()));
                return Ok(());
            }
            Fault::Delay => {
                (self.delay)();
                send(frame)?;
            }
            Fault::Flip(bit) => {
                let mut copy = frame.to_vec();
                copy[bit / 8 % frame.len()] ^= 1 << (bit % 8);
                send(&copy)?;
            }
            Fault::Disconnect => {
                self.dead = true;
                return Err(FaultError::Disconnected);
            }
        }
        match self.held.take() {
            Some((peer, held)) if peer == to => self.inner.send(to, &held).map_err(FaultError::Inner),
            other => {
                self.held = other;
                Ok(())
            }
        }
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), Self::Error> {
        if self.dead {
            return Err(FaultError::Disconnected);
        }
        self.inner.recv_header(from, header).map_err(FaultError::Inner)
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), Self::Error> {
        if self.dead {
            return Err(FaultError::Disconnected);
        }
        self.inner.recv_payload(from, payload).map_err(FaultError::Inner)
    }
}
