//! The protocols: mask, open, finish.
//!
//! Every party runs the same function on its own [`Party`], in lockstep with the others. A protocol takes a
//! correlation from the party's store, masks its input with it, opens that, and finishes locally. The mathematics is in
//! [`correlation`](crate::correlation); what is here are the lines that send. Each protocol states its rounds, the bits
//! that a party opens (sends to every other party, where opening is direct) and what the dealer sends, and has a
//! function in [`cost`] that says the same.
//!
//! | protocol | rounds | opened bits an element | dealer's bits an element |
//! | --- | --- | --- | --- |
//! | [`input`](Party::input) | 0 | 0 | 0 |
//! | [`open`](Party::open), [`reveal`](Party::reveal) | 1 | k | 0 |
//! | [`multiply`](Party::multiply) | 1 | 2k | k |
//! | [`matmul`](Party::matmul) of r×m by m×c, and [`matmuls`](Party::matmuls), each | 1 | (rm + mc)·k in all | rc·k in all |
//! | [`product`](Party::product) with a masked matrix, a row | 1 | inputs·k | outputs·k |
//! | [`product`](Party::product) through a window, an image | 1 | h·w·c·k | places·outputs·k |
//! | [`layer`](Party::layer) of x and W, and [`gradients`](Party::gradients) | 1, and 1 | (x + W)·k, and z·k | z·k, and (x + W)·k |
//! | [`dithered_layer`](Party::dithered_layer) | the same, and the bias opened | | z and x with k less what is dropped |
//! | [`lookup`](Party::lookup), [`lookup_pair`](Party::lookup_pair) of m bits | 1 | m | 2^m·k |
//! | [`piecewise`](Party::piecewise) | 3; where x is clipped, also those of a ReLU; of tables of single values 2 | see [`Interpolation`](crate::correlation::interpolation) | |
//! | [`piecewise_floor`](Party::piecewise_floor) | as `piecewise`, plus a comparison of the dropped bits | | |
//! | [`and`](Party::and) of bits | 1 | 2 | 1 |
//! | [`bits`](Party::bits) of k-bit numbers | ⌈log2(k − 1)⌉ | see [`Circuit`](crate::correlation::bits::Circuit) | |
//! | [`arithmetic`](Party::arithmetic) of a bit | 1 | 1 | k |
//! | [`compose`](Party::compose) of m bits | 1 | m | Σ (k − j), j < m |
//! | [`select`](Party::select), [`select_bits`](Party::select_bits) by a bit | 1 | 1 + k | 2k |
//! | [`sign`](Party::sign), [`negative`](Party::negative), [`greater`](Party::greater) | by [`Family`]; for lookups, see [`Plan`](crate::correlation::compare::Plan) | | |
//! | [`legendre`](Party::legendre), s symbols | 2 | bits + 1 + 64·s | 128·s, and 2^(s−1) elements |
//! | [`relu`](Party::relu), [`abs`](Party::abs), [`zero`](Party::zero) | as a comparison | | |
//! | [`relu_with_derivative`](Party::relu_with_derivative) | by lookups as a ReLU; by others a comparison, a truncation and a selection | | |
//! | [`clipped_relu`](Party::clipped_relu) | as two comparisons in the same rounds | | |
//! | [`truncate`](Party::truncate) | 1 | k + 1, of two parties those that are kept and 1 | 1 or 2 elements |
//! | [`truncate_floor`](Party::truncate_floor) | as a truncation, plus a comparison of the dropped bits | | |
//! | [`maximum`](Party::maximum), [`minimum`](Party::minimum) | as a comparison | | |
//! | [`maximum_of`](Party::maximum_of) m | ⌈log2 m⌉ comparisons | | |
//! | [`max_pool`](Party::max_pool), windows of m | ⌈log2 m⌉ comparisons | | |
//! | [`argmax`](Party::argmax), [`argmin`](Party::argmin), [`top_k`](Party::top_k) of m | a comparison and a lookup | | |
//!
//! Opening by scatter and gather takes two rounds in place of one, and a party sends 2/n of the bits
//! ([`Topology`](crate::net::Topology)).

mod argmax;
mod bits;
mod compare;
pub mod cost;
mod dealer;
mod equal;
pub(crate) mod error;
mod gradient;
mod input;
mod lookup;
mod matrix;
mod maximum;
mod multiply;
mod open;
mod party;
mod piecewise;
mod pool;
mod receive;
mod relu;
mod truncate;
mod window;

pub use compare::{Family, UnknownFamily};
pub use dealer::Dealer;
pub use error::Error;
pub use matrix::WriteRow;
pub(crate) use matrix::written;
pub use party::Party;
