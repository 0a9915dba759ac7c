//! The network: one verb, *sum these vectors over all parties*, over any transport.
//!
//! A [`Transport`] moves frames between numbered peers and knows nothing of what they hold. A
//! [`Network`] puts a party's vectors into frames, checks every frame that comes (session,
//! sequence number, sender, kind, length: [`Header`]) and sums. Peers 0..n are the parties, peer n
//! is the dealer.
//!
//! # What a transport promises
//!
//! - Frames from one peer to another come whole, unchanged and in the order in which they were sent. The
//!   network notices a frame that is lost, cut, repeated or out of place, and gives up: it asks for
//!   nothing again.
//! - [`send`](Transport::send) never waits for the receiver: all parties send before they receive.
//! - A frame from peer p was sent by peer p, and nobody else reads it: between machines, the transport
//!   encrypts and authenticates.
//! - Frames that a peer sent before it went away still come. The last one may say why it went.
//!
//! A transport need not limit how long it waits, but without a limit a party waits for ever for a peer that has
//! stopped and keeps its connection open.
//!
//! # Transports
//!
//! | transport | feature | joins |
//! | --- | --- | --- |
//! | `Memory` | `std` | threads of one process |
//! | `Stream` | `std` | whatever reads and writes: any pair of `Read` and `Write`, sockets in particular |
//! | `link` | `tcp`, `tls` | processes, by a `Stream` that is set up, encrypted and authenticated |
//! | `Mpi` | `mpi` | the ranks of an MPI communicator: rank p is peer p, and the last rank deals |
//!
//! `mpi` takes an installed MPI, a C compiler and libclang to build. `examples/mpi` in the repository is a program for `mpirun`.
//!
//! Wrappers see frames and nothing else: [`Counting`] counts rounds and bytes, [`Tracing`] reports headers,
//! [`Faults`] breaks things for tests, and with `std`, `Delayed` lets frames take the time that a network
//! would.
//!
//! # Async projects
//!
//! Protocols compute and block, so a session runs in a thread where it may: `spawn_blocking` of tokio, say. Its streams stay with
//! tasks. For every peer one task carries bytes from the stream to a queue that the session reads, and another from a
//! queue to the stream. `examples/tokio` in the repository has both, 200 lines to take over, as `Bridge`:
//!
//! ```ignore
//! let mut bridge = Bridge::new(Duration::from_secs(60)); // the time limit of every wait
//! bridge.connect(1, to_one)?; // whatever is AsyncRead and AsyncWrite, such as a TcpStream or TLS over one
//! bridge.connect(2, to_dealer)?;
//! let result = bridge.run(move |end: Stream| {
//!     let mut party = Party::join(Network::new(end, id, 2, session)?)?;
//!     party.receive(&recipe)?;
//!     protocols(&mut party)
//! });
//! let output = result.await??;
//! ```
//!
//! The executor never waits for the session, be it of one thread or of many. If the future is dropped, or the runtime stops, the
//! session fails where it next waits for a peer.
//! `SyncIoBridge` of `tokio_util` with `Stream::connect` is shorter, but its reads have no time limit,
//! and wait for ever once nothing drives the runtime.
//!
//! # Failures
//!
//! After an error a party's network refuses everything but [`Network::abort`], which tells all others why the
//! party stops. They then fail with [`NetError::Aborted`], which names the party that began it. A run ends with
//! [`Network::finish`], in which the parties compare the steps that they took.

mod counting;
#[cfg(feature = "std")]
mod delayed;
mod error;
mod faults;
mod frame;
#[cfg(feature = "tcp")]
pub mod link;
#[cfg(feature = "std")]
mod memory;
#[cfg(feature = "mpi")]
mod mpi;
mod network;
#[cfg(feature = "std")]
mod stream;
mod tracing;

use alloc::vec::Vec;

pub use counting::{Counting, Counts};
#[cfg(feature = "std")]
pub use delayed::{Delayed, Link};
pub use error::{ErrorKind, NetError, TransportError};
pub use faults::{Fault, FaultError, Faults};
pub use frame::{Header, Kind};
#[cfg(feature = "std")]
pub use memory::{Memory, MemoryError};
#[cfg(feature = "mpi")]
pub use mpi::Mpi;
pub use network::{Network, Topology};
#[cfg(feature = "std")]
pub use stream::Stream;
pub use tracing::{Direction, Tracing};

/// Moves frames between peers. The one thing that an embedding project supplies; what it promises is said
/// in the [module's docs](self).
///
/// A frame is a header of [`Header::LEN`] bytes and a payload. The receiver takes one after the other, so that
/// it can look at the header before it waits for the payload. A stream needs no framing of its own:
/// `write_all` sends, and `read_exact` receives either part. A transport of messages hands out the front of
/// the next message, and keeps the rest.
pub trait Transport {
    /// What can go wrong.
    type Error: TransportError + Send + Sync + 'static;

    /// Sends one frame to peer `to`.
    ///
    /// Must not wait until the peer receives: all parties send before they receive, so over a pipe
    /// of bounded capacity the frame goes to a buffer or a writer thread.
    ///
    /// # Errors
    /// If the frame can't be handed over, as when the peer is gone.
    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), Self::Error>;

    /// Waits for the next frame from peer `from` and takes its header.
    ///
    /// # Errors
    /// If the peer is gone, nothing comes within the transport's time limit, or the frame is shorter than a
    /// header (where the transport can tell).
    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), Self::Error>;

    /// Waits for the payload of the frame whose header came last from peer `from`, which is to fill `payload`
    /// exactly. Called once after every header that is accepted, also where the payload is empty.
    ///
    /// # Errors
    /// If the peer is gone, the payload does not come within the transport's time limit, or it has another
    /// length (where the transport can tell).
    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), Self::Error>;

    /// As [`send`](Self::send), of the first `length` bytes of a buffer. A transport within a process may take the buffer, and leave
    /// another in its place, of any length and with anything in it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    fn send_from(&mut self, to: usize, buffer: &mut Vec<u8>, length: usize) -> Result<(), Self::Error> {
        self.send(to, &buffer[..length])
    }

    /// As [`recv_payload`](Self::recv_payload), of a payload as long as `room`, which is then read once: there, or where the transport
    /// has it.
    ///
    /// # Errors
    /// As [`recv_payload`](Self::recv_payload).
    fn read_payload(
        &mut self,
        from: usize,
        room: &mut [u8],
        read: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Self::Error> {
        self.recv_payload(from, room)?;
        read(room);
        Ok(())
    }
}
