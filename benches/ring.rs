//! Kernels of the ring on one core.

#[path = "ring/product.rs"]
mod product;

criterion::criterion_group!(benches, product::benches);
criterion::criterion_main!(benches);
