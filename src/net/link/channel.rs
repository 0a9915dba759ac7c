//! A connection that is being set up, or carries data: a socket, with TLS or without.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::string::String;
use std::time::Instant;
use std::vec;

#[cfg(feature = "tls")]
use rustls::{ClientConnection, ServerConnection};

use super::error::{LinkError, Peer, printable};
use super::hello::{Head, Hello, HelloError, Kind, message};
use super::socket::Socket;

/// What one end writes and the other reads.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) socket: Socket,
    pub(super) layer: Layer,
}

/// What is between the socket and the bytes.
#[derive(Debug)]
pub(super) enum Layer {
    Plain,
    #[cfg(feature = "tls")]
    Client(std::boxed::Box<ClientConnection>),
    #[cfg(feature = "tls")]
    Server(std::boxed::Box<ServerConnection>),
}

/// A message while a link is set up.
pub(super) enum Message {
    Hello(Hello),
    Refusal(String),
    Welcome,
}

/// Why no message came.
pub(super) enum Failure {
    Io(io::Error),
    Form(HelloError),
}

impl Failure {
    pub(super) fn of(self, peer: &Peer) -> LinkError {
        match self {
            Self::Io(error) => lost(peer, error),
            Self::Form(HelloError::Version { found }) => LinkError::Differs {
                peer: peer.clone(),
                field: "protocol version".into(),
                expected: std::format!("{}", super::hello::VERSION),
                found: std::format!("{found}"),
            },
            Self::Form(error) => LinkError::Bytes { peer: peer.clone(), reason: std::format!("{error}") },
        }
    }
}

/// What an error of a connection means before the link is set up.
pub(super) fn lost(peer: &Peer, source: io::Error) -> LinkError {
    #[cfg(feature = "tls")]
    if let Some(error) = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return LinkError::Tls { peer: peer.clone(), reason: super::words::in_words(error) };
    }
    LinkError::Lost { peer: peer.clone(), source }
}

impl Channel {
    /// Finishes the handshake of TLS.
    #[cfg_attr(not(feature = "tls"), allow(clippy::unnecessary_wraps, reason = "with TLS it can fail"))]
    pub(super) fn shake_hands(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Plain => {}
            #[cfg(feature = "tls")]
            Layer::Client(tls) => {
                while_handshaking(|| tls.is_handshaking().then(|| tls.complete_io(&mut self.socket)))?
            }
            #[cfg(feature = "tls")]
            Layer::Server(tls) => {
                while_handshaking(|| tls.is_handshaking().then(|| tls.complete_io(&mut self.socket)))?
            }
        }
        Ok(())
    }

    pub(super) fn send(&mut self, kind: Kind, body: &[u8]) -> io::Result<()> {
        self.write_all(&message(kind, body))?;
        self.flush()
    }

    /// Waits for one message, of a bounded length.
    pub(super) fn receive(&mut self) -> Result<Message, Failure> {
        let head = Head::read(self.receive_head()?).map_err(Failure::Form)?;
        let mut body = vec![0; head.length];
        self.read_exact(&mut body).map_err(Failure::Io)?;
        match head.kind {
            Kind::Hello => Hello::read_body(&body).map(Message::Hello).map_err(Failure::Form),
            Kind::Refusal => Ok(Message::Refusal(printable(&String::from_utf8_lossy(&body)))),
            Kind::Welcome if body.is_empty() => Ok(Message::Welcome),
            Kind::Welcome => Err(Failure::Form(HelloError::Long { bytes: body.len() })),
        }
    }

    /// The bytes of a head. Fewer that begin otherwise, such as an alert of TLS, are an error of form.
    fn receive_head(&mut self) -> Result<[u8; Head::LEN], Failure> {
        let (mut head, mut come) = ([0; Head::LEN], 0);
        while come < head.len() {
            match self.read(&mut head[come..]) {
                Ok(0) => {
                    let ended = Failure::Io(io::ErrorKind::UnexpectedEof.into());
                    return Err(Head::begins(&head[..come]).map_or_else(Failure::Form, |()| ended));
                }
                Ok(read) => come += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::Io(error)),
            }
        }
        Ok(head)
    }

    /// Says why there will be no link, and closes so that the other end gets to read it.
    pub(super) fn refuse(mut self, line: &str) {
        // Who is gone needs no telling.
        let _ = self.send(Kind::Refusal, printable(line).as_bytes());
        self.finish();
        self.socket.close_gently();
    }

    /// Says in TLS that this was all.
    pub(super) fn finish(&mut self) {
        match &mut self.layer {
            Layer::Plain => {}
            #[cfg(feature = "tls")]
            Layer::Client(tls) => tls.send_close_notify(),
            #[cfg(feature = "tls")]
            Layer::Server(tls) => tls.send_close_notify(),
        }
        let _ = self.flush();
    }

    /// Closes the writing half behind all that was written.
    pub(super) fn close(&mut self, limit: Duration) {
        self.socket.set_until(Instant::now() + limit);
        self.finish();
        self.socket.shutdown(Shutdown::Write);
        self.socket.discard_waiting();
    }
}

/// A handshake takes several calls where one ends with its first write.
#[cfg(feature = "tls")]
fn while_handshaking(mut step: impl FnMut() -> Option<io::Result<(usize, usize)>>) -> io::Result<()> {
    while let Some(result) = step() {
        if result? == (0, 0) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

impl Read for Channel {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match &mut self.layer {
            Layer::Plain => self.socket.read(bytes),
            #[cfg(feature = "tls")]
            Layer::Client(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).read(bytes),
            #[cfg(feature = "tls")]
            Layer::Server(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).read(bytes),
        }
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.layer {
            Layer::Plain => self.socket.write(bytes),
            #[cfg(feature = "tls")]
            Layer::Client(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).write(bytes),
            #[cfg(feature = "tls")]
            Layer::Server(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Plain => Ok(()),
            #[cfg(feature = "tls")]
            Layer::Client(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).flush(),
            #[cfg(feature = "tls")]
            Layer::Server(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).flush(),
        }
    }
}
