//! The arithmetic below the protocols.
#![allow(missing_docs)]

#[path = "ring/packing.rs"]
mod packing;
#[path = "ring/prg.rs"]
mod prg;

use criterion::{criterion_group, criterion_main};

criterion_group!(benches, packing::packing, prg::prg);
criterion_main!(benches);
