//! What each protocol costs: rounds, opened bits and bytes from the dealer, by the protocol's name.
//!
//! Each function is defined beside its protocol, and tests compare it with what a counting network sees. The cost of a
//! comparison is [`Family::cost`](super::Family::cost).

pub use super::argmax::argmax;
pub use super::bits::{and, bits, compose, select};
pub use super::equal::equal;
pub use super::gradient::{dithered_gradients, dithered_layer, gradients, layer};
pub use super::input::input;
pub use super::lookup::lookup;
pub use super::matrix::{convolution, mask_matrix, product};
pub use super::maximum::maximum;
pub use super::multiply::{matmul, matmuls, multiply};
pub use super::open::open;
pub use super::piecewise::{piecewise, piecewise_floor};
pub use super::pool::{max_pool, max_pool_above};
pub use super::relu::relu;
pub use super::truncate::{truncate, truncate_floor};
