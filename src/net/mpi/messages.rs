//! The thread that uses MPI.
//!
//! It sends what is ordered, a batch at a time, and looks for what comes all the while. A batch's buffers outlive its
//! requests, and the thread goes on to the next batch when all of them are complete.
//!
//! Its end is as that of a TCP connection. When its party has no more to send, it says so to every peer, and takes what
//! still comes until every peer has said so too. Then nothing is on its way that MPI would have to drop.

use core::time::Duration;
use core::{iter, mem};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::Instant;
use std::vec::Vec;

use ::mpi::point_to_point::MatchedReceiveVec;
use ::mpi::request::{self, LocalScope};
use ::mpi::topology::SimpleCommunicator;
use ::mpi::traits::{Communicator, Destination, Source};
use ::mpi::{Rank, Tag};

use crate::secret::wipe;

/// A part of a frame, of which more come.
const PART: Tag = 1;
/// The last part of a frame.
const LAST: Tag = 2;
/// The sender's last message.
const CLOSE: Tag = 3;

/// A frame to be sent. Wiped.
pub(super) struct Order {
    pub(super) to: usize,
    pub(super) frame: Vec<u8>,
    /// Bytes of a message at most.
    pub(super) longest: usize,
}

impl Drop for Order {
    fn drop(&mut self) {
        wipe(&mut self.frame);
    }
}

/// A frame that came, in the parts in which it did: a vector that grew would leave copies. Wiped.
#[derive(Default)]
pub(super) struct Frame(Vec<Vec<u8>>);

impl Frame {
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|part| wipe(part));
    }
}

/// What this process is, and where the frames of each peer come.
type Started = (usize, Vec<Receiver<Frame>>);

/// Sends and receives until all peers, this one included, have closed.
pub(super) fn serve(
    communicator: impl FnOnce() -> SimpleCommunicator,
    started: &SyncSender<Started>,
    orders: &Receiver<Order>,
) {
    let own = communicator().duplicate();
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..own.size()).map(|_| mpsc::channel()).unzip();
    let mut inbox = Inbox { own: &own, peers: senders.into_iter().map(Peer::new).collect() };
    // Whoever no longer waits for it gives no orders, either.
    let _ = started.send((own.rank() as usize, receivers));
    let mut pause = Pause::new();
    while let Some(batch) = next(orders, &mut pause) {
        if !batch.is_empty() {
            send(&own, &batch.iter().flat_map(Order::messages).collect::<Vec<_>>(), &mut inbox);
            pause = Pause::new();
        }
        if inbox.take() {
            pause = Pause::new();
        }
    }
    let closing: Vec<_> = (0..own.size()).map(|to| Message { to, tag: CLOSE, bytes: &[] }).collect();
    send(&own, &closing, &mut inbox);
    while inbox.is_open() {
        if inbox.take() {
            pause = Pause::new();
        } else {
            pause.sleep();
        }
    }
}

/// The orders that there are, or after a pause, none; `None` once there will be no more.
fn next(orders: &Receiver<Order>, pause: &mut Pause) -> Option<Vec<Order>> {
    match orders.recv_timeout(pause.next()) {
        Ok(order) => Some(iter::once(order).chain(orders.try_iter()).collect()),
        Err(RecvTimeoutError::Timeout) => Some(Vec::new()),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

/// One message of MPI.
struct Message<'a> {
    to: Rank,
    tag: Tag,
    bytes: &'a [u8],
}

impl Order {
    fn messages(&self) -> impl Iterator<Item = Message<'_>> {
        let parts = self.frame.chunks(self.longest);
        let last = parts.len().saturating_sub(1);
        let tag = move |part| if part == last { LAST } else { PART };
        parts.enumerate().map(move |(part, bytes)| Message { to: self.to as Rank, tag: tag(part), bytes })
    }
}

/// Sends these, and takes what comes meanwhile: the peers may be sending as well.
fn send<'a>(own: &SimpleCommunicator, messages: &[Message<'a>], inbox: &mut Inbox<'_>) {
    request::scope(|scope: &LocalScope<'a>| {
        let begin = |message: &Message<'a>| {
            own.process_at_rank(message.to).immediate_send_with_tag(scope, message.bytes, message.tag)
        };
        let mut open: Vec<_> = messages.iter().map(begin).collect();
        let mut pause = Pause::new();
        loop {
            open = open.into_iter().filter_map(|request| request.test().err()).collect();
            if open.is_empty() {
                return;
            }
            if inbox.take() {
                pause = Pause::new();
            } else {
                pause.sleep();
            }
        }
    });
}

/// What comes.
struct Inbox<'a> {
    own: &'a SimpleCommunicator,
    peers: Vec<Peer>,
}

struct Peer {
    /// None once the peer has closed.
    to: Option<Sender<Frame>>,
    /// The parts that have come of a frame.
    begun: Frame,
}

impl Peer {
    fn new(to: Sender<Frame>) -> Self {
        Self { to: Some(to), begun: Frame::default() }
    }
}

impl Inbox<'_> {
    /// Whether a peer may still send.
    fn is_open(&self) -> bool {
        self.peers.iter().any(|peer| peer.to.is_some())
    }

    /// Takes every message that is there; whether there was one.
    fn take(&mut self) -> bool {
        let mut any = false;
        while let Some(message) = self.own.any_process().immediate_matched_probe() {
            any = true;
            let (part, status) = message.matched_receive_vec::<u8>();
            let Some(peer) = self.peers.get_mut(status.source_rank() as usize) else { continue };
            if status.tag() == CLOSE {
                peer.to = None;
                continue;
            }
            peer.begun.0.push(part);
            if status.tag() == LAST {
                let frame = mem::take(&mut peer.begun);
                // A party that has no more to receive is about to close.
                let _ = peer.to.as_ref().map(|to| to.send(frame));
            }
        }
        any
    }
}

/// How long to wait for a message before looking again: not at all at first, as the answer to a message may be a few
/// microseconds away; then longer and longer, so as not to take a core from those who compute.
struct Pause {
    since: Instant,
    next: Duration,
}

impl Pause {
    const BUSY: Duration = Duration::from_micros(100);
    const LEAST: Duration = Duration::from_micros(20);
    const MOST: Duration = Duration::from_millis(1);

    fn new() -> Self {
        Self { since: Instant::now(), next: Self::LEAST }
    }

    fn next(&mut self) -> Duration {
        if self.since.elapsed() < Self::BUSY {
            thread::yield_now();
            return Duration::ZERO;
        }
        let now = self.next;
        self.next = Self::MOST.min(2 * now);
        now
    }

    fn sleep(&mut self) {
        let pause = self.next();
        if !pause.is_zero() {
            thread::sleep(pause);
        }
    }
}
