//! Elements of the rings Z_2^k.
//!
//! Z_2^k is the integers modulo 2^k. Reduction modulo 2^k of a machine word that wraps is a
//! homomorphism: sums, differences and products may be computed in the whole word and reduced
//! later. So words carry *dirty high bits* during arithmetic, and are masked to their low k bits
//! only where the value itself matters: on the wire, in comparison and equality, as an index.
//!
//! Three levels, from the machine up: [`Word`], a machine word; [`Ring`], a width k and the word that
//! holds it, as a type; [`Z2`], an element. Kernels work on slices of words.

mod choose;
mod fixed_point;
mod pack;
mod word;
mod z2;

pub use fixed_point::{Encoded, FixedPoint, FixedPointError};
pub(crate) use fixed_point::{nearest, power_of_two};
pub(crate) use pack::merge as unpack_by;
pub use pack::{PackError, pack, packed_len, unpack, unpack_add, unpack_at};
pub use word::Word;
pub use z2::{Ring, Width, Z2};
