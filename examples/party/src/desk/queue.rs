//! What waits at a desk, and whose turn it is.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use ringshare::secret::SecretBytes;

use super::{Found, PAUSE, Rules, SHARES, Slot};
use crate::notice;
use crate::wire::{HEADER, Header, Kind, Status};

/// Requests of one client whose shares wait, at parties that do not say when it is too much.
const REQUESTS: usize = 4096;
/// Replies that a client has not taken, and their bytes.
pub(super) const REPLIES: usize = 1024;
const BYTES: usize = 16 << 20;

/// What becomes of a request.
pub(super) enum Taken {
    /// It waits.
    Waits,
    /// Its client may ask again.
    Busy,
    /// It breaks the rules.
    Refused(String),
    /// Its link has been given up.
    Gone,
}

/// What the desk and the thread that writes know of a link.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Bytes of replies that the client has not taken.
    pub(super) untaken: AtomicUsize,
    /// The link was given up: nothing more is owed.
    pub(super) gone: AtomicBool,
}

pub(super) type Replies = SyncSender<(Header, SecretBytes)>;

struct Waiting {
    since: Instant,
    rows: u32,
    share: Arc<SecretBytes>,
}

struct Client {
    /// Which of the links of this client, one after the other.
    link: u64,
    replies: Replies,
    tally: Arc<Tally>,
    waiting: BTreeMap<u64, Waiting>,
    /// In which order they came, at party 0.
    order: VecDeque<u64>,
    images: usize,
    /// Not all parties had its shares: it is not tried again before.
    again: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Queue {
    clients: BTreeMap<u32, Client>,
    images: usize,
    links: u64,
    /// The client whose turn it was.
    turn: u32,
    pub(super) answered: u64,
    /// Threads that write.
    pub(super) writers: usize,
}

impl Client {
    fn remove(&mut self, number: u64) -> usize {
        let Some(waiting) = self.waiting.remove(&number) else { return 0 };
        match self.order.front() {
            // Nearly always.
            Some(&first) if first == number => drop(self.order.pop_front()),
            _ => self.order.retain(|&other| other != number),
        }
        self.images -= waiting.rows as usize;
        waiting.rows as usize
    }
}

impl Queue {
    /// A client comes. An older link of it is given up, and what was asked there. Gives the number of the link.
    pub(super) fn enter(&mut self, client: u32, replies: Replies, tally: Arc<Tally>) -> u64 {
        self.forget(client);
        self.links += 1;
        let (waiting, order) = Default::default();
        let link = self.links;
        self.clients.insert(client, Client { link, replies, tally, waiting, order, images: 0, again: None });
        link
    }

    pub(super) fn is_current(&self, client: u32, link: u64) -> bool {
        self.clients.get(&client).is_some_and(|of| of.link == link)
    }

    /// Gives up a client and what it asked, if that is its link.
    pub(super) fn leave(&mut self, client: u32, link: u64) -> bool {
        let is_current = self.is_current(client, link);
        if is_current {
            self.forget(client);
        }
        is_current
    }

    fn forget(&mut self, client: u32) {
        if let Some(of) = self.clients.remove(&client) {
            of.tally.gone.store(true, Ordering::Relaxed);
            self.images -= of.images;
        }
    }

    /// Gives up all clients; what they are owed is still written.
    pub(super) fn clear(&mut self) {
        self.clients.clear();
        self.images = 0;
    }

