//! Where a party takes in what clients ask: their shares wait here until a batch has room for them.
//!
//! Every client has a thread that reads and one that writes, so that none waits for another. What they may leave here is bounded: by the
//! queue at party 0, of which every client has an equal part, and which says "busy" beyond; and at the other parties by the requests of
//! a client, whose shares are 16 bytes each. A batch takes requests of the clients in turn. So one that asks for more than the parties
//! can do, or sends its shares to some of them alone, gets in the way of nobody but itself.

mod queue;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ringshare::net::link::{Link, Reader, Writer};
use ringshare::secret::SecretBytes;

use self::queue::{Queue, REPLIES, Taken, Tally};
use crate::notice;
use crate::wire::{self, Header, Kind, SEED, Status};

/// How long a request waits for shares that its client has not sent to all parties yet.
const SHARES: Duration = Duration::from_secs(2);
/// How long a client is passed over whose shares were not everywhere.
const PAUSE: Duration = Duration::from_millis(10);
/// How often a thread that reads looks whether its link has been given up.
const TICK: Duration = Duration::from_secs(1);
/// Links of one client, with those that have been given up and whose threads have not ended yet.
const LINKS: usize = 4;
/// A client that is told "busy" is not heard for so long.
const BREATH: Duration = Duration::from_millis(1);
/// For what is still owed at the end.
const REST: Duration = Duration::from_secs(2);

/// What a party expects of requests.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The party.
    pub party: usize,
    /// The most images of a request.
    pub batch: usize,
    /// Bytes of a share of an image at party 0.
    pub image: usize,
    /// Images that may wait at party 0.
    pub queue: usize,
}

/// A request that a batch takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Whose it is.
    pub client: u32,
    /// Its number.
    pub number: u64,
    /// Its images.
    pub rows: u32,
    /// Whether it is given up if not all parties have their shares now.
    pub last: bool,
}

/// A request that is here.
#[derive(Clone)]
pub struct Found {
    link: u64,
    /// This party's share, as it was received.
    pub share: Arc<SecretBytes>,
}

/// The desk of a party.
pub struct Desk {
    rules: Rules,
    queue: Mutex<Queue>,
    changed: Condvar,
    /// Of each client, something that its threads hold.
    open: Mutex<BTreeMap<u32, Arc<()>>>,
}

