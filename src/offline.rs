//! The machinery of correlated randomness: what is to be dealt, dealing it, and handing it out once.
//!
//! Party i holds a seed s_i that the dealer knows too. Its share of any random value is
//! PRG(s_i, item, section, index), computed when needed. A value that the dealer must choose (a
//! product, a table) is shared as n − 1 such shares and one *correction*: the dealer sends
//! `value − Σ PRG shares` to one party only, party 0. So the dealer's traffic does not grow with n,
//! and n − 1 parties store nothing.
//!
//! A *kind* of correlation is a type that implements [`Kind`]: it says what shape is asked for,
//! whether that can be dealt, how large its correction is, and makes the correction. The kinds of
//! this crate are in [`correlation`](crate::correlation); nothing here knows one of them, and a
//! package outside adds its own with the same trait.
//!
//! | type | is |
//! | --- | --- |
//! | [`Request`] | a kind and its shape, one item to be dealt |
//! | [`Recipe`] | the items that a computation takes, in order; found by a [dry run](DryRun); travels as bytes |
//! | [`Deck`] | the dealer's work without its network: from seeds and requests to corrections |
//! | [`Store`] | a party's items, each handed out once, in the recipe's order |
//! | [`Source`], [`Dealing`] | one item as a party and as the dealer see it: addressed randomness and the correction |
//! | [`Masked`] | what is left of a correlation whose mask has been used |
//!
//! An item has a number in its session that its pseudorandom addresses are made of, and is handed
//! out once: correlations can't be copied, and their last step consumes them.
//!
//! Nothing here needs a network: a [`Deck`] makes the corrections, [`Store::put`] takes them in. The
//! dealer and the protocols are that and the sending.

mod deck;
mod elements;
mod encoding;
mod error;
mod kind;
pub(crate) mod loops;
mod masked;
pub(crate) mod planes;
pub mod rates;
mod recipe;
mod registry;
mod seeds;
mod source;
pub(crate) mod state;
mod store;

pub use deck::Deck;
pub use elements::Elements;
pub use encoding::{DecodeError, Reader, Writer};
pub use error::Error;
pub(crate) use error::{range, shape};
pub use kind::{DEFAULT_LIMIT, Kind, Request};
pub use masked::Masked;
pub use rates::Work;
pub use recipe::{Cost, DryRun, Recipe};
pub use registry::Registry;
pub use seeds::{PartySeeds, Seeds, SessionTag};
pub use source::{Dealing, Source, apart};
pub use state::StateId;
pub use store::Store;
