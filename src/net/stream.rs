//! A transport over byte streams: sockets, pipes, serial lines, whatever encrypts them.
//!
//! Every peer has a stream to read from and one to write to. A thread for each writes what is queued, so that sending
//! never waits for the receiver: all parties send before they receive, and two that waited for each other's reading
//! would wait for ever. So the queues have no bound. They hold what has been sent and not yet been taken: of a party,
//! the shares of one opening as a rule; of a dealer, all that its receivers are behind.

mod queue;
mod tcp;

use core::fmt;
use core::time::Duration;
use std::boxed::Box;
use std::format;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Instant;
use std::vec::Vec;

use self::queue::Queue;
use super::{ErrorKind, Header, Transport, TransportError};

/// A peer's end of a mesh of byte streams.
///
/// Errors are those of the streams. An error in writing is reported by the next send to that peer, and by
/// [`flush`](Self::flush).
///
/// ```
/// use std::net::{TcpListener, TcpStream};
/// use ringshare::net::{Header, Stream, Transport};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let one = TcpStream::connect(listener.local_addr()?)?;
/// let (zero, _) = listener.accept()?;
/// let mut ends = Vec::new();
/// for (peer, socket) in [(1, zero), (0, one)] {
///     let mut end = Stream::new();
///     end.connect_tcp(peer, socket)?;
///     ends.push(end);
/// }
/// ends[0].send(1, &[7; Header::LEN])?;
/// let mut header = [0; Header::LEN];
/// ends[1].recv_header(0, &mut header)?;
/// assert_eq!(header, [7; Header::LEN]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Stream {
    peers: Vec<Option<Peer>>,
    deadline: Option<Duration>,
    idle: Option<Duration>,
    linger: Duration,
}

struct Peer {
    reader: Box<dyn Read + Send>,
    queue: Arc<Queue>,
    /// To be closed in order.
    socket: Option<TcpStream>,
}

impl Default for Stream {
    fn default() -> Self {
        Self::new()
    }
}

impl Stream {
    /// An end without peers and without a deadline, which lingers for 10 seconds.
    pub fn new() -> Self {
        Self { peers: Vec::new(), deadline: None, idle: None, linger: Duration::from_secs(10) }
    }

    /// Waits for a header or a payload, and in [`flush`](Self::flush), no longer than that.
    ///
    /// A reader that waits in one call can't be interrupted. So the deadline holds where readers have a time limit of
    /// their own (`set_read_timeout`), and is kept to within that limit. Without a deadline, the first time that the
    /// reader's own limit passes is an error.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Waits in [`flush`](Self::flush) no longer than that without a peer taking anything. For the other direction, a
    /// reader's own limit does the same.
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Waits no longer than that when dropped for what is queued to be written. What is left is written as long as the
    /// program runs and the peer takes it.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// Reads from peer `peer` and writes to it by these streams from now on. Both must be blocking.
    ///
    /// The streams are closed by being dropped. Over a protocol that then discards what the peer has not taken, as TCP
    /// does if something that came is left unread, the writer should close its half first when it is dropped.
    /// [`connect_tcp`](Self::connect_tcp) does.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn connect(
        &mut self,
        peer: usize,
        reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
    ) -> io::Result<()> {
        let queue = Arc::new(Queue::default());
        let written = queue.clone();
        thread::Builder::new().name(format!("to peer {peer}")).spawn(move || written.write_to(writer))?;
        if self.peers.len() <= peer {
            self.peers.resize_with(peer + 1, || None);
        }
        self.peers[peer] = Some(Peer { reader: Box::new(reader), queue, socket: None });
        Ok(())
    }

    /// Reads from peer `peer` and writes to it by this socket from now on, without Nagle's algorithm: many frames are
    /// small.
    ///
    /// When this end is dropped, it closes its half of the connection, and a thread takes what still comes until the
    /// peer closes the other half, or the time to linger is over. So the peer gets all that was sent.
    ///
    /// # Errors
    /// If the system gives no thread, or refuses a handle or an option of the socket.
    pub fn connect_tcp(&mut self, peer: usize, socket: TcpStream) -> io::Result<()> {
        socket.set_nodelay(true)?;
        self.connect(peer, socket.try_clone()?, tcp::Half(socket.try_clone()?))?;
        self.peer(peer)?.socket = Some(socket);
        Ok(())
    }

    /// Waits until everything that was sent has been written. A program that ends after its last send calls it first.
    ///
    /// # Errors
    /// If a stream failed, the deadline passed, or a peer took nothing for too long.
    pub fn flush(&mut self) -> io::Result<()> {
        let until = self.deadline.and_then(|deadline| Instant::now().checked_add(deadline));
        self.peers.iter().flatten().try_for_each(|peer| peer.queue.flush(until, self.idle))
    }

    fn peer(&mut self, peer: usize) -> io::Result<&mut Peer> {
        let none =
            || io::Error::new(io::ErrorKind::NotConnected, format!("there is no stream to peer {peer}"));
        self.peers.get_mut(peer).and_then(Option::as_mut).ok_or_else(none)
    }

    fn read(&mut self, from: usize, bytes: &mut [u8]) -> io::Result<()> {
        let (begun, deadline) = (Instant::now(), self.deadline);
        let reader = &mut self.peer(from)?.reader;
        let mut done = 0;
        while done < bytes.len() {
            let late = match reader.read(&mut bytes[done..]) {
                Ok(0) => {
                    let text = format!("the peer went away after {done} of {} bytes", bytes.len());
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
                }
                Ok(read) => {
                    done += read;
                    false
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => false,
                Err(error) if TransportError::kind(&error) == ErrorKind::TimedOut => deadline.is_none(),
                Err(error) => return Err(error),
            };
            let passed = deadline.is_some_and(|deadline| begun.elapsed() >= deadline);
            if done < bytes.len() && (late || passed) {
                let text = match (deadline, done) {
                    (Some(deadline), 0) => format!("nothing came within {deadline:?}"),
                    (None, 0) => "nothing came within the reader's time limit".into(),
                    _ => format!("{done} of {} bytes came within the time limit", bytes.len()),
                };
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
        }
        Ok(())
    }
}

/// Prints none of the frames.
impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({} peers)", self.peers.iter().flatten().count())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let until = Instant::now().checked_add(self.linger);
        self.peers.iter().flatten().for_each(|peer| peer.queue.close());
        // First of all, so that two ends that are dropped at once don't wait for each other's reading.
        self.peers.iter_mut().flatten().filter_map(|peer| peer.socket.take()).for_each(|socket| {
            tcp::drain(socket, self.linger);
        });
        self.peers.iter().flatten().for_each(|peer| peer.queue.wait_for_end(until));
    }
}

impl Transport for Stream {
    type Error = io::Error;

    fn send(&mut self, to: usize, frame: &[u8]) -> io::Result<()> {
        self.peer(to)?.queue.push(frame)
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> io::Result<()> {
        self.read(from, header)
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> io::Result<()> {
        self.read(from, payload)
    }
}
