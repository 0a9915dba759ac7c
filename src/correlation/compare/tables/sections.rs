//! Where the randomness of a comparison lies.

use crate::offline::apart;

// Sections of the item. Vectors of one value a word start at multiples of 64 values.
pub(super) const R: u64 = 0;
pub(super) const BITS: u64 = 1;
pub(super) const PRODUCTS: u64 = 2;
pub(super) const TOP: u64 = 3;
pub(super) const ENTRIES: u64 = 4;
pub(super) const LIFTS: u64 = 5;
pub(super) const CHUNKS: u64 = 8;
// A section a chunk, of up to 22.
const _: () =
    assert!(apart(&[R, BITS, PRODUCTS, TOP, ENTRIES, LIFTS, CHUNKS, CHUNKS + 21]) && CHUNKS > LIFTS);
