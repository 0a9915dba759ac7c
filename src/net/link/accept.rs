//! Sockets that listen, of both kinds.

use std::format;
use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::string::String;
use std::time::Instant;

use super::address::Address;
use super::socket::Socket;

/// Takes connections without waiting for them.
#[derive(Debug)]
pub(super) enum Acceptor {
    Tcp(TcpListener),
    /// The file is removed when this is dropped.
    #[cfg(unix)]
    Unix(UnixListener, PathBuf),
}

impl Acceptor {
    /// Listens, and says where.
    pub(super) fn bind(at: &Address) -> io::Result<(Self, Address)> {
        match at {
            Address::Tcp(name) => {
                let listener = TcpListener::bind(name.as_str())?;
                listener.set_nonblocking(true)?;
                let port = listener.local_addr()?.port();
                // The host as it was named: the others may know it by that name alone.
                let host = name.rsplit_once(':').map_or(name.as_str(), |(host, _)| host);
                let address = Address::Tcp(format!("{host}:{port}"));
                Ok((Self::Tcp(listener), address))
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let listener = bind_unix(path)?;
                listener.set_nonblocking(true)?;
                Ok((Self::Unix(listener, path.clone()), at.clone()))
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// A connection that has come, which is to be set up before `until`, and where from.
    pub(super) fn accept(&self, until: Instant) -> io::Result<(Socket, String)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, from) = listener.accept()?;
                Ok((Socket::tcp(stream, until)?, format!("{from}")))
            }
            #[cfg(unix)]
            Self::Unix(listener, path) => {
                let (stream, _) = listener.accept()?;
                Ok((Socket::unix(stream, until)?, format!("unix:{}", path.display())))
            }
        }
    }
}

/// A file that nobody listens at any more is of a process that was killed.
#[cfg(unix)]
fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let refused = UnixStream::connect(path).err().map(|error| error.kind());
            if refused != Some(io::ErrorKind::ConnectionRefused) {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        result => result,
    }
}

#[cfg(unix)]
impl Drop for Acceptor {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Someone may have removed it already.
            let _ = std::fs::remove_file(path);
        }
    }
}
