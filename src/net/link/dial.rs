//! The end that dials.

use core::time::Duration;
use std::io;
use std::thread;
use std::time::Instant;

use super::address::Address;
use super::channel::{Channel, Failure, Layer, Message, lost};
use super::end::End;
use super::error::{LinkError, Peer};
use super::hello::{Hello, HelloError, Kind};
use super::parts::Link;
use super::role::Role;
use super::socket::Socket;

impl End {
    /// Links this end to a peer that listens, or will.
    ///
    /// Tries again and again until [`Limits::connect`](super::Limits::connect) is over, as long as nobody listens there
    /// or the connection is lost. A refusal is final, by either end.
    ///
    /// # Errors
    /// If nobody is reached in time, the other end is not the one that is asked for, or either refuses the other.
    pub fn dial(&self, to: &Address, peer: Role) -> Result<Link, LinkError> {
        self.dial_until(to, peer, Instant::now() + self.limits.connect, || false)
    }

    /// Gives up when `until` has passed, and between two attempts when `stop` says so.
    pub(super) fn dial_until(
        &self,
        to: &Address,
        peer: Role,
        until: Instant,
        stop: impl Fn() -> bool,
    ) -> Result<Link, LinkError> {
        self.terms.check()?;
        let peer = Peer { role: Some(peer), at: std::format!("{to}") };
        let [mut pause, longest] = self.limits.retry;
        loop {
            let error = match self.attempt(to, &peer, until) {
                Ok(link) => return Ok(link),
                Err(error) => error,
            };
            let left = until.saturating_duration_since(Instant::now());
            match error {
                LinkError::Lost { source, .. } if left.is_zero() || stop() => {
                    let limit = self.limits.connect;
                    return Err(LinkError::Unreachable { peer, limit, source });
                }
                LinkError::Lost { .. } => thread::sleep(pause.min(left)),
                error => return Err(error),
            }
            pause = (pause * 2).min(longest).max(Duration::from_millis(1));
        }
    }

    fn attempt(&self, to: &Address, peer: &Peer, until: Instant) -> Result<Link, LinkError> {
        let lost = |source| lost(peer, source);
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(|error| lost(io::Error::other(error)))?;
        let (mut write, hello) = self.half(to, peer, token, false, until)?;
        let (mut read, _) = self.half(to, peer, token, true, until)?;
        write.socket.set_until(until.min(Instant::now() + self.limits.handshake));
        // The other end has joined both, and has no link of this role yet.
        for half in [&mut write, &mut read] {
            match half.receive().map_err(|failure| failure.of(peer))? {
                Message::Welcome => {}
                Message::Refusal(line) => return Err(LinkError::Refused { peer: peer.clone(), line }),
                Message::Hello(_) => {
                    return Err(Failure::Form(HelloError::Kind { found: Kind::Hello as u8 }).of(peer));
                }
            }
        }
        Link::new(peer, hello.role, hello.terms.note, [read, write], self.limits.idle)
    }

    /// One of the two connections.
    fn half(
        &self,
        to: &Address,
        peer: &Peer,
        token: [u8; 16],
        back: bool,
        until: Instant,
    ) -> Result<(Channel, Hello), LinkError> {
        let until = until.min(Instant::now() + self.limits.handshake);
        let role = peer.role.unwrap_or(self.role);
        let socket = Socket::connect(to, until).map_err(|error| lost(peer, error))?;
        let mut channel = Channel { socket, layer: self.client(role, peer)? };
        if let Err(error) = channel.shake_hands() {
            channel.socket.close_gently();
            return Err(lost(peer, error));
        }
        let hello = self.hello(role, token, back);
        match self.greet(&mut channel, &hello, peer) {
            Ok(answer) => Ok((channel, answer)),
            Err(error @ (LinkError::Differs { .. } | LinkError::Bytes { .. })) => {
                channel.refuse(&error.line());
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    fn greet(&self, channel: &mut Channel, hello: &Hello, peer: &Peer) -> Result<Hello, LinkError> {
        channel.send(Kind::Hello, &hello.body()).map_err(|error| lost(peer, error))?;
        let answer = match channel.receive().map_err(|failure| failure.of(peer))? {
            Message::Hello(answer) => answer,
            Message::Refusal(line) => return Err(LinkError::Refused { peer: peer.clone(), line }),
            Message::Welcome => {
                return Err(Failure::Form(HelloError::Kind { found: Kind::Welcome as u8 }).of(peer));
            }
        };
        self.check_answer(hello, &answer, peer)?;
        channel.send(Kind::Welcome, &[]).map_err(|error| lost(peer, error))?;
        Ok(answer)
    }

    #[cfg(feature = "tls")]
    fn client(&self, role: Role, peer: &Peer) -> Result<Layer, LinkError> {
        let Some(identity) = &self.identity else { return Ok(Layer::Plain) };
        let tls = identity.dial(role).map_err(|error| lost(peer, io::Error::other(error)))?;
        Ok(Layer::Client(std::boxed::Box::new(tls)))
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
    fn client(&self, _: Role, _: &Peer) -> Result<Layer, LinkError> {
        Ok(Layer::Plain)
    }
}
