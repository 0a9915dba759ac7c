//! Memory for secrets: wiped when it is left.
//!
//! Whoever makes a secret wipes every place that it was in. A vector that grows, a copy that a
//! conversion makes, an early return: each leaves bytes behind. So secrets live in types that wipe on
//! drop, on every path, and have their size from the start.

mod bytes;
mod scratch;

pub use bytes::SecretBytes;
pub use scratch::Scratch;
pub(crate) use scratch::wipe;
