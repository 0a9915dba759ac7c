//! A transport that models a network between the ends of a mesh: delay and rate by link.
//!
//! A link leads from one peer to one other and sends one frame after the other. A frame of b bits
//! that is handed over at time t over a link of rate w and one-way delay d
//!
//! - has left at f = max(t, f') + b/w, where f' is when the frame before it had left;
//! - arrives at f + d.
//!
//! So delays of frames on their way overlap, and transmissions over the same link don't. The links of
//! a peer don't share its rate.
//!
//! The time is the real one: the sender notes each arrival beside the frame and goes on at once, and
//! the receiver sleeps until then. A time limit of the transport inside does not see the delay.

use core::num::NonZeroU64;
use core::time::Duration;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;
use std::vec::Vec;

use super::{Header, Transport};

/// A link from one peer to another. The default has no delay and any rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// One-way delay.
    pub delay: Duration,
    /// Bits a second; any, if `None`.
    pub rate: Option<NonZeroU64>,
}

impl Link {
    /// How long the link is busy with a frame of `bytes` bytes, in whole nanoseconds, rounded up.
    ///
    /// ```
    /// use std::num::NonZeroU64;
    /// use std::time::Duration;
    /// use ringshare::net::Link;
    ///
    /// let link = Link { delay: Duration::from_millis(10), rate: NonZeroU64::new(8_000_000) };
    /// assert_eq!(link.transmission(1000), Duration::from_millis(1));
    /// assert_eq!(Link::default().transmission(1000), Duration::ZERO);
    /// ```
    pub fn transmission(&self, bytes: usize) -> Duration {
        let Some(rate) = self.rate else { return Duration::ZERO };
        let nanos = (8 * bytes as u128 * 1_000_000_000).div_ceil(rate.get().into());
        Duration::from_nanos(nanos.try_into().unwrap_or(u64::MAX))
    }
}

/// One end of a mesh whose frames take their time.
#[derive(Debug)]
pub struct Delayed<T> {
    inner: T,
    /// What all times are counted from.
    start: Instant,
    to: Vec<Outgoing>,
    /// When the frames of each peer arrive.
    from: Vec<Receiver<Duration>>,
}

/// This peer's end of a link.
#[derive(Debug)]
struct Outgoing {
    link: Link,
    /// When the last frame has left.
    free: Duration,
    arrivals: Sender<Duration>,
}

impl<T> Delayed<T> {
    /// Wraps all ends of a mesh, in the order of their numbers; `link` tells the link from its first to
    /// its second argument.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ringshare::net::{Delayed, Link, Memory};
    ///
    /// // Two parties 5 ms apart, and a dealer whose frames are there at once.
    /// let far = Link { delay: Duration::from_millis(5), rate: None };
    /// let link = |from, to| if from < 2 && to < 2 { far } else { Link::default() };
    /// let ends = Delayed::mesh(Memory::mesh(3, Duration::from_secs(60)), link);
    /// assert_eq!(ends.len(), 3);
    /// ```
    pub fn mesh(ends: Vec<T>, link: impl Fn(usize, usize) -> Link) -> Vec<Self> {
        let (start, peers) = (Instant::now(), ends.len());
        let end = |inner| Self { inner, start, to: Vec::new(), from: Vec::new() };
        let mut ends: Vec<Self> = ends.into_iter().map(end).collect();
        for sender in 0..peers {
            for receiver in 0..peers {
                let (to, from) = channel();
                let link = link(sender, receiver);
                ends[sender].to.push(Outgoing { link, free: Duration::ZERO, arrivals: to });
                ends[receiver].from.push(from);
            }
        }
        ends
    }

    /// The transport inside.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: Transport> Transport for Delayed<T> {
    type Error = T::Error;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), T::Error> {
        // A peer that is not there is the inner transport's to refuse.
        if let Some(Outgoing { link, free, arrivals }) = self.to.get_mut(to) {
            *free = self.start.elapsed().max(*free).saturating_add(link.transmission(frame.len()));
            // Before the frame, so that whoever has the frame has its time. If nobody listens any more, the inner
            // transport says so.
            let _ = arrivals.send(free.saturating_add(link.delay));
        }
        self.inner.send(to, frame)
    }

    // The whole frame arrives at once.
    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), T::Error> {
        self.inner.recv_header(from, header)?;
        // None for a frame that the inner transport made itself: it is there.
        let arrival = self.from.get(from).and_then(|arrivals| arrivals.try_recv().ok());
        if let Some(arrival) = arrival {
            thread::sleep(arrival.saturating_sub(self.start.elapsed()));
        }
        Ok(())
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), T::Error> {
        self.inner.recv_payload(from, payload)
    }
}
