//! Sockets of both kinds, with a time limit for everything while a link is set up.

use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::Instant;

use socket2::{SockRef, TcpKeepalive};

use super::address::Address;

/// A connected socket. While `until` is set, reading and writing fail once it has passed, however little is asked.
#[derive(Debug)]
pub(super) struct Socket {
    inner: Inner,
    until: Option<Instant>,
}

#[derive(Debug)]
enum Inner {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// The same call for either kind.
macro_rules! either {
    ($socket:expr, $inner:ident => $call:expr) => {
        match $socket {
            Inner::Tcp($inner) => $call,
            #[cfg(unix)]
            Inner::Unix($inner) => $call,
        }
    };
}

impl Socket {
    /// Connects to an address before `until`.
    pub(super) fn connect(address: &Address, until: Instant) -> io::Result<Self> {
        match address {
            Address::Tcp(name) => {
                let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
                for address in name.to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, left(until)?) {
                        Ok(stream) => return Self::tcp(stream, until),
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)?;
                socket.connect_timeout(&socket2::SockAddr::unix(path)?, left(until)?)?;
                Self::unix(std::os::fd::OwnedFd::from(socket).into(), until)
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Without Nagle's algorithm, since many frames are small, and with probes, so that a host that vanished is noticed.
    pub(super) fn tcp(stream: TcpStream, until: Instant) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(5));
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows))]
        let keepalive = keepalive.with_interval(Duration::from_secs(2));
        SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
        Ok(Self { inner: Inner::Tcp(stream), until: Some(until) })
    }

    #[cfg(unix)]
    pub(super) fn unix(stream: UnixStream, until: Instant) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        Ok(Self { inner: Inner::Unix(stream), until: Some(until) })
    }

    pub(super) fn try_clone(&self) -> io::Result<Self> {
        let inner = match &self.inner {
            Inner::Tcp(stream) => Inner::Tcp(stream.try_clone()?),
            #[cfg(unix)]
            Inner::Unix(stream) => Inner::Unix(stream.try_clone()?),
        };
        Ok(Self { inner, until: self.until })
    }

    /// Fails what is read and written later than that.
    pub(super) fn set_until(&mut self, until: Instant) {
        self.until = Some(until);
    }

    /// The link is set up: from now on a read waits for `idle`, and a write until the peer takes it.
    pub(super) fn set_idle(&mut self, idle: Duration) -> io::Result<()> {
        self.until = None;
        // Zero would be no limit.
        let idle = idle.max(Duration::from_millis(1));
        either!(&self.inner, stream => {
            stream.set_read_timeout(Some(idle))?;
            stream.set_write_timeout(None)
        })
    }

    pub(super) fn shutdown(&self, how: Shutdown) {
        // A connection that is gone already needs no closing.
        let _ = either!(&self.inner, stream => stream.shutdown(how));
    }

    /// Takes what has come already, a little of it, so that closing does not reset the connection.
    pub(super) fn discard_waiting(&mut self) {
        if either!(&self.inner, stream => stream.set_nonblocking(true)).is_ok() {
            let mut bytes = [0; 1024];
            for _ in 0..64 {
                let read = either!(&mut self.inner, stream => stream.read(&mut bytes));
                if !matches!(read, Ok(1..)) {
                    return;
                }
            }
        }
    }

    /// Closes the writing half, and takes what comes for at most a second, so that the other end gets all that was
    /// written: a socket that is closed with something unread resets the connection.
    pub(super) fn close_gently(&mut self) {
        self.shutdown(Shutdown::Write);
        let limit = Instant::now() + Duration::from_secs(1);
        self.until = Some(self.until.map_or(limit, |until| until.min(limit)));
        let mut bytes = [0; 1024];
        for _ in 0..64 {
            if !matches!(self.read(&mut bytes), Ok(1..)) {
                return;
            }
        }
    }
}

/// How long it is until then, or an error.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "the time limit passed"));
    }
    // Not below what systems count in.
    Ok(left.max(Duration::from_millis(1)))
}

/// A socket's own time limit is one error or another, depending on the system.
fn timed<T>(result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            io::Error::new(io::ErrorKind::TimedOut, "the time limit passed")
        }
        _ => error,
    })
}

impl Read for Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let Some(until) = self.until else {
            return either!(&mut self.inner, stream => stream.read(bytes));
        };
        let left = left(until)?;
        either!(&mut self.inner, stream => {
            stream.set_read_timeout(Some(left))?;
            timed(stream.read(bytes))
        })
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    /// TLS hands over several records at once, and an alert behind what is still to be sent.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let Some(until) = self.until else {
            return either!(&mut self.inner, stream => stream.write_vectored(parts));
        };
        let left = left(until)?;
        either!(&mut self.inner, stream => {
            stream.set_write_timeout(Some(left))?;
            timed(stream.write_vectored(parts))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
