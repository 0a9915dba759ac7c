//! The end that is dialled: one connection, up to the point where it waits for its other half.

use super::channel::{Channel, Failure, Layer, Message, lost};
use super::end::End;
use super::error::{LinkError, Peer};
use super::hello::{Hello, HelloError, Kind};
use super::role::Role;
use super::socket::Socket;

impl End {
    /// Sets up a connection that came in, or refuses it. `free` says whether a role may have a link.
    pub(super) fn set_up(
        &self,
        socket: Socket,
        peer: &mut Peer,
        free: impl Fn(Role) -> bool,
    ) -> Result<(Channel, Hello), LinkError> {
        let mut channel = Channel { socket, layer: self.server(peer)? };
        if let Err(error) = channel.shake_hands() {
            let error = lost(peer, error);
            // The alert that says why is to arrive.
            if matches!(error, LinkError::Tls { .. }) {
                channel.socket.close_gently();
            }
            return Err(error);
        }
        match self.answer(&mut channel, peer, free) {
            Ok(hello) => Ok((channel, hello)),
            Err(error) => {
                if !matches!(error, LinkError::Lost { .. } | LinkError::Refused { .. }) {
                    channel.refuse(&error.line());
                }
                Err(error)
            }
        }
    }

    fn answer(
        &self,
        channel: &mut Channel,
        peer: &mut Peer,
        free: impl Fn(Role) -> bool,
    ) -> Result<Hello, LinkError> {
        let hello = match channel.receive().map_err(|failure| failure.of(peer))? {
            Message::Hello(hello) => hello,
            Message::Refusal(line) => return Err(LinkError::Refused { peer: peer.clone(), line }),
            Message::Welcome => {
                return Err(Failure::Form(HelloError::Kind { found: Kind::Welcome as u8 }).of(peer));
            }
        };
        peer.role = Some(hello.role);
        check_certificate(channel, hello.role, peer)?;
        self.check_caller(&hello, peer)?;
        if !free(hello.role) {
            return Err(LinkError::Twice { peer: peer.clone() });
        }
        let own = self.hello(hello.role, hello.token, hello.back);
        channel.send(Kind::Hello, &own.body()).map_err(|error| lost(peer, error))?;
        match channel.receive().map_err(|failure| failure.of(peer))? {
            Message::Welcome => Ok(hello),
            Message::Refusal(line) => Err(LinkError::Refused { peer: peer.clone(), line }),
            Message::Hello(_) => Err(Failure::Form(HelloError::Kind { found: Kind::Hello as u8 }).of(peer)),
        }
    }

    #[cfg(feature = "tls")]
    fn server(&self, peer: &Peer) -> Result<Layer, LinkError> {
        let Some(identity) = &self.identity else { return Ok(Layer::Plain) };
        let tls = identity.accept().map_err(|error| lost(peer, std::io::Error::other(error)))?;
        Ok(Layer::Server(std::boxed::Box::new(tls)))
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
    fn server(&self, _: &Peer) -> Result<Layer, LinkError> {
        Ok(Layer::Plain)
    }
}

/// Whether the certificate that came, if any is asked for, is one of the role that the connection claims. TLS has checked
/// that it is of the authority.
#[cfg(feature = "tls")]
fn check_certificate(channel: &Channel, role: Role, peer: &Peer) -> Result<(), LinkError> {
    let Layer::Server(tls) = &channel.layer else { return Ok(()) };
    let tls_error = |reason| LinkError::Tls { peer: peer.clone(), reason };
    let first = tls.peer_certificates().and_then(<[_]>::first);
    let certificate = first.ok_or_else(|| tls_error("expected a certificate, found none".into()))?;
    super::identity::is_of(certificate, role).map_err(tls_error)
}

#[cfg(not(feature = "tls"))]
#[allow(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
fn check_certificate(_: &Channel, _: Role, _: &Peer) -> Result<(), LinkError> {
    Ok(())
}
