//! A link that is set up: a connection for each direction.

use core::fmt;
use core::time::Duration;
use std::io::{self, Read, Write};
use std::string::String;
use std::time::Instant;
use std::vec::Vec;

use super::channel::Channel;
use super::error::{LinkError, Peer};
use super::role::Role;

/// Both directions to a peer whose role and terms have been checked.
#[derive(Debug)]
pub struct Link {
    /// Who is at the other end.
    pub role: Role,
    /// What that end told of itself: at most 256 bytes.
    pub note: Vec<u8>,
    /// The address that was dialled, or that the connection came from.
    pub at: String,
    reader: Reader,
    writer: Writer,
}

impl Link {
    /// From connections that are set up.
    pub(super) fn new(
        peer: &Peer,
        role: Role,
        note: Vec<u8>,
        [read, write]: [Channel; 2],
        idle: Duration,
    ) -> Result<Self, LinkError> {
        let lost = |source| LinkError::Lost { peer: peer.clone(), source };
        let (mut reader, mut writer) = (Reader(read), Writer { channel: write, limit: idle });
        reader.set_idle(idle).map_err(lost)?;
        writer.channel.socket.set_idle(idle).map_err(lost)?;
        Ok(Self { role, note, at: peer.at.clone(), reader, writer })
    }

    /// Lets the reader wait for so long for the next byte.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_idle(&mut self, idle: Duration) -> io::Result<()> {
        self.reader.set_idle(idle)
    }

    /// What comes from the other end, and what goes there: for a thread each.
    pub fn into_parts(self) -> (Reader, Writer) {
        (self.reader, self.writer)
    }
}

/// What comes from the other end. A read that waits for longer than the idle limit fails, and may be repeated.
pub struct Reader(Channel);

impl Reader {
    /// Waits for so long for the next byte.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_idle(&mut self, idle: Duration) -> io::Result<()> {
        self.0.socket.set_idle(idle)
    }
}

impl Read for Reader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes).map_err(|error| match error.kind() {
            // Without the end that TLS has of its own: a process that was killed, or a connection that was cut.
            io::ErrorKind::UnexpectedEof => {
                io::Error::new(error.kind(), "the peer went away without closing")
            }
            _ => error,
        })
    }
}

/// What goes to the other end. Dropped, it closes its connection behind all that was written, which the other end can
/// still read.
///
/// A write waits for as long as the other end takes nothing and its host answers, unless [`set_until`](Self::set_until) says otherwise.
pub struct Writer {
    channel: Channel,
    /// For what is left to be written at the end.
    limit: Duration,
}

impl Writer {
    /// Fails what is written later than that, or not taken by then. Part of a frame may have gone out: nothing more can be written.
    pub fn set_until(&mut self, until: Instant) {
        self.channel.socket.set_until(until);
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.channel.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.channel.flush()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.channel.close(self.limit);
    }
}

/// Prints nothing that is in a buffer.
impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

/// Prints nothing that is in a buffer.
impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}
