//! From an async stream to whoever reads and blocks.
//!
//! The queue is one of the standard library: its receiver can wait with a time limit. What bounds it are the permits of
//! a semaphore, for which a task can wait.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{Semaphore, oneshot};
use zeroize::Zeroizing;

/// Bytes that are read at once, at most.
const CHUNK: usize = 64 << 10;
/// Chunks that wait to be taken, at most.
const CHUNKS: usize = 16;

/// Bytes that may be those of shares. The last chunk is empty.
type Chunk = Zeroizing<Vec<u8>>;

/// Reads what a task has read from a stream, within a time limit.
pub(crate) struct Incoming {
    chunks: Receiver<io::Result<Chunk>>,
    /// Room for more chunks.
    room: Arc<Semaphore>,
    now: Cursor<Chunk>,
    ended: bool,
    limit: Duration,
    /// Tells the task that nobody reads any more.
    _gone: oneshot::Sender<()>,
}

/// The end that blocks, and what the task does.
pub(crate) fn new(
    mut reader: impl AsyncRead + Unpin + Send + 'static,
    limit: Duration,
) -> (Incoming, impl Future<Output = ()> + Send + 'static) {
    let room = Arc::new(Semaphore::new(CHUNKS));
    let (to, chunks) = mpsc::channel();
    let (gone, closed) = oneshot::channel();
    let incoming =
        Incoming { chunks, room: room.clone(), now: Cursor::default(), ended: false, limit, _gone: gone };
    let task = async move {
        tokio::select! {
            () = carry(&mut reader, to, &room) => {}
            _ = closed => {}
        }
        // A TCP connection that is closed with something unread is reset, and what the peer has not taken is lost.
        let mut rest = vec![0; CHUNK];
        let drain = async { while reader.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
        let _ = tokio::time::timeout(limit, drain).await;
    };
    (incoming, task)
}

/// Hands over chunks to the end of the stream, or its first error.
async fn carry(reader: &mut (impl AsyncRead + Unpin), to: Sender<io::Result<Chunk>>, room: &Semaphore) {
    while let Ok(permit) = room.acquire().await {
        // Whoever takes the chunk gives it back.
        permit.forget();
        let mut chunk = Chunk::new(Vec::with_capacity(CHUNK));
        let read = reader.read_buf(&mut *chunk).await;
        let last = !matches!(read, Ok(1..));
        if to.send(read.map(|_| chunk)).is_err() || last {
            return;
        }
    }
}

impl Read for Incoming {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = Read::read(&mut self.now, bytes)?;
        if read > 0 || bytes.is_empty() || self.ended {
            return Ok(read);
        }
        let chunk = self.chunks.recv_timeout(self.limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                io::Error::new(io::ErrorKind::TimedOut, format!("nothing came within {:?}", self.limit))
            }
            RecvTimeoutError::Disconnected => {
                io::Error::new(io::ErrorKind::ConnectionAborted, "the task that reads the stream is gone")
            }
        })??;
        self.room.add_permits(1);
        self.ended = chunk.is_empty();
        self.now = Cursor::new(chunk);
        Read::read(&mut self.now, bytes)
    }
}
