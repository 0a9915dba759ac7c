//! Bits: and, from numbers to bits and back, and choosing by a bit.
//!
//! The mathematics is in [`correlation::bits`](crate::correlation::bits). A vector of bits is opened
//! in whole bytes.

mod arithmetic;
mod binary;
mod select;

pub use self::{
    arithmetic::cost as compose_cost,
    binary::{and_cost, cost as bits_cost, zero_cost},
    select::cost as select_cost,
};
pub(super) use arithmetic::cost as arithmetic_cost;
pub(super) use binary::one;