impl Desk {
    /// An empty desk.
    pub fn new(rules: Rules) -> Arc<Self> {
        let (queue, changed, open) = Default::default();
        Arc::new(Self { rules, queue, changed, open })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves a client from now on. An older link of the same client is given up.
    pub fn serve(self: &Arc<Self>, client: u32, link: Link) {
        let held =
            self.open.lock().unwrap_or_else(PoisonError::into_inner).entry(client).or_default().clone();
        // The map holds one, this function another.
        if Arc::strong_count(&held) > 2 * LINKS {
            return notice::say(format_args!("client-{client}: refused, since {LINKS} links of it are open"));
        }
        let (reader, writer) = link.into_parts();
        let (replies, owed) = sync_channel(REPLIES);
        let tally = Arc::new(Tally::default());
        let number = {
            let mut queue = self.lock();
            queue.writers += 1;
            queue.enter(client, replies, tally.clone())
        };
        let (desk, of_writer) = (self.clone(), held.clone());
        let write = move || {
            let written = write(writer, owed, &tally);
            let mut queue = desk.lock();
            queue.writers -= 1;
            // Who has hung up is noticed where its requests are read, behind all that it sent.
            let is_late = written.is_err_and(|error| wire::is_late(&error)) && queue.leave(client, number);
            drop(queue);
            desk.changed.notify_all();
            if is_late {
                notice::say(format_args!("client-{client}: it took a reply for too long"));
            }
            drop(of_writer);
        };
        let desk = self.clone();
        let read = move || {
            let ended = desk.read((client, number), reader);
            let was_current = desk.lock().leave(client, number);
            if let (Err(error), true) = (ended, was_current) {
                notice::say(format_args!("client-{client}: {error}"));
            }
            drop(held);
        };
        let started = start(format!("to client-{client}"), write)
            .inspect_err(|_| self.lock().writers -= 1)
            .and_then(|()| start(format!("from client-{client}"), read));
        if let Err(error) = started {
            self.lock().leave(client, number);
            notice::say(format_args!("client-{client}: {error}"));
        }
    }

    fn read(&self, (client, link): (u32, u64), mut reader: Reader) -> io::Result<()> {
        let refuse = |text: String| Err(io::Error::new(io::ErrorKind::InvalidData, text));
        reader.set_idle(TICK)?;
        let is_current = || self.lock().is_current(client, link);
        while let Some(header) = wire::next(&mut reader, Kind::Request, is_current)? {
            let Header { small: rows, large: number, .. } = header;
            if !(1..=self.rules.batch).contains(&(rows as usize)) {
                return refuse(format!("a request of {rows} images: expected 1 to {}", self.rules.batch));
            }
            let len = if self.rules.party == 0 { rows as usize * self.rules.image } else { SEED };
            let share = wire::body(&mut reader, len)?;
            let mut queue = self.lock();
            let taken = queue.take(&self.rules, (client, link), number, rows, share);
            match taken {
                Taken::Waits => {
                    drop(queue);
                    self.changed.notify_all();
                }
                Taken::Busy => {
                    queue.reply((client, link), Status::Busy, (number, 0), SecretBytes::zeros(0));
                    drop(queue);
                    thread::sleep(BREATH);
                }
                Taken::Refused(text) => return refuse(text),
                Taken::Gone => return Ok(()),
            }
        }
        Ok(())
    }

    /// Chooses what the next batch takes, of at most `slots` requests: waits up to `idle` for the first, and then up to `fill` until the
    /// batch is full.
    pub fn pick(&self, slots: usize, idle: Duration, fill: Duration) -> Vec<Slot> {
        let mut queue = self.lock();
        let mut until = Instant::now() + idle;
        let mut begun = false;
        loop {
            let (picked, is_full) = queue.choose(&self.rules, slots);
            if !begun && !picked.is_empty() {
                (begun, until) = (true, Instant::now() + fill);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || is_full {
                queue.pass(&picked);
                return picked;
            }
            let rest = queue.rest(left);
            queue = self.changed.wait_timeout(queue, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Which of these requests are here. They stay until they are [answered](Self::answer) or given up.
    pub fn find(&self, slots: &[Slot]) -> Vec<Option<Found>> {
        let queue = self.lock();
        slots.iter().map(|slot| queue.find(slot)).collect()
    }

    /// Not all parties have the shares of a request: it is put off, or given up.
    pub fn put_off(&self, slot: &Slot, found: Option<&Found>) {
        let mut queue = self.lock();
        queue.put_off(slot);
        if let Some(found) = found.filter(|_| slot.last) {
            queue.remove(slot, found.link);
            queue.reply((slot.client, found.link), Status::Missing, (slot.number, 0), SecretBytes::zeros(0));
        }
    }

    /// Answers a request, whose client may be gone.
    pub fn answer(&self, slot: &Slot, found: &Found, body: SecretBytes) {
        let mut queue = self.lock();
        queue.answered += u64::from(slot.rows);
        queue.remove(slot, found.link);
        queue.reply((slot.client, found.link), Status::Done, (slot.number, slot.rows), body);
    }

    /// Images that have been answered.
    pub fn answered(&self) -> u64 {
        self.lock().answered
    }

    /// Hangs up on all clients, when what they are owed has been written, or some seconds have passed.
    pub fn close(&self) {
        let mut queue = self.lock();
        queue.clear();
        let until = Instant::now() + REST;
        while queue.writers > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            queue = self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Writes what a client is owed, each reply within a limit.
fn write(mut writer: Writer, owed: Receiver<(Header, SecretBytes)>, tally: &Tally) -> io::Result<()> {
    for (header, body) in owed {
        if tally.gone.load(Ordering::Relaxed) {
            return Ok(());
        }
        writer.set_until(Instant::now() + wire::time(body.len()));
        wire::send(&mut writer, header, &body)?;
        tally.untaken.fetch_sub(wire::HEADER + body.len(), Ordering::Relaxed);
    }
    writer.flush()
}

fn start(name: String, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name).spawn(run).map(drop)
}
