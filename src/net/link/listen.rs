//! The end that is dialled: a listener with threads of its own.
//!
//! One thread takes connections and gives each a thread that sets it up within a time limit. Of these there are at most
//! 64: for another connection, the one that has been at it longest is dropped, so that those who send nothing keep nobody
//! out.

use core::fmt;
use core::time::Duration;
use std::format;
use std::io;
use std::string::String;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use std::vec::Vec;

use super::accept::Acceptor;
use super::address::Address;
use super::channel::{Channel, lost};
use super::end::End;
use super::error::{LinkError, Peer};
use super::hello::Kind;
use super::parts::Link;
use super::role::Role;
use super::socket::Socket;
use super::table::{Half, Joined, Table};

/// How often the listener looks for connections.
const PAUSE: Duration = Duration::from_millis(10);
/// After so many failures to accept in a row, a listener has failed: some ten seconds.
const FAILURES: u32 = 1000;

/// Takes links in threads of its own until it is dropped. At most 64 wait to be accepted; more are refused.
///
/// Every party, and the dealer, may have one link at a time: see [`release`](Self::release). Owners and clients may have
/// several.
pub struct Listener {
    address: Address,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    end: End,
    table: Table,
}

impl End {
    /// Listens at an address. Port 0 stands for any that is free.
    ///
    /// A socket file that a process left behind is replaced.
    ///
    /// # Errors
    /// If the address can't be had, or the terms can't be sent.
    pub fn listen(&self, at: &Address) -> Result<Listener, LinkError> {
        self.terms.check()?;
        let system = |source| LinkError::System { what: format!("listening at {at}"), source };
        let (acceptor, address) = Acceptor::bind(at).map_err(system)?;
        let shared = Arc::new(Shared { end: self.clone(), table: Table::default() });
        let taken = shared.clone();
        let name = "listening".into();
        let thread =
            thread::Builder::new().name(name).spawn(move || taken.listen(acceptor)).map_err(system)?;
        Ok(Listener { address, shared, thread: Some(thread) })
    }
}

impl Listener {
    /// Where it listens, with the real port.
    pub fn address(&self) -> Address {
        self.address.clone()
    }

    /// Waits for the next link whose role, certificate and terms are right; none if there is none within that time.
    ///
    /// # Errors
    /// If the system does not let this end listen any more.
    pub fn accept(&self, within: Duration) -> Result<Option<Link>, LinkError> {
        self.accept_of(Instant::now() + within, |_| true)
    }

    /// The next link of a role that is wanted. Others stay.
    pub(super) fn accept_of(
        &self,
        until: Instant,
        wanted: impl Fn(Role) -> bool,
    ) -> Result<Option<Link>, LinkError> {
        self.shared
            .table
            .next(until, wanted)
            .map_err(|source| LinkError::System { what: format!("listening at {}", self.address), source })
    }

    /// Takes what has been refused or lost since the last call, the oldest first: at most the last 64.
    pub fn refused(&self) -> Vec<LinkError> {
        self.shared.table.refused()
    }

    /// Lets a party, or the dealer, link again: its last link is gone, or about to be.
    pub fn release(&self, role: Role) {
        self.shared.table.release(role);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.table.stop();
        // It never waits for long. After this, the address is free.
        self.thread.take().map(JoinHandle::join);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({} at {})", self.shared.end.role, self.address)
    }
}

impl Shared {
    fn listen(self: &Arc<Self>, acceptor: Acceptor) {
        let mut failures = 0;
        while self.table.is_open() {
            self.table.expire(self.end.limits.handshake);
            match acceptor.accept(Instant::now() + self.end.limits.handshake) {
                Ok((socket, at)) => {
                    failures = 0;
                    self.take(socket, at);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
                // Mostly of one connection that is gone again, or for want of handles.
                Err(error) => {
                    failures += 1;
                    if failures == FAILURES {
                        return self.table.fail(error);
                    }
                    thread::sleep(PAUSE);
                }
            }
        }
    }

    /// Gives a connection to a thread.
    fn take(self: &Arc<Self>, socket: Socket, at: String) {
        let mut peer = Peer { role: None, at };
        let id = match socket.try_clone().map(|clone| self.table.begin(clone)) {
            Ok(id) => id,
            Err(source) => return self.table.refuse(LinkError::Lost { peer, source }),
        };
        let (shared, known) = (self.clone(), peer.clone());
        let set_up = move || {
            if let Err(error) = shared.set_up(id, socket, &mut peer) {
                shared.table.refuse(error);
            }
        };
        if let Err(source) = thread::Builder::new().name("setting up".into()).spawn(set_up) {
            self.table.end(id);
            self.table.refuse(LinkError::Lost { peer: known, source });
        }
    }

    fn set_up(&self, id: u64, socket: Socket, peer: &mut Peer) -> Result<(), LinkError> {
        let set_up = self.end.set_up(socket, peer, |role| self.table.is_free(role));
        // From here on it is no stranger's, and nothing ends it for another.
        if !self.table.end(id) {
            let source = io::Error::other("dropped for another, since too many came at once");
            return Err(LinkError::Lost { peer: peer.clone(), source });
        }
        let (channel, hello) = set_up?;
        let half = Half { channel, hello, peer: peer.clone(), since: Instant::now() };
        match self.table.join(half) {
            Joined::Waits => Ok(()),
            Joined::Refused(halves) => {
                let error = LinkError::Twice { peer: peer.clone() };
                halves.into_iter().for_each(|half| half.channel.refuse(&error.line()));
                Err(error)
            }
            Joined::Both(halves) => {
                let [forth, back] = *halves;
                let link = self.welcome(peer, forth, back.channel);
                match link {
                    Ok(link) => self.table.push(link),
                    Err(error) => {
                        peer.role.inspect(|&role| self.table.release(role));
                        return Err(error);
                    }
                }
                Ok(())
            }
        }
    }

    fn welcome(&self, peer: &Peer, forth: Half, mut back: Channel) -> Result<Link, LinkError> {
        let mut read = forth.channel;
        for channel in [&mut read, &mut back] {
            channel.socket.set_until(Instant::now() + self.end.limits.handshake);
            channel.send(Kind::Welcome, &[]).map_err(|error| lost(peer, error))?;
        }
        let hello = forth.hello;
        Link::new(peer, hello.role, hello.terms.note, [read, back], self.end.limits.idle)
    }
}
