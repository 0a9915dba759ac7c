//! Sessions over the streams of tokio.
//!
//! Protocols compute and block, and want threads of their own; streams belong to tasks. In between, for every peer, a task
//! carries bytes from the stream to a queue that the protocol reads, and another from a queue to the stream:
//!
//! ```text
//!  spawn_blocking            the executor
//!  party ── net::Stream ──── queue ──── task ──── async stream
//! ```
//!
//! So the executor never waits for a protocol, and a protocol waits for the executor no longer than its time limit. It hears at
//! once when the tasks are gone, be it that the future was dropped or that the runtime stops.
//! (`tokio_util::io::SyncIoBridge` has neither: it enters the runtime from the protocol's thread, where a read has no time
//! limit, and where timers panic once the runtime stops.)

mod bridge;
mod incoming;
mod outgoing;

pub use bridge::Bridge;

mod product;

pub use product::{Error, peer, plain};
