//! What a listener holds: connections in set-up, halves of links, links that wait to be accepted, refusals. All bounded.

use core::time::Duration;
use std::boxed::Box;
use std::collections::VecDeque;
use std::format;
use std::io;
use std::net::Shutdown;
use std::string::ToString;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::vec::Vec;

use super::channel::Channel;
use super::error::{LinkError, Peer};
use super::hello::Hello;
use super::parts::Link;
use super::role::Role;
use super::socket::Socket;

/// The most of each kind that are held.
const MOST: usize = 64;
/// Links of one owner or client that wait to be accepted.
const OF_ONE: usize = 4;

#[derive(Default)]
pub(super) struct Table {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    failed: Option<(io::ErrorKind, std::string::String)>,
    next: u64,
    setups: VecDeque<(u64, Socket)>,
    halves: VecDeque<Half>,
    /// Parties, and the dealer, that have a link.
    taken: Vec<Role>,
    ready: VecDeque<Link>,
    refused: VecDeque<LinkError>,
}

/// One of a link's two connections.
pub(super) struct Half {
    pub(super) channel: Channel,
    pub(super) hello: Hello,
    pub(super) peer: Peer,
    pub(super) since: Instant,
}

/// What becomes of a half.
pub(super) enum Joined {
    /// The other has not come yet.
    Waits,
    /// Both are there: to the listener, and from it.
    Both(Box<[Half; 2]>),
    /// There may be no such link.
    Refused(Vec<Half>),
}

/// Whether a role has one link at most.
fn is_single(role: Role) -> bool {
    matches!(role, Role::Party(_) | Role::Dealer)
}

impl State {
    fn refuse(&mut self, error: LinkError) {
        self.refused.push_back(error);
        if self.refused.len() > MOST {
            self.refused.pop_front();
        }
    }

    fn is_free(&self, role: Role) -> bool {
        !self.taken.contains(&role)
    }
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a connection in set-up, and drops the oldest if there are too many.
    pub(super) fn begin(&self, socket: Socket) -> u64 {
        let mut state = self.lock();
        if state.setups.len() >= MOST
            && let Some((_, socket)) = state.setups.pop_front()
        {
            // Its thread notices, and says so.
            socket.shutdown(Shutdown::Both);
        }
        let id = state.next;
        state.next += 1;
        state.setups.push_back((id, socket));
        id
    }

    /// Forgets a connection in set-up. Whether it was there.
    pub(super) fn end(&self, id: u64) -> bool {
        let mut state = self.lock();
        let before = state.setups.len();
        state.setups.retain(|(other, ..)| *other != id);
        state.setups.len() < before
    }

    pub(super) fn is_free(&self, role: Role) -> bool {
        self.lock().is_free(role)
    }

    /// Finds a half its other, and takes the role.
    pub(super) fn join(&self, half: Half) -> Joined {
        let mut state = self.lock();
        let role = half.hello.role;
        let of_one = |other: &Half| other.hello.role == role && other.hello.token == half.hello.token;
        let Some(other) = state.halves.iter().position(of_one).and_then(|at| state.halves.remove(at)) else {
            if state.halves.len() >= MOST
                && let Some(Half { peer, .. }) = state.halves.pop_front()
            {
                let source = io::Error::other("too many connections wait for their other half");
                state.refuse(LinkError::Lost { peer, source });
            }
            state.halves.push_back(half);
            return Joined::Waits;
        };
        // Parties and the dealer have a place, whoever else waits; no owner or client has many.
        let same = state.ready.iter().filter(|link| link.role == role).count();
        let full = match role {
            Role::Client(_) => same >= OF_ONE || state.ready.len() >= MOST,
            Role::Owner => same >= OF_ONE,
            _ => false,
        };
        if full || other.hello.back == half.hello.back || !state.is_free(role) {
            return Joined::Refused([other, half].into());
        }
        if is_single(role) {
            state.taken.push(role);
        }
        Joined::Both(Box::new(if half.hello.back { [other, half] } else { [half, other] }))
    }

    /// Drops halves whose other has not come within the limit.
    pub(super) fn expire(&self, limit: Duration) {
        let mut state = self.lock();
        while state.halves.front().is_some_and(|half| half.since.elapsed() >= limit) {
            if let Some(Half { peer, .. }) = state.halves.pop_front() {
                let text = format!("the link's second connection did not come within {limit:?}");
                let source = io::Error::new(io::ErrorKind::TimedOut, text);
                state.refuse(LinkError::Lost { peer, source });
            }
        }
    }

    pub(super) fn push(&self, link: Link) {
        self.lock().ready.push_back(link);
        self.changed.notify_all();
    }

    pub(super) fn refuse(&self, error: LinkError) {
        self.lock().refuse(error);
    }

    pub(super) fn refused(&self) -> Vec<LinkError> {
        self.lock().refused.drain(..).collect()
    }

    pub(super) fn release(&self, role: Role) {
        self.lock().taken.retain(|&other| other != role);
    }

    /// The first link of a role that is wanted, if one comes before `until`.
    pub(super) fn next(&self, until: Instant, wanted: impl Fn(Role) -> bool) -> io::Result<Option<Link>> {
        let mut state = self.lock();
        loop {
            if let Some(at) = state.ready.iter().position(|link| wanted(link.role)) {
                return Ok(state.ready.remove(at));
            }
            if let Some((kind, text)) = &state.failed {
                return Err(io::Error::new(*kind, text.as_str()));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.lock().closed
    }

    /// Ends what is in set-up. The listening thread ends by itself.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.setups.iter().for_each(|(_, socket)| socket.shutdown(Shutdown::Both));
        state.halves.clear();
        state.ready.clear();
    }

    pub(super) fn fail(&self, error: io::Error) {
        self.lock().failed = Some((error.kind(), error.to_string()));
        self.changed.notify_all();
    }
}
