//! A client: hands out shares of images, and puts the parties' shares of the answers together.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use ringshare::net::link::{End, Limits, Reader, Role, Writer};
use ringshare::ring::Ring;
use ringshare::secret::SecretBytes;
use ringshare::with_ring;
use serde::Serialize;

use crate::config::Config;
use crate::error::Error;
use crate::keys::Keys;
use crate::program::{Answer, Program};
use crate::shares::split;
use crate::wire::{self, Header, Kind, Status};

/// Requests that are on their way at a time.
const WINDOW: usize = 8;
/// The first and the longest pause after "busy".
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(500)];

/// What a client has done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Stats {
    /// Images answered.
    pub images: usize,
    /// Seconds from the first request to the last answer.
    pub wall_s: f64,
    /// How often party 0 was busy.
    pub busy: u64,
    /// Seconds from the start to the first request: settings, and links to the parties.
    pub join_s: f64,
    /// Of the seconds between, those of waiting for replies.
    pub waited_s: f64,
    /// The others: making shares and putting them together.
    pub computing_s: f64,
    /// Bytes sent to each party.
    pub sent_bytes: Vec<u64>,
    /// Bytes received from each party.
    pub received_bytes: Vec<u64>,
}

/// A request that is on its way.
struct Pending {
    /// Its place among the images.
    first: usize,
    rows: usize,
    /// What party 0 is sent, again if it is busy.
    first_share: SecretBytes,
    replies: Vec<Option<Vec<u8>>>,
    pause: Duration,
}

struct Reply {
    party: usize,
    status: Option<Status>,
    number: u64,
    body: Vec<u8>,
}

/// Has images classified: pixels `[images, height, width, channels]`. The answers come in their order.
///
/// # Errors
/// Parties that are not reached, refuse this client, stay busy for longer than they may take to start, or go away.
pub fn run(
    config: &Config,
    id: u32,
    pixels: &[u8],
    bar: &ProgressBar,
) -> Result<(Vec<Answer>, Stats), Error> {
    let begun = Instant::now();
    let program = Program::load(config)?;
    let numbers = program.public.encode_pixels(pixels).map_err(|e| Error::Other(e.to_string()))?;
    let identity = Keys(config.keys.clone()).identity(Role::Client(id))?;
    let limits = Limits { connect: config.start, idle: config.patience, ..Limits::default() };
    let end = End::new(Role::Client(id), program.terms(config.session, Vec::new()))
        .identity(identity)
        .limits(limits);
    let (replies, receiver) = channel();
    let mut writers = Vec::new();
    for (party, address) in config.parties.iter().enumerate() {
        let link = end.dial(address, Role::Party(party)).map_err(|e| Error::link(&e))?;
        let (reader, writer) = link.into_parts();
        let (replies, program) = (replies.clone(), program.clone());
        let read = move || read(party, reader, &program, &replies);
        thread::Builder::new()
            .name(format!("from party {party}"))
            .spawn(read)
            .map_err(|e| Error::Other(e.to_string()))?;
        writers.push(writer);
    }
    drop(replies);
    let none = vec![0; writers.len()];
    let (sent_bytes, received_bytes) = (none.clone(), none);
    let join_s = begun.elapsed().as_secs_f64();
    let client = Client {
        rows: program.batch.div_ceil(4),
        give_up: config.start,
        program,
        writers,
        receiver,
        pending: BTreeMap::new(),
        next: first_number()?,
        stats: Stats { join_s, sent_bytes, received_bytes, ..Stats::default() },
    };
    with_ring!(client.program.public.ring(), R in [16, 32, 64] => client.all::<R>(&numbers, bar))
}

/// Requests of a client that was started again are none of before.
fn first_number() -> Result<u64, Error> {
    let mut number = [0; 8];
    getrandom::fill(&mut number).map_err(|e| Error::Other(format!("randomness of the system: {e}")))?;
    Ok(u64::from_le_bytes(number) >> 8)
}

/// Passes on what a party replies, until it hangs up.
fn read(party: usize, mut reader: Reader, program: &Program, replies: &Sender<Result<Reply, Error>>) {
    let gone = |e: std::io::Error| Error::Peer(format!("party {party}: {e}"));
    loop {
        let reply = match wire::next(&mut reader, Kind::Reply, || true) {
            Ok(None) => Err(Error::Peer(format!("party {party} hung up"))),
            Ok(Some(Header { small, large, .. })) => {
                let status = Status::of(small & 0xff);
                let rows = (small >> 8) as usize;
                if rows > program.batch {
                    let most = program.batch;
                    Err(Error::Peer(format!(
                        "party {party}: a reply of {rows} images, expected at most {most}"
                    )))
                } else {
                    let body = wire::body(&mut reader, rows * program.result_len()).map_err(gone);
                    body.map(|body| Reply { party, status, number: large, body: body.to_vec() })
                }
            }
            Err(error) => Err(gone(error)),
        };
        let is_last = reply.is_err();
        if replies.send(reply).is_err() || is_last {
            return;
        }
    }
}

struct Client {
    program: Program,
    /// Images of a request.
    rows: usize,
    give_up: Duration,
    writers: Vec<Writer>,
    receiver: Receiver<Result<Reply, Error>>,
    pending: BTreeMap<u64, Pending>,
    next: u64,
    stats: Stats,
}

