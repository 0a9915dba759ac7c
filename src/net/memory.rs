//! Parties and dealer in one process: a mesh of queues.
//!
//! For simulations and tests: whoever reads the process's memory reads all parties' anyway, so
//! frames on their way are not wiped.

use core::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::vec;
use std::vec::Vec;

use super::{ErrorKind, Header, Transport, TransportError};

/// One end of a mesh of in-memory queues. Prints none of the frames.
pub struct Memory {
    to: Vec<Sender<Frame>>,
    from: Vec<Receiver<Frame>>,
    /// The frame of each peer of which the header has been taken and the payload has not.
    begun: Vec<Option<Frame>>,
    timeout: Duration,
    /// Buffers of frames that have been received, for frames to come: fresh pages are dear.
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A frame is the front of its buffer.
#[derive(Clone, Default)]
struct Frame {
    buffer: Vec<u8>,
    length: usize,
}

/// Longer buffers are not kept.
const KEPT_LENGTH: usize = 1 << 23;
/// Buffers that are kept.
const KEPT: usize = 16;

/// Why an in-memory frame did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryError {
    /// The other end was dropped.
    Closed,
    /// Nothing came in time.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// The frame that came has another length.
    Length {
        /// Bytes expected.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// There is no such peer.
    NoPeer {
        /// The peer that was asked for.
        peer: usize,
        /// How many there are.
        peers: usize,
    },
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the peer went away"),
            Self::TimedOut { after } => write!(f, "nothing came within {after:?}"),
            Self::Length { expected, found } => {
                write!(f, "expected a frame of {expected} bytes, found one of {found}")
            }
            Self::NoPeer { peer, peers } => write!(f, "no peer {peer} among {peers}"),
        }
    }
}

impl core::error::Error for MemoryError {}

impl TransportError for MemoryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Closed => ErrorKind::Closed,
            Self::TimedOut { .. } => ErrorKind::TimedOut,
            Self::Length { .. } | Self::NoPeer { .. } => ErrorKind::Other,
        }
    }
}

impl Memory {
    /// The ends of a mesh of `peers`, each of which waits `timeout` for a frame at most.
    pub fn mesh(peers: usize, timeout: Duration) -> Vec<Self> {
        let spare: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let mut ends: Vec<Self> = (0..peers)
            .map(|_| Self {
                to: Vec::new(),
                from: Vec::new(),
                begun: vec![None; peers],
                timeout,
                spare: spare.clone(),
            })
            .collect();
        for sender in 0..peers {
            for receiver in 0..peers {
                // Also to itself, so that a peer's number is its place.
                let (to, from) = channel();
                ends[sender].to.push(to);
                ends[receiver].from.push(from);
            }
        }
        ends
    }
}

impl Memory {
    /// The shortest buffer of at least this length, with anything in it.
    fn spare(&self, length: usize) -> Option<Vec<u8>> {
        let mut spare = self.spare.lock().ok()?;
        let fit = spare.iter().enumerate().filter(|(_, buffer)| buffer.len() >= length);
        let (place, _) = fit.min_by_key(|(_, buffer)| buffer.len())?;
        Some(spare.swap_remove(place))
    }

    /// Keeps a buffer, if there is room for it or for a longer one.
    fn keep(&self, buffer: Vec<u8>) {
        let Ok(mut spare) = self.spare.lock() else { return };
        if buffer.len() > KEPT_LENGTH {
            return;
        }
        if spare.len() < KEPT {
            spare.push(buffer);
        } else if let Some(shortest) = spare.iter_mut().min_by_key(|buffer| buffer.len())
            && shortest.len() < buffer.len()
        {
            *shortest = buffer;
        }
    }

    fn push(&self, to: usize, frame: Frame) -> Result<(), MemoryError> {
        let queue = self.to.get(to).ok_or(MemoryError::NoPeer { peer: to, peers: self.to.len() })?;
        queue.send(frame).map_err(|_| MemoryError::Closed)
    }

    /// Has the payload of the frame that has begun read, which is to be so long.
    fn take(&mut self, from: usize, length: usize, read: impl FnOnce(&[u8])) -> Result<(), MemoryError> {
        let peers = self.begun.len();
        let begun = self.begun.get_mut(from).ok_or(MemoryError::NoPeer { peer: from, peers })?;
        // Without a header before it, an empty frame.
        let came = begun.take().unwrap_or_default();
        let expected = Header::LEN + length;
        if came.length != expected {
            return Err(MemoryError::Length { expected, found: came.length });
        }
        read(&came.buffer[Header::LEN..expected]);
        self.keep(came.buffer);
        Ok(())
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory(one of {} peers)", self.to.len())
    }
}

impl Transport for Memory {
    type Error = MemoryError;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), MemoryError> {
        let buffer = match self.spare(frame.len()) {
            Some(mut buffer) => {
                buffer[..frame.len()].copy_from_slice(frame);
                buffer
            }
            None => frame.to_vec(),
        };
        self.push(to, Frame { buffer, length: frame.len() })
    }

    fn send_from(&mut self, to: usize, buffer: &mut Vec<u8>, length: usize) -> Result<(), MemoryError> {
        // A short frame does not take a long buffer along.
        if length < buffer.len() / 2 {
            return self.send(to, &buffer[..length]);
        }
        let buffer = core::mem::replace(buffer, self.spare(length).unwrap_or_default());
        self.push(to, Frame { buffer, length })
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), MemoryError> {
        let queue = self.from.get(from).ok_or(MemoryError::NoPeer { peer: from, peers: self.from.len() })?;
        let came = queue.recv_timeout(self.timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => MemoryError::TimedOut { after: self.timeout },
            RecvTimeoutError::Disconnected => MemoryError::Closed,
        })?;
        let expected = header.len();
        let frame = &came.buffer[..came.length];
        *header = *frame.first_chunk().ok_or(MemoryError::Length { expected, found: frame.len() })?;
        self.begun[from] = Some(came);
        Ok(())
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), MemoryError> {
        self.take(from, payload.len(), |came| payload.copy_from_slice(came))
    }

    fn read_payload(
        &mut self,
        from: usize,
        room: &mut [u8],
        read: &mut dyn FnMut(&[u8]),
    ) -> Result<(), MemoryError> {
        self.take(from, room.len(), read)
    }
}
