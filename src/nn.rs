//! Neural networks.
//!
//! A model is described in public ([`Architecture`]: shapes and bit lengths), its weights are
//! shared by their owner, and it is evaluated on shared inputs: the model's owner, the input's
//! owner and whoever learns the result may be different parties.
//!
//! One ring serves a whole model; each layer states how many low bits of it count. A linear layer's
//! result is right modulo 2^bits, which is enough if it fits that many bits as a signed number; an
//! activation compares at its own length and yields values of the whole ring again.
//!
//! | layer | rounds | opened bits | dealer's bits |
//! | --- | --- | --- | --- |
//! | linear of b bits, a row | 1 | b an input | b an output |
//! | convolution of b bits | 1 | b an input, once however many windows see it | b an output |
//! | either, with public weights | 0 | 0 | 0 |
//! | sign of b bits | 2 to 4, see below | see [`Plan`](crate::correlation::compare::Plan) | its tables |
//! | ReLU of b bits, truncated at random | 2 to 4, see below | as [`Party::relu`](crate::protocol::Party::relu) | the same |
//! | ReLU rounded to the floor | and a floor of b − 1 bits | and its own | and its own |
//! | clip | as a ReLU | of two ReLUs | of two ReLUs |
//! | truncation of b bits by f, at random | 1 | b + 1 | k or 2k |
//! | truncation of b bits by f, to the floor | of a comparison of f + 1 bits | b + 1, and those of its chunks | k or 2k, and its tables |
//! | maximum of windows of m | ⌈log2 m⌉ ReLUs | m − 1 ReLUs a window | the same |
//! | sums, scale, add, from | 0 | 0 | 0 |
//! | lookup of m bits | 1 | m | 2^m·k |
//! | softmax of C classes | of a maximum of C, and 5 or more | see [`softmax_reference`] | 2^12·32 a value, and more |
//!
//! Opened bits are those that a party sends every other, a value where nothing else is said; everything opened is masked
//! and tells nobody anything. The results stay shared. Rounds are those of direct openings, as between two parties:
//! with more, a long opening may take two ([`Topology`](crate::net::Topology)).
//!
//! By the default family, tables are the larger the wider the ring is, and a round is sooner worth its while:
//!
//! | ring | sign | ReLU, truncated by half |
//! | --- | --- | --- |
//! | 16 bits | 2 rounds, from 15 bits on 3 | 2, from 12 on 3 |
//! | 32 bits | 2, from 14 on 3 | 2, from 9 on 3, from 26 on 4 |
//! | 64 bits | 2, from 9 on 3, from 26 on 4 | the same |
//!
//! What a whole model takes, a [`Forecast`] says before it is run.
//!
//! ```
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use ringshare::nn::{Architecture, Forecast, Layer, Sequential, Weights};
//! use ringshare::protocol::Family;
//! use ringshare::ring::Z2;
//! use ringshare::sim::Simulation;
//!
//! /// Everything is one.
//! struct Ones;
//! impl Weights<u16> for Ones {
//!     fn row(&self, _: usize, _: usize, out: &mut [u16]) {
//!         out.fill(1);
//!     }
//!     fn bias(&self, _: usize, out: &mut [u16]) {
//!         out.fill(1);
//!     }
//! }
//!
//! let layers = vec![
//!     Layer::Linear { inputs: 4, outputs: 3, bits: 14 },
//!     Layer::Relu { bits: 14, shift: 0 },
//!     Layer::Linear { inputs: 3, outputs: 2, bits: 14 },
//! ];
//! let architecture = Architecture::new(layers, 16)?;
//! let run = Simulation::new(3).run(|party| {
//!     let weights: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&Ones) } else { None };
//!     let model = Sequential::<Z2<16>>::share(party, 0, &architecture, weights)?;
//!     let prepared = model.prepare(party, 1)?;
//!     let image = (party.id() == 1).then_some(&[1, 2, 3, 4][..]);
//!     let x = party.input(1, 4, image)?;
//!     let y = model.forward(party, prepared, x)?;
//!     party.reveal_low(&y, model.bits_out(), 1)
//! })?;
//! assert_eq!(run.outputs[1], Some(vec![34, 34])); // 3·(1 + 2 + 3 + 4 + 1) + 1
//! let [_, batch] = Forecast::of_model::<Z2<16>>(&architecture, 3, 1, Family::default())?;
//! println!("{batch}");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! ```

mod architecture;
mod forecast;
mod input;
mod limits;
#[cfg(feature = "safetensors")]
mod load;
mod model;
mod quantised;
mod sequential;

pub use architecture::{Architecture, ArchitectureError, Layer, Rounding};
pub use forecast::{Forecast, Nowhere};
pub use input::Input;
#[cfg(feature = "safetensors")]
pub use load::{LoadError, Loaded, Precision, SaveError, description, load, load_with, save};
pub use model::{Model, ModelError, Node, Op, Weight};
pub use quantised::{
    Format, Formats, Options, Overflow, PublicModel, PublicModelError, QuantiseError, Quantised,
};
pub use sequential::{Prepared, Sequential, Weights, softmax_reference};
