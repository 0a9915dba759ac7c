//! Model files: what PyTorch wrote is read as it was meant, what is damaged is refused with a reason on one line.
//!
//! Reference networks are looked for in `../shared/models`; a test that does not find them says that it is skipped.
#![cfg(feature = "safetensors")]

#[path = "model_files/any_file.rs"]
mod any_file;
#[path = "model_files/chain.rs"]
mod chain;
#[path = "model_files/corpus.rs"]
mod corpus;
#[path = "model_files/descriptions.rs"]
mod descriptions;
#[path = "model_files/files.rs"]
mod files;
#[path = "model_files/round_trip.rs"]
mod round_trip;
#[path = "model_files/shipped.rs"]
mod shipped;
#[path = "model_files/tensors.rs"]
mod tensors;
#[path = "model_files/torch.rs"]
mod torch;
