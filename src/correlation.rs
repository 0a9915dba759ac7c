//! Correlated randomness: what the dealer hands out before the inputs are known.
//!
//! Party i holds a seed s_i that the dealer knows too. Its share of any random value is
//! PRG(s_i, item, section, index), computed when needed. A value that the dealer must choose (a
//! product, a table) is shared as n − 1 such shares and one *correction*: the dealer sends
//! `value − Σ PRG shares` to one party only, party 0. So the dealer's
//! traffic does not grow with n, and n − 1 parties store nothing. (Keys of [`dcf`] are no such values: both
//! parties get the same.)
//!
//! What is to be dealt is a [`Recipe`], a list of [`Request`]s found by a dry run of the parties'
//! function. The [`Dealer`] walks it; each party's [`Store`] holds every take against it. An item
//! has a number in its session that its pseudorandom addresses are made of, and is handed out
//! once: the types below can't be copied, and their last step consumes them.
//!
//! Nothing here needs a network: a [`Deck`] makes the corrections, [`Store::put`] takes them in, and
//! the store's other methods hand the correlations out, whose local steps are pure. The `Dealer`
//! and the protocols are that and the sending.
//!
//! | correlation | shared | correction |
//! | --- | --- | --- |
//! | [`InputMask`] | r_j, each of which the owner knows too | none |
//! | [`Triple`], [`MatrixTriple`] | a, b, c = a·b | k bits an element of c |
//! | [`FixedMask`] | A | none |
//! | [`FixedProduct`] | b, c = A·b | k bits an element of c |
//! | [`Lookup`] | r, the table T(· − r) | the table |
//! | [`EdaBits`](bits::EdaBits) | r, its bits, products of neighbours | a bit each |
//! | [`BitProducts`](bits::BitProducts) | bits ρ, products ρ_i·ρ_j | a bit a product |
//! | [`DaBits`](bits::DaBits) | a bit ρ, also as a number | k bits |
//! | [`Select`](bits::Select) | s, a bit ρ, also as a number, ρ·s | 2k bits |
//! | [`Legendre`](legendre::Legendre) | r, t, t·r, a table | see [`legendre`] |
//! | [`Comparison`](compare::Comparison) | r, tables of its chunks, products of bits | see [`compare`] |
//! | [`Dcf`](dcf::Dcf) | r, two trees | see [`dcf`] |

pub mod bits;
pub mod compare;
pub mod dcf;
mod dealer;
mod deck;
mod fixed;
mod input;
pub mod legendre;
mod lookup;
mod masked;
#[cfg(doctest)]
mod once;
mod recipe;
mod request;
mod seeds;
mod source;
mod store;
mod take;
mod triple;

pub use dealer::Dealer;
pub use deck::Deck;
pub(crate) use fixed::strips;
pub use fixed::{Fixed, FixedMask, FixedProduct};
pub use input::InputMask;
pub use lookup::Lookup;
pub use masked::Masked;
pub use recipe::{Cost, DryRun, Recipe};
pub(crate) use request::check_groups;
pub use request::{Elements, Request};
pub use seeds::Seeds;
pub(crate) use source::{Dealing, Source};
pub use store::{Store, StoreError};
pub use triple::{MatrixTriple, Triple};
