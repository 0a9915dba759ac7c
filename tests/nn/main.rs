//! Models: over the real numbers, in files, in fixed point, and among parties.
#![cfg(feature = "std")]

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod float_models;
mod model;
mod model_files;
mod networks;
mod parts;
mod quantised;
mod random;
mod redrawn;
mod reference_networks;
mod trained;
mod training;
