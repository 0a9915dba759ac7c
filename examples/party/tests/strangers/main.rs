//! Whatever comes from a file or from a stranger: an error, in bounded memory, and nobody else is kept waiting.

mod any_bytes;
mod clients;
mod corpus;
mod frames;
mod impostors;
mod mutation;
mod random;
mod session;
mod soak;
