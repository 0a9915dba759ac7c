//! From whoever writes and blocks to an async stream.

use std::io::{self, Write};
use std::sync::mpsc as blocking;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{self, Receiver, Sender};
use zeroize::Zeroizing;

/// Bytes of a chunk, at most.
const CHUNK: usize = 64 << 10;
/// Chunks that wait to be written, at most.
const CHUNKS: usize = 16;

enum Order {
    /// Bytes that may be those of shares.
    Write(Zeroizing<Vec<u8>>),
    /// Says how what came before went.
    Flush(blocking::Sender<io::Result<()>>),
}

/// Has a task write to a stream. Only for threads that may block: those of a [`Stream`](ringshare::net::Stream).
pub(crate) struct Outgoing {
    /// Taken when this is dropped, so that the task closes the stream.
    orders: Option<Sender<Order>>,
    /// Disconnected once it has.
    done: blocking::Receiver<()>,
}

/// The end that blocks, and what the task does.
pub(crate) fn new(
    writer: impl AsyncWrite + Unpin + Send + 'static,
) -> (Outgoing, impl Future<Output = ()> + Send + 'static) {
    let (orders, to_do) = mpsc::channel(CHUNKS);
    let (working, done) = blocking::channel();
    (Outgoing { orders: Some(orders), done }, carry(writer, to_do, working))
}

async fn carry(
    mut writer: impl AsyncWrite + Unpin,
    mut orders: Receiver<Order>,
    _working: blocking::Sender<()>,
) {
    let mut written = Ok(());
    while let Some(order) = orders.recv().await {
        match order {
            Order::Write(chunk) => {
                if written.is_ok() {
                    written = writer.write_all(&chunk).await;
                }
            }
            Order::Flush(answer) => {
                let flushed = match written {
                    Ok(()) => writer.flush().await,
                    failed => failed,
                };
                written = flushed.as_ref().map_err(|error| error.kind().into()).copied();
                // Whoever asked may have been dropped.
                let _ = answer.send(flushed);
            }
        }
    }
    // A stream that has failed is closed.
    let _ = writer.shutdown().await;
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the task that writes the stream is gone")
}

impl Outgoing {
    fn order(&self, order: Order) -> io::Result<()> {
        self.orders.as_ref().ok_or_else(gone)?.blocking_send(order).map_err(|_| gone())
    }
}

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = &bytes[..bytes.len().min(CHUNK)];
        self.order(Order::Write(chunk.to_vec().into()))?;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let (answer, flushed) = blocking::channel();
        self.order(Order::Flush(answer))?;
        flushed.recv().map_err(|_| gone())?
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.orders = None;
        // Nothing ever comes. Whoever drops the `Stream` waits for this no longer than it lingers.
        let _ = self.done.recv();
    }
}
