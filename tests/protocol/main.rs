//! Protocols among simulated parties, against plain integers: results, costs, misuse, and what anyone sees.
#![cfg(feature = "std")]

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod activations;
mod bitwise;
mod convolution;
mod costs;
mod families;
mod fixed_product;
mod functions;
mod gradients;
mod misuse;
mod pooling;
mod protocols;
mod ranking;
mod uniform;