    /// A request comes. At party 0 no client has more waiting than its part of the room.
    pub(super) fn take(
        &mut self,
        rules: &Rules,
        (client, link): (u32, u64),
        number: u64,
        rows: u32,
        share: SecretBytes,
    ) -> Taken {
        let part = rules.queue / self.clients.len().max(1);
        let Some(of) = self.clients.get_mut(&client).filter(|of| of.link == link) else { return Taken::Gone };
        if of.waiting.contains_key(&number) {
            return Taken::Refused(format!("request {number} came twice"));
        }
        let images = rows as usize;
        if rules.party == 0 {
            if self.images + images > rules.queue || of.images > 0 && of.images + images > part {
                return Taken::Busy;
            }
            of.order.push_back(number);
        } else if of.waiting.len() >= REQUESTS {
            return Taken::Refused(format!("more than {REQUESTS} requests wait"));
        }
        of.waiting.insert(number, Waiting { since: Instant::now(), rows, share: Arc::new(share) });
        of.images += images;
        self.images += images;
        Taken::Waits
    }

    /// What a batch would take now: a request of each client in turn, until one does not fit. Whether some did not.
    pub(super) fn choose(&self, rules: &Rules, slots: usize) -> (Vec<Slot>, bool) {
        let (mut picked, mut rows, mut is_full, now) = (Vec::new(), 0, false, Instant::now());
        let later = self.clients.range((Excluded(self.turn), Unbounded));
        let in_turn = later.chain(self.clients.range(..=self.turn));
        let due = in_turn.filter(|(_, of)| of.again.is_none_or(|again| again <= now));
        let mut lines: Vec<_> = due.map(|(client, of)| (*client, of, of.order.iter())).collect();
        while !lines.is_empty() {
            lines.retain_mut(|(client, of, order)| {
                let Some(&number) = order.next() else { return false };
                let Some(waiting) = of.waiting.get(&number) else { return true };
                if picked.len() == slots || rows + waiting.rows as usize > rules.batch {
                    is_full = true;
                    return false;
                }
                rows += waiting.rows as usize;
                let last = now.saturating_duration_since(waiting.since) >= SHARES;
                picked.push(Slot { client: *client, number, rows: waiting.rows, last });
                true
            });
        }
        (picked, is_full || rows == rules.batch)
    }

    /// These are picked: the next batch begins with another client.
    pub(super) fn pass(&mut self, picked: &[Slot]) {
        self.turn = picked.first().map_or(self.turn, |slot| slot.client);
    }

    /// How long until something may have become due.
    pub(super) fn rest(&self, left: Duration) -> Duration {
        if self.images > 0 { left.min(PAUSE) } else { left }
    }

    pub(super) fn find(&self, slot: &Slot) -> Option<Found> {
        let of = self.clients.get(&slot.client)?;
        let waiting = of.waiting.get(&slot.number).filter(|waiting| waiting.rows == slot.rows)?;
        Some(Found { link: of.link, share: waiting.share.clone() })
    }

    /// A request is answered, or given up.
    pub(super) fn remove(&mut self, slot: &Slot, link: u64) {
        if let Some(of) = self.clients.get_mut(&slot.client).filter(|of| of.link == link) {
            self.images -= of.remove(slot.number);
        }
    }

    /// A client's shares are not everywhere: others come first for a while.
    pub(super) fn put_off(&mut self, slot: &Slot) {
        if let Some(of) = self.clients.get_mut(&slot.client) {
            of.again = Some(Instant::now() + PAUSE);
        }
    }

    /// Replies on this link, if it is still the client's.
    pub(super) fn reply(
        &mut self,
        (client, link): (u32, u64),
        status: Status,
        slot: (u64, u32),
        body: SecretBytes,
    ) {
        let Some(of) = self.clients.get(&client).filter(|of| of.link == link) else { return };
        let (number, rows) = slot;
        let header = Header { kind: Kind::Reply, small: status.number() | rows << 8, large: number };
        let bytes = HEADER + body.len();
        let before = of.tally.untaken.fetch_add(bytes, Ordering::Relaxed);
        let is_over = before > 0 && before + bytes > BYTES;
        if is_over || matches!(of.replies.try_send((header, body)), Err(TrySendError::Full(_))) {
            notice::say(format_args!("client-{client}: took none of its replies, {before} bytes"));
            self.forget(client);
        }
    }
}
