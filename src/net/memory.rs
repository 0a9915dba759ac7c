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
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Receiver<Vec<u8>>>,
    /// The frame of each peer of which the header has been taken and the payload has not.
    begun: Vec<Option<Vec<u8>>>,
    timeout: Duration,
    /// Buffers of frames that have been received, for frames to come: fresh pages are dear.
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// Longer frames (a dealer's) are not kept.
const KEPT_LENGTH: usize = 1 << 21;
/// Frames that are kept.
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

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory(one of {} peers)", self.to.len())
    }
}

impl Transport for Memory {
    type Error = MemoryError;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), MemoryError> {
        let queue = self.to.get(to).ok_or(MemoryError::NoPeer { peer: to, peers: self.to.len() })?;
        let mut copy = self.spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(frame);
        queue.send(copy).map_err(|_| MemoryError::Closed)
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), MemoryError> {
        let queue = self.from.get(from).ok_or(MemoryError::NoPeer { peer: from, peers: self.from.len() })?;
        let came = queue.recv_timeout(self.timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => MemoryError::TimedOut { after: self.timeout },
            RecvTimeoutError::Disconnected => MemoryError::Closed,
        })?;
        let expected = header.len();
        *header = *came.first_chunk().ok_or(MemoryError::Length { expected, found: came.len() })?;
        self.begun[from] = Some(came);
        Ok(())
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), MemoryError> {
        let peers = self.begun.len();
        let begun = self.begun.get_mut(from).ok_or(MemoryError::NoPeer { peer: from, peers })?;
        // Without a header before it, an empty frame.
        let came = begun.take().unwrap_or_default();
        let expected = Header::LEN + payload.len();
        if came.len() != expected {
            return Err(MemoryError::Length { expected, found: came.len() });
        }
        payload.copy_from_slice(&came[Header::LEN..]);
        if came.capacity() <= KEPT_LENGTH
            && let Ok(mut spare) = self.spare.lock()
            && spare.len() < KEPT
        {
            spare.push(came);
        }
        Ok(())
    }
}
