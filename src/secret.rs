//! Memory for secrets: wiped when it is left.
//!
//! Whoever makes a secret wipes every place that it was in. A vector that grows, a copy that a
//! conversion makes, an early return: each leaves bytes behind. So secrets live in types that wipe on
//! drop, on every path but that of a program which aborts, and have their size from the start.

mod bytes;
#[cfg(not(ringshare_memcheck))]
mod memcheck;
#[cfg(ringshare_memcheck)]
pub mod memcheck;
mod scratch;

pub use bytes::SecretBytes;
pub(crate) use memcheck::public;
pub use scratch::Scratch;
pub(crate) use scratch::wipe;
