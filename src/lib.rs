//! Secret-sharing kernels for machine learning over the rings Z_2^k.
//!
//! Several parties hold additive shares of a model and of images, and classify the images without any of them seeing
//! either. A dealer hands out correlated randomness before the inputs are known. Every protocol is then local arithmetic
//! and *openings*: mask, open, finish.
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use ringshare::{Simulation, Z2};
//!
//! let run = Simulation::new(3).run(|party| {
//!     let x = party.input::<Z2<14>>(0, 2, (party.id() == 0).then_some(&[5, 16_380]))?; // 5 and −4
//!     let signs = party.sign::<_, Z2<8>>(&x, 14)?; // two rounds, 17 bits a value
//!     party.open(&signs)
//! });
//! assert_eq!(run.unwrap().outputs[2], [1, 255]); // +1 and −1
//! # }
//! ```
//!
//! # Where to start
//!
//! - **You write protocols.** [`Party`] has all operations as methods, from [`input`](Party::input) to
//!   [`argmax`](Party::argmax); [`protocol`] lists what each costs. `Simulation` in [`sim`] runs a function at all parties in
//!   one process, and finds out by a dry run what the dealer is to deal.
//! - **You run networks.** [`nn`]: a [`Model`](nn::Model), from a file or from code, becomes a [`Quantised`] model in fixed
//!   point, which the parties evaluate as a [`Sequential`]; a [`Forecast`](nn::Forecast) says what that costs.
//! - **You bring a transport.** Implement [`Transport`]: send a frame, receive a frame. A [`Network`] over it makes a
//!   [`Party`], or a [`Dealer`] at the dealer's end. `net::Stream` is one over any pair of `Read` and `Write`, and
//!   `net::link` (feature `tls`) joins processes by such streams.
//! - **You have a protocol engine of your own.** The types of [`correlation`] are the local halves of all protocols: each
//!   masks, says what is to be opened, and finishes. [`Deck`](offline::Deck) deals and [`Store`] hands out, with no network
//!   anywhere.
//! - **You add a correlation.** Implement [`Kind`](offline::Kind) for what is asked of the dealer, and write the protocol as
//!   a function of a [`Party`]. Dealer, recipes, dry runs, forecasts and simulator take it like those of this crate.
//!
//! # Whom to trust
//!
//! Parties are semi-honest, and up to all but one of them may pool what they see. The dealer is honest and colludes with
//! nobody: **the dealer and any one party together can read everything.** The transport encrypts and authenticates. Who
//! could learn what, and what is public, is in
//! [SECURITY.md](https://github.com/ringshare/ringshare/blob/main/SECURITY.md); what is public about a model, in [`nn`].
//!
//! # Modules
//!
//! From the bottom up; each knows only those above it in this table.
//!
//! | module | holds |
//! | --- | --- |
//! | `secret` | memory that is wiped when dropped |
//! | [`linalg`] | wrapping matrix products and convolutions: AVX-512, AVX2, portable, chosen at run time |
//! | [`ring`] | elements of Z_2^k, fixed point, packing k-bit elements for the wire |
//! | [`prg`] | the pseudorandom generator, addressed by (seed, domain, index) |
//! | [`field`] | prime fields below 2^64, quadratic characters of many values at once |
//! | [`function`] | public functions on up to 12 bits as tables, of integers and in fixed point |
//! | [`share`] | vectors of arithmetic and boolean shares |
//! | [`offline`] | the machinery of correlated randomness: requests, recipes, dealing, handing out once |
//! | [`correlation`] | the kinds of correlated randomness: the mathematics of every protocol, without a network |
//! | [`net`] | the transport trait, frames, openings; transports in memory, over streams and over MPI |
//! | [`protocol`] | party and dealer: the few lines that send |
//! | [`nn`] | trained models, their files, fixed point, evaluation, forecasts; training |
//! | [`sim`] | parties and dealer as threads |
//!
//! The way through them, from an image to its logits and from a request to a finished value, is in
//! [ARCHITECTURE.md](https://github.com/ringshare/ringshare/blob/main/ARCHITECTURE.md).
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `std` | yes | [`sim`], the transports in memory and over streams |
//! | `safetensors` | yes | model files; implies `std` |
//! | `files` | no | `offline::file`: what a party keeps on disk; implies `std` |
//! | `parallel` | no | several cores for each party in matrix products; implies `std` |
//! | `mpi` | no | a transport between the ranks of an MPI job, where MPI is installed; implies `std` |
//! | `tcp` | no | `net::link`: links between processes, over TCP or sockets in files; implies `std` |
//! | `tls` | no | the same, encrypted and authenticated by certificates; implies `tcp` |
//! | `tracing` | no | spans of phases and layers, events of openings, for subscribers of the crate `tracing`; no secret values |
//!
//! Without them the crate is `no_std` and needs `alloc`.
#![cfg_attr(not(feature = "std"), doc = "", doc = "[`sim`]: #features")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[macro_use]
mod trace;

pub mod correlation;
pub mod field;
pub mod function;
pub mod linalg;
pub mod net;
pub mod nn;
pub mod offline;
pub mod prg;
pub mod protocol;
pub mod ring;
pub mod secret;
pub mod share;
#[cfg(feature = "std")]
pub mod sim;
mod simd;

#[doc(no_inline)]
pub use self::correlation::compare::Wish;
#[doc(no_inline)]
pub use self::net::{Network, Transport};
#[doc(no_inline)]
pub use self::nn::{Quantised, Sequential};
#[doc(no_inline)]
pub use self::offline::{Recipe, Store};
#[doc(no_inline)]
pub use self::protocol::{Dealer, Family, Party};
#[doc(no_inline)]
pub use self::ring::{Ring, Z2};
#[doc(no_inline)]
pub use self::share::{BitShare, Share};
#[cfg(feature = "std")]
#[doc(no_inline)]
pub use self::sim::Simulation;

/// The README's examples, as tests.
#[cfg(all(doctest, feature = "safetensors"))]
#[doc = include_str!("../README.md")]
mod readme {}
