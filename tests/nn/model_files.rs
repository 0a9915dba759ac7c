//! Model files: what PyTorch wrote is read as it was meant, what is damaged is refused with a reason on one line.
//!
//! Reference networks are looked for in `../shared/models`; a test that does not find them says that it is skipped.
#![cfg(feature = "safetensors")]

mod any_file;
mod chain;
mod corpus;
mod descriptions;
mod files;
mod round_trip;
mod shipped;
mod tensors;
mod torch;
