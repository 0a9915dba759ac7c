//! The network: one verb, *sum these vectors over all parties*, over any transport.
//!
//! A [`Transport`] moves frames between numbered peers and knows nothing of what they hold. A
//! [`Network`] puts a party's vectors into frames, checks every frame that comes (session,
//! sequence number, sender, kind, length: [`Header`]) and sums. Peers 0..n are the parties, peer n
//! is the dealer.
//!
//! Wrappers of a transport see whole frames and nothing else: [`Counting`] counts rounds and
//! bytes, [`Tracing`] reports headers, [`Faults`] breaks things for tests. With `std`, `Delayed` lets
//! frames take the time that a network would.

mod counting;
#[cfg(feature = "std")]
mod delayed;
mod error;
mod faults;
mod frame;
#[cfg(feature = "std")]
mod memory;
mod network;
mod nowhere;
mod tracing;

pub use counting::{Counting, Counts};
#[cfg(feature = "std")]
pub use delayed::{Delayed, Link};
pub use error::NetError;
pub use faults::{Fault, FaultError, Faults};
pub use frame::{Header, Kind};
#[cfg(feature = "std")]
pub use memory::{Memory, MemoryError};
pub use network::{Network, Topology};
pub use nowhere::Nowhere;
pub use tracing::{Direction, Tracing};

/// Moves frames between peers. The one thing that an embedding project supplies.
///
/// A stream needs no framing of its own: the receiver knows how long the next frame is, so
/// `write_all` and `read_exact` do.
pub trait Transport {
    /// What can go wrong.
    type Error: core::error::Error + Send + Sync + 'static;

    /// Sends one frame to peer `to`.
    ///
    /// Must not wait until the peer receives: all parties send before they receive, so over a pipe
    /// of bounded capacity the frame goes to a buffer or a writer thread.
    ///
    /// # Errors
    /// If the frame can't be handed over, as when the peer is gone.
    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), Self::Error>;

    /// Waits for the next frame from peer `from`, which is to fill `frame` exactly.
    ///
    /// # Errors
    /// If the peer is gone, nothing comes within the transport's time limit, or the frame has
    /// another length (where the transport can tell).
    fn recv(&mut self, from: usize, frame: &mut [u8]) -> Result<(), Self::Error>;
}

impl<T: Transport + ?Sized> Transport for &mut T {
    type Error = T::Error;
    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), Self::Error> {
        (**self).send(to, frame)
    }
    fn recv(&mut self, from: usize, frame: &mut [u8]) -> Result<(), Self::Error> {
        (**self).recv(from, frame)
    }
}
