//! Bits: products of shared bits, and the ways between numbers and bits.
//!
//! A vector of bits is bit-sliced: a word holds one bit of 64 values, and a number of k bits is k
//! such vectors, its *planes*, the least significant first.
//!
//! **Products.** Bits v_i are opened as c_i = v_i ⊕ ρ_i. Then v_i·v_j = c_i·c_j ⊕ c_i·ρ_j ⊕ c_j·ρ_i ⊕ ρ_i·ρ_j, where the
//! dealer shares the last term: these are Beaver triples over bits. A bit that enters several products of a round is opened
//! once ([`BitProducts`]).
//!
//! **From a number to its bits.** The dealer shares the bits of a random r too (edaBits: Escudero,
//! Ghosh, Keller, Rachuri, Scholl, *Improved primitives for MPC over mixed arithmetic-binary
//! circuits*, CRYPTO 2020, section 3). With y = x + r mod 2^k opened, x = y − r is the difference of
//! public and of shared bits. Bit i *generates* a borrow if y_i < r_i, and *propagates* one if
//! y_i = r_i:
//!
//! - g_i = (1 ⊕ y_i)·r_i and p_i = 1 ⊕ y_i ⊕ r_i, linear in the shared bits, as y is public;
//! - two neighbouring ranges make g = g_high ⊕ p_high·g_low and p = p_high·p_low, where the sum is
//!   without carry because no range generates and propagates at once;
//! - x_i = y_i ⊕ r_i ⊕ b_i, where the borrow b_i is the g of all bits below i.
//!
//! Ranges of one bit are combined in pairs (bits 2i and 2i + 1) without any opening: the products
//! are of r's bits with public factors, and the dealer shares r_{2i+1}·r_{2i}. Every further level
//! doubles the length of the ranges by a round of products ([`Subtraction`]). [`Circuit`] chooses what comes out:
//!
//! | circuit | of | bits that enter, n | rounds | products | opened bits of all levels |
//! | --- | --- | --- | --- | --- | --- |
//! | sign | x_{k−1} | k − 1 | ⌈log2 n⌉ | 2(m − 1) − ⌈log2 m⌉ | 3(m − 1) − ⌈log2 m⌉ |
//! | zero | x = 0, the p of all bits | k | ⌈log2 n⌉ | m − 1 | 2(m − 1) |
//! | bits | all x_i | k − 1 | ⌈log2 n⌉ | below n·⌈log2 m⌉ | about n/2·⌈log2 m⌉ + n |
//!
//! Here m = ⌈n / 2⌉, and the rounds, at least one, include the opening of y. All borrows are found by Sklansky's prefix tree
//! (*Conditional-sum addition logic*, IRE Transactions on Electronic Computers 1960). It has the least depth possible. At
//! each level the upper half of every range is combined with *one* g and p of the lower half, which are opened once; only p
//! of the upper half is opened bit by bit. The tree of Kogge and Stone is as deep but opens g and p at every bit of every
//! level, four times as much. That of Brent and Kung opens less, in twice the rounds. Any n will do: the last range of a
//! level may be short.
//!
//! Rabbit (Makri, Rotaru, Vercauteren, Wagh, FC 2021) compares by two such circuits on public and shared bits, because its
//! modulus need not be a power of two; here it is one, and one circuit is enough. CrypTen (Knott et al., NeurIPS 2021)
//! shares the bits of every party's own share and adds those up by log2 n adders; here one opened mask serves any number of
//! parties.
//!
//! **From bits to numbers.** A random bit ρ is shared both ways (daBits: Rotaru and Wood, *MArBled
//! circuits*, INDOCRYPT 2019). With c = b ⊕ ρ opened, b = c + (1 − 2c)·ρ ([`DaBits`]).
//!
//! **Choosing by a bit.** c·x for a shared bit c and a number x takes one round ([`Select`]).

mod circuit;
mod dabits;
mod edabits;
mod kernel;
mod leaves;
mod products;
mod select;
mod subtract;

pub use dabits::{DaBits, DaBitsRequest};
pub(crate) use edabits::lowest;
pub use edabits::{EdaBits, EdaBitsRequest, lowest_bits};
pub use products::{BitProducts, BitProductsRequest};
pub(crate) use select::Selector;
pub use select::{Select, SelectRequest};
pub use subtract::{Circuit, Level, Subtraction};