impl Client {
    fn all<R: Ring>(mut self, numbers: &[i64], bar: &ProgressBar) -> Result<(Vec<Answer>, Stats), Error> {
        let width = self.program.inputs();
        let images = numbers.len() / width;
        let mut answers: Vec<Option<Answer>> = vec![None; images];
        let begun = Instant::now();
        let mut last = Instant::now();
        let (mut first, mut done) = (0, 0);
        let mut again: Vec<(Instant, u64)> = Vec::new();
        while done < images {
            while self.pending.len() < WINDOW && first < images {
                let rows = self.rows.min(images - first);
                self.request::<R>(first, &numbers[first * width..(first + rows) * width])?;
                first += rows;
            }
            let now = Instant::now();
            let due: Vec<u64> =
                again.extract_if(.., |(when, _)| *when <= now).map(|(_, number)| number).collect();
            for number in due {
                self.send_first(number)?;
            }
            let wait = again.iter().map(|(when, _)| when.saturating_duration_since(now)).min();
            let waiting = Instant::now();
            let came = self.receiver.recv_timeout(wait.unwrap_or(self.give_up).min(self.give_up));
            self.stats.waited_s += waiting.elapsed().as_secs_f64();
            match came {
                Ok(reply) => {
                    let reply = reply?;
                    let bytes = wire::HEADER + reply.body.len();
                    self.stats.received_bytes[reply.party] += bytes as u64;
                    if let Some(when) = self.busy(&reply) {
                        again.push((when, reply.number));
                    } else if let Some(of) = self.take(reply)? {
                        done += of.1.len();
                        bar.inc(of.1.len() as u64);
                        answers[of.0..][..of.1.len()]
                            .iter_mut()
                            .zip(of.1)
                            .for_each(|(to, of)| *to = Some(of));
                        last = Instant::now();
                    }
                }
                Err(_) if last.elapsed() < self.give_up => {}
                Err(_) => return Err(self.late()),
            }
        }
        self.stats.images = images;
        self.stats.wall_s = begun.elapsed().as_secs_f64();
        self.stats.computing_s = self.stats.wall_s - self.stats.waited_s;
        Ok((answers.into_iter().flatten().collect(), self.stats))
    }

    /// Who owes the oldest request an answer.
    fn late(&self) -> Error {
        let owes = |pending: &Pending| {
            let parties = pending.replies.iter().enumerate().filter(|(_, reply)| reply.is_none());
            parties.map(|(party, _)| format!("party {party}")).collect::<Vec<_>>().join(", ")
        };
        let who = self.pending.values().next().map_or("all parties".into(), owes);
        Error::Peer(format!("no answer came within {:?} from {who}", self.give_up))
    }

    fn request<R: Ring>(&mut self, first: usize, numbers: &[i64]) -> Result<(), Error> {
        let mut shares = split::<R::Word>(numbers, self.writers.len())?;
        let first_share = shares.remove(0);
        let (number, rows) = (self.next, numbers.len() / self.program.inputs());
        self.next += 1;
        let header = Header { kind: Kind::Request, small: rows as u32, large: number };
        for (party, seed) in (1..).zip(&shares) {
            self.send(party, header, seed)?;
        }
        let replies = vec![None; self.writers.len()];
        self.pending.insert(number, Pending { first, rows, first_share, replies, pause: PAUSES[0] });
        self.send_first(number)
    }

    /// Party 0 comes last: it says when the request's turn is.
    fn send_first(&mut self, number: u64) -> Result<(), Error> {
        let Some(pending) = self.pending.get_mut(&number) else { return Ok(()) };
        let header = Header { kind: Kind::Request, small: pending.rows as u32, large: number };
        let share = std::mem::replace(&mut pending.first_share, SecretBytes::zeros(0));
        let sent = self.send(0, header, &share);
        if let Some(pending) = self.pending.get_mut(&number) {
            pending.first_share = share;
        }
        sent
    }

    fn send(&mut self, party: usize, header: Header, body: &[u8]) -> Result<(), Error> {
        self.stats.sent_bytes[party] += (wire::HEADER + body.len()) as u64;
        self.writers[party].set_until(Instant::now() + wire::time(body.len()));
        let sent = wire::send(&mut self.writers[party], header, body);
        sent.map_err(|e| Error::Peer(format!("party {party}: {e}")))
    }

    /// When to ask again, if party 0 is busy.
    fn busy(&mut self, reply: &Reply) -> Option<Instant> {
        let pending = self.pending.get_mut(&reply.number).filter(|_| reply.status == Some(Status::Busy))?;
        self.stats.busy += 1;
        let when = Instant::now() + pending.pause;
        pending.pause = (2 * pending.pause).min(PAUSES[1]);
        Some(when)
    }

    /// Takes a reply; gives the answers where it was the last of a request.
    fn take(&mut self, reply: Reply) -> Result<Option<(usize, Vec<Answer>)>, Error> {
        let Reply { party, status, number, body } = reply;
        let wrong = |what: &str| Error::Peer(format!("party {party}: {what}"));
        match status {
            Some(Status::Done) => {}
            Some(Status::Missing) => {
                return Err(wrong("it, or another party, had no shares of a request in time"));
            }
            _ => return Err(wrong("a reply of another kind")),
        }
        let pending = self.pending.get_mut(&number).ok_or_else(|| wrong("a reply to no request"))?;
        if body.len() != pending.rows * self.program.result_len() {
            return Err(wrong("a reply of another length"));
        }
        if pending.replies[party].replace(body).is_some() {
            return Err(wrong("two replies to one request"));
        }
        if pending.replies.iter().any(Option::is_none) {
            return Ok(None);
        }
        let Some(pending) = self.pending.remove(&number) else { return Ok(None) };
        let shares: Vec<Vec<u8>> = pending.replies.into_iter().flatten().collect();
        let answers =
            self.program.open(&shares).map_err(|e| Error::Peer(format!("the parties' answers: {e}")))?;
        Ok(Some((pending.first, answers)))
    }
}
