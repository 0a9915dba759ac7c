//! Bits: and, from numbers to bits and back, and choosing by a bit.
//!
//! The mathematics is in [`correlation::bits`](crate::correlation::bits). A vector of bits is opened
//! in whole bytes.

mod arithmetic;
mod binary;
mod select;

pub use arithmetic::cost as compose_cost;
pub use binary::{and_cost, cost as bits_cost};
pub(super) use binary::{one, products_cost};
pub use select::cost as select_cost;
