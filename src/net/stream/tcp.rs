//! Closing a TCP connection so that the peer gets all that was sent.
//!
//! A socket that is closed with something unread resets the connection, and what the peer has not taken by then may be
//! lost: the reason of a failure, for one. So each side closes the half that it writes, and reads on to the end.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant;

/// The writing half: closed when dropped, while the other stays open.
pub(super) struct Half(pub(super) TcpStream);

impl Write for Half {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        // A connection that is gone already needs no closing.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

/// Takes what comes in a thread of its own, until the peer closes its half or `limit` is over.
pub(super) fn drain(mut socket: TcpStream, limit: Duration) {
    let begun = Instant::now();
    let drain = move || {
        let mut bytes = [0; 4096];
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            // Zero would be no limit.
            if left.is_zero() || socket.set_read_timeout(Some(left)).is_err() {
                return;
            }
            match socket.read(&mut bytes) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return,
            }
        }
    };
    // Without a thread, the socket is closed at once.
    let _ = thread::Builder::new().name("closing".into()).spawn(drain);
}
