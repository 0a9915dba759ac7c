//! The machinery of correlated randomness: what is to be dealt, dealing it, and handing it out once.
//!
//! Party i holds a seed s_i, which the dealer knows too. Its share of any random value is PRG(s_i, item, section, index),
//! computed when needed. A value that the dealer must choose (a product, a table) is shared as n − 1 such shares and one
//! *correction*: the dealer sends `value − Σ PRG shares` to one party only, party 0. So the dealer's traffic does not grow
//! with n, and n − 1 parties store nothing.
//!
//! A *kind* of correlation is a type that implements [`Kind`]. It says which shapes can be asked for and dealt, how large the
//! correction is, and how it is made. The kinds of this crate are in [`correlation`](crate::correlation). Nothing here knows
//! any of them by name, and a package outside adds its own by the same trait.
//!
//! | type | is |
//! | --- | --- |
//! | [`Request`] | a kind and a shape: one item to be dealt |
//! | [`Recipe`] | the items that a computation takes, in order; found by a [dry run](DryRun); travels as bytes |
//! | [`Deck`] | the dealer's work without a network: from seeds and requests to corrections |
//! | [`Store`] | a party's items, each handed out once, in the recipe's order |
//! | [`Source`], [`Dealing`] | one item, as a party and as the dealer see it: addressed randomness and the correction |
//! | [`Masked`] | what is left of a correlation whose mask has been used |
//!
//! Each item has a number in its session, from which its pseudorandom addresses are made, and is handed out once.
//! Correlations can't be copied, and their last step consumes them.
//!
//! With the feature `files`, `offline::file` keeps on disk what was dealt ahead of time.
//!
//! Nothing here needs a network: a [`Deck`] makes the corrections, and [`Store::put`] takes them. The dealer and the
//! protocols add the sending.

mod dealt;
mod deck;
mod elements;
mod encoding;
mod error;
#[cfg(feature = "files")]
pub mod file;
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

pub(crate) use dealt::Dealt;
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
