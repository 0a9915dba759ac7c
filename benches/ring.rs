//! The arithmetic below the protocols, on one core.
#![allow(missing_docs)]

#[path = "ring/fresh.rs"]
mod fresh;
#[path = "ring/packing.rs"]
mod packing;
#[path = "ring/prg.rs"]
mod prg;
#[path = "ring/product.rs"]
mod product;
mod quick;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = packing::packing, prg::prg, product::benches, fresh::benches
}
criterion_main!(benches);
