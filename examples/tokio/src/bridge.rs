//! Streams of tokio under a transport.

use std::io;
use std::time::Duration;

use ringshare::net::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

use crate::{incoming, outgoing};

/// A peer's end of a mesh of async streams, on its way to become a transport.
///
/// ```no_run
/// # async fn party(to_one: tokio::net::TcpStream, to_dealer: tokio::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use ringshare::net::Network;
/// use ringshare::offline::Recipe;
/// use ringshare::protocol::Party;
/// use tokio_example::Bridge;
///
/// let mut bridge = Bridge::new(Duration::from_secs(60));
/// bridge.connect(1, to_one)?;
/// bridge.connect(2, to_dealer)?;
/// let result = bridge.run(|end| {
///     let mut party = Party::join(Network::new(end, 0, 2, 7)?)?;
///     party.receive(&Recipe::default())?;
///     // protocols
///     party.finish()
/// });
/// result.await??;
/// # Ok(())
/// # }
/// ```
pub struct Bridge {
    stream: Stream,
    /// Aborted when dropped, and with them whoever waits for what they carry.
    tasks: JoinSet<()>,
    limit: Duration,
}

impl Bridge {
    /// An end without peers, which waits `limit` for a header or a payload at most, and as long at the end for what the peers
    /// have still to take or to say.
    pub fn new(limit: Duration) -> Self {
        Self { stream: Stream::new().deadline(limit).linger(limit), tasks: JoinSet::new(), limit }
    }

    /// Reads from peer `peer` and writes to it by this stream from now on. Sockets should be without Nagle's algorithm
    /// (`set_nodelay`).
    ///
    /// # Errors
    /// If the system gives no thread.
    ///
    /// # Panics
    /// Outside a runtime, or if it has no timers (`enable_all` or `enable_time`).
    pub fn connect(
        &mut self,
        peer: usize,
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
    ) -> io::Result<()> {
        // Here rather than in a task, where nobody would hear of it.
        drop(tokio::time::sleep(Duration::ZERO));
        let (reader, writer) = tokio::io::split(stream);
        let (incoming, read) = incoming::new(reader, self.limit);
        let (outgoing, write) = outgoing::new(writer);
        self.tasks.spawn(read);
        self.tasks.spawn(write);
        self.stream.connect(peer, incoming, outgoing)
    }

    /// Runs a session in a thread where it may block, and closes the streams in order.
    ///
    /// If the future is dropped, as by a timeout, the streams close, and the session fails where it next waits for a peer.
    /// Of the threads for blocking a session takes one; if peers of one process have to wait for one, they wait for each other.
    ///
    /// # Errors
    /// If `session` panics, or the runtime stops.
    pub async fn run<O: Send + 'static>(
        self,
        session: impl FnOnce(Stream) -> O + Send + 'static,
    ) -> io::Result<O> {
        let Self { stream, mut tasks, limit } = self;
        let output = spawn_blocking(move || session(stream)).await.map_err(io::Error::other)?;
        let closed = async { while tasks.join_next().await.is_some() {} };
        // What a peer has not taken by then, it will not.
        let _ = timeout(limit, closed).await;
        Ok(output)
    }
}
