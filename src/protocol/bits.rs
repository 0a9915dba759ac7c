//! Shared bits: products, from numbers to bits and back, and choosing by a bit.
//!
//! The mathematics is in [`correlation::bits`](crate::correlation::bits). A vector of bits is opened in whole bytes.

mod arithmetic;
mod binary;
mod select;

pub use arithmetic::compose;
pub use binary::{and, bits};
pub(super) use binary::{one, products_cost};
pub use select::select;
