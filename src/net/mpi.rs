//! A transport over MPI: the peers are the ranks of a communicator.
//!
//! One thread of each process does everything that goes through MPI ([`messages`]), and the transport talks with it by
//! queues. The handles of MPI need never leave that thread, so that the transport is `Send`. And the thread receives what comes at
//! once, whatever its party is at: so sends end soon, and parties that all send before they receive don't wait for one
//! another. What a peer has sent and this one has not taken waits in this one's memory, without a bound.
//!
//! A frame is one message, or several if it is long: MPI counts bytes in 31 bits.

mod messages;

use core::fmt;
use core::time::Duration;
use std::borrow::ToOwned;
use std::format;
use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::vec::Vec;

use ::mpi::Threading;
use ::mpi::environment::{is_finalized, is_initialized, threading_support};
use ::mpi::topology::SimpleCommunicator;

use self::messages::{Frame, Order};
use super::{Header, Transport};

/// An end of a mesh over an MPI communicator: rank p is peer p, so the last rank is the dealer's.
///
/// MPI neither encrypts nor says who reads along: take it where the machines and the network between them are trusted.
/// A process that dies ends the whole job, which is what MPI does with errors unless it is told otherwise.
///
/// ```no_run
/// use std::time::Duration;
/// use mpi::topology::SimpleCommunicator;
/// use ringshare::net::{Mpi, Network};
///
/// // Lives until the transport is gone: it ends MPI when it is dropped.
/// let universe = mpi::initialize_with_threading(mpi::Threading::Multiple);
/// let end = Mpi::new(SimpleCommunicator::world, Duration::from_secs(60))?;
/// let (id, parties) = (end.rank(), end.peers() - 1);
/// let network = Network::new(end, id, parties, 7)?; // for `Party::join`, or `Dealer::open` at the last rank
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mpi {
    rank: usize,
    /// Taken when this end is dropped, so that the thread knows.
    orders: Option<Sender<Order>>,
    from: Vec<Receiver<Frame>>,
    /// The frame of each peer of which the header has been taken and the payload has not.
    begun: Vec<Option<Frame>>,
    deadline: Duration,
    linger: Duration,
    longest: usize,
    /// Disconnected once the thread is done with MPI.
    done: Receiver<()>,
}

impl Mpi {
    /// The end of this process, which waits `deadline` for a header or a payload at most.
    ///
    /// `communicator` is called in the thread that will use it. It is duplicated, so no frame mixes with what else is
    /// sent by it. All its ranks call this, and where there are several sessions, all in the same order. MPI has been
    /// initialized before, with [`Threading::Multiple`].
    ///
    /// # Errors
    /// If MPI is not there to be used by several threads, the system gives no thread, or another rank does not call
    /// this within the deadline.
    pub fn new(
        communicator: impl FnOnce() -> SimpleCommunicator + Send + 'static,
        deadline: Duration,
    ) -> io::Result<Self> {
        if !is_initialized() || is_finalized() {
            return Err(io::Error::other("MPI is not initialized, or finalized already"));
        }
        let threading = threading_support();
        if threading != Threading::Multiple {
            let text = format!("expected an MPI initialized with Threading::Multiple, found {threading:?}");
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        let (orders, to_do) = mpsc::channel();
        let (ready, started) = mpsc::sync_channel(1);
        let (working, done) = mpsc::channel();
        thread::Builder::new().name("MPI".into()).spawn(move || {
            // Dropped last, when the communicator is gone.
            let _working = working;
            messages::serve(communicator, &ready, &to_do);
        })?;
        let (rank, from) = started.recv_timeout(deadline).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                let text = format!("not all ranks joined within {deadline:?}");
                io::Error::new(io::ErrorKind::TimedOut, text)
            }
            RecvTimeoutError::Disconnected => ended(),
        })?;
        let begun = from.iter().map(|_| None).collect();
        let linger = Duration::from_secs(600);
        Ok(Self { rank, orders: Some(orders), from, begun, deadline, linger, longest: 1 << 30, done })
    }

    /// Waits no longer than that when dropped until all peers have dropped theirs; 10 minutes by default.
    ///
    /// MPI must not be finalized earlier, nor does that end before all processes finalize it. A dealer that has dealt is dropped
    /// while the parties are at work, and waits for them here. An end that waited for a frame in vain lingers no longer than its
    /// deadline. Whoever lingers in vain aborts the job (`Communicator::abort`).
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// Sends frames of more than `bytes` bytes in several messages, 32 bytes to 1 GiB; 1 GiB by default.
    pub fn longest(mut self, bytes: usize) -> Self {
        self.longest = bytes.clamp(Header::LEN, 1 << 30);
        self
    }

    /// This process's rank, which is its number as a peer.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The number of ranks, which is that of the parties and one for the dealer.
    pub fn peers(&self) -> usize {
        self.from.len()
    }

    fn check(&self, peer: usize) -> io::Result<()> {
        if peer < self.peers() {
            return Ok(());
        }
        let text = format!("no peer {peer} among {}", self.peers());
        Err(io::Error::new(io::ErrorKind::NotConnected, text))
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the thread that uses MPI has ended")
}

fn length(expected: usize, found: usize) -> io::Error {
    let text = format!("expected a frame of {expected} bytes, found one of {found}");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Prints none of the frames.
impl fmt::Debug for Mpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mpi(rank {} of {})", self.rank, self.peers())
    }
}

impl Drop for Mpi {
    fn drop(&mut self) {
        self.orders = None;
        // Nothing ever comes: either it is disconnected, or the time is over.
        let _ = self.done.recv_timeout(self.linger);
    }
}

impl Transport for Mpi {
    type Error = io::Error;

    fn send(&mut self, to: usize, frame: &[u8]) -> io::Result<()> {
        self.check(to)?;
        // Of an empty one there would be no message.
        if frame.len() < Header::LEN {
            return Err(length(Header::LEN, frame.len()));
        }
        let order = Order { to, frame: frame.to_owned(), longest: self.longest };
        self.orders.as_ref().ok_or_else(ended)?.send(order).map_err(|_| ended())
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> io::Result<()> {
        self.check(from)?;
        let frame = self.from[from].recv_timeout(self.deadline).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                // A peer that hangs does not close, either, and the program should get to say so.
                self.linger = self.linger.min(self.deadline);
                io::Error::new(io::ErrorKind::TimedOut, format!("nothing came within {:?}", self.deadline))
            }
            RecvTimeoutError::Disconnected => {
                io::Error::new(io::ErrorKind::UnexpectedEof, "the peer went away")
            }
        })?;
        let first = frame.parts().next().unwrap_or_default();
        *header = *first.first_chunk().ok_or_else(|| length(Header::LEN, first.len()))?;
        self.begun[from] = Some(frame);
        Ok(())
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> io::Result<()> {
        self.check(from)?;
        // Without a header before it, an empty frame.
        let frame = self.begun[from].take().unwrap_or_default();
        let (expected, found) = (Header::LEN + payload.len(), frame.parts().map(<[u8]>::len).sum());
        if expected != found {
            return Err(length(expected, found));
        }
        let (mut skip, mut rest) = (Header::LEN, payload);
        for part in frame.parts() {
            let part = &part[core::mem::take(&mut skip)..];
            let (filled, left) = rest.split_at_mut(part.len());
            filled.copy_from_slice(part);
            rest = left;
        }
        Ok(())
    }
}
