//! The arithmetic below the protocols, on one core.
#![allow(missing_docs)]

#[path = "ring/packing.rs"]
mod packing;
#[path = "ring/prg.rs"]
mod prg;
#[path = "ring/product.rs"]
mod product;

use criterion::{criterion_group, criterion_main};

criterion_group!(benches, packing::packing, prg::prg, product::benches);
criterion_main!(benches);
