//! Neural networks.
//!
//! A model has a public side ([`Architecture`]: layers, shapes and bit lengths) and secret weights. The owner of the
//! weights keeps them and shows them under masks, or shares them if it is no party ([`Sequential::of_shares`]); the owner of
//! an image shares the image, and the parties evaluate the model on shares. The model's owner, the image's owner and whoever
//! learns the result may be different parties.
//!
//! One ring Z_2^k serves a whole model. Each layer states how many low bits of its values count. The result of a linear
//! layer of b bits is correct modulo 2^b, which is enough if it fits b bits as a signed number. An activation compares
//! values of its own bit length and returns values that are correct modulo 2^k.
//!
//! Each kind of layer is a struct of [`step`], with all about it in one file.
//!
//! A trained [`Model`] becomes a [`Quantised`] model in fixed point, whose program over integers is an [`Architecture`].
//! The parties evaluate that as a [`Sequential`], and a [`Forecast`] says what it will cost.
//!
//! # What it costs
//!
//! | layer | rounds | opened bits | dealer's bits |
//! | --- | --- | --- | --- |
//! | linear of b bits, a row | 1 | b an input | b an output |
//! | convolution of b bits | 1 | b an input, once however many windows see it | b an output |
//! | linear or convolution with public weights | 0 | 0 | 0 |
//! | sign of b bits | 2 to 4, see below | see [`Plan`](crate::correlation::compare::Plan) | its tables |
//! | ReLU of b bits, stochastic rounding | 2 to 4, see below | as [`Party::relu`](crate::protocol::Party::relu) | the same |
//! | ReLU of b bits, floor rounding | as above, plus a floor of b − 1 bits | plus those of the floor | plus those of the floor |
//! | clip | as a ReLU | as two ReLUs | as two ReLUs |
//! | truncation of b bits by f, stochastic rounding | 1 | b + 1, of two parties b + 1 − f | k or 2k |
//! | truncation of b bits by f, floor rounding | those of a comparison of f + 1 bits | b + 1, plus those of the comparison | k or 2k, plus its tables |
//! | maximum over windows of m values | ⌈log2 m⌉ times those of a ReLU | m − 1 ReLUs a window | the same |
//! | sums, also of groups, scale, add, concat, select, from | 0 | 0 | 0 |
//! | product of two values | 1 | 2k | k |
//! | products of two values as matrices, `[rows, inner]` and `[inner, columns]` | 1 | k for every element of both | k |
//! | lookup of m bits | 1 | m | 2^m·k |
//! | function by lines | 3 or more | see [`Party::piecewise`](crate::protocol::Party::piecewise) | the same |
//! | softmax of C classes | those of a maximum of C values, plus 9 or more | see [`softmax_reference`] | some 2,300 a value of 10 classes |
//!
//! "Opened bits" are what each party sends to every other party, for each value unless the table says otherwise. Every
//! opened value is masked, so it reveals nothing, and results stay shared. Rounds are counted for direct openings, as
//! between two parties; with more parties a long opening may take two ([`Topology`](crate::net::Topology)).
//!
//! In the default family, tables grow with the width of the ring, so wider rings take an additional round at shorter
//! bit lengths:
//!
//! | ring | sign | ReLU that drops half of its bits |
//! | --- | --- | --- |
//! | 16 bits | 2 rounds, from 15 bits on 3 | 2 |
//! | 32 bits | 2, from 14 on 3 | 2, from 17 on 3 |
//! | 64 bits | 2, from 9 on 3, from 26 on 4 | 2, from 17 on 3, from 51 on 4 |
//!
//! # What is public about a model
//!
//! Every party learns the following, and the dealer learns the part that its recipes contain. Apart from results that are
//! revealed, nothing else that they see depends on the model.
//!
//! - **Layers.** Kind and order of the layers of the program: linear, convolution, sign, ReLU, clip, truncation,
//!   maximum, sum, scale, add, multiply, concat, select, from, products of matrices, sums of groups, lookup, functions by lines,
//!   softmax. So everybody knows the
//!   activation of each layer, which values are added, multiplied and joined, and which normalisations were not folded into other layers.
//! - **Shapes.** Height, width and channels of the image; inputs and outputs of linear layers; size, stride, padding,
//!   dilation, groups and output channels of convolutions and poolings; which elements of a value are selected; heads, rows and columns of products of matrices;
//!   sizes of groups; classes of a softmax. So everybody knows the number of weights.
//! - **Numbers in layers.** The ends of clips; slopes of leaky ReLUs; the factors of scales, which follow from the
//!   sizes of averages and from differences of fractional bits; all entries of tables and nodes of functions by lines,
//!   hence which function they compute between which formats.
//! - **Formats.** The bit length of every layer; the bits that ReLUs and truncations drop; the fractional bits of a
//!   softmax; the ring width; fractional bits and bit lengths of input and output, and the range of the input's integers
//!   (all in [`PublicModel`]).
//! - **Signs.** Of which layers all weights are −1 and +1: their owner is quicker then.
//! - **Rounding** of truncations, and the map from pixels to real numbers ([`Input`]).
//! - **The run.** Who owns the weights; whether they are secret at all ([`Sequential::share`] or
//!   [`Sequential::public`]); the number of parties, the size of a batch, the comparison family, those of layers that have
//!   their own, and the way of opening.
//!
//! *What formats tell of weights.* [`Quantised::calibrate`] chooses formats by what it measures, so the formats tell
//! something of the weights and of the images that it was given: the ranges of each layer's results on these images,
//! including differences within the windows of a maximum; the ratio of the norms of inputs and weights of each layer;
//! the greatest magnitude of its weights; whether its inputs, weights and biases are whole numbers, and if so the
//! greatest result they can have, or how many fractional bits the biases of whole weights need; and how many bits keep
//! the classes. All of this is rounded to bits. Where that is too much, choose formats by hand and give them to
//! [`Quantised::new`].
//!
//! *What stays secret.* Weights, biases, and the scales and shifts of normalisations. With given formats they decide
//! nothing about the program: which layers are merged depends on the kinds and shapes of layers alone
//! ([`Model::simplify`]), whether weights are zero, equal, powers of two or of one sign. A model whose weights do not
//! fit its formats is an error at its owner, before anybody else is involved.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use ringshare::nn::{Architecture, Forecast, Sequential, Weights, step};
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
//!     step::Linear { inputs: 4, outputs: 3, bits: 14 }.into(),
//!     step::Relu { bits: 14, shift: 0 }.into(),
//!     step::Linear { inputs: 3, outputs: 2, bits: 14 }.into(),
//! ];
//! let architecture = Architecture::new(layers, 16)?;
//! let run = Simulation::new(3).run(|party| {
//!     let weights: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&Ones) } else { None };
//!     let model = Sequential::<Z2<16>>::share(party, 0, &architecture, weights)?;
//!     let prepared = model.prepare(party, 1)?;
//!     let image = (party.id() == 1).then_some(&[1, 2, 3, 4][..]);
//!     let x = party.input(1, 4, image)?;
//!     let y = model.forward(party, prepared, x)?;
//!     party.reveal_modulo(&y, model.bits_out(), 1)
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
pub mod op;
mod quantised;
mod sequential;
pub mod step;
pub mod train;

pub use architecture::{Architecture, ArchitectureError, Rounding};
pub use forecast::Forecast;
pub use input::Input;
#[cfg(feature = "safetensors")]
pub use load::{
    LoadError, Loaded, Output, Precision, SaveError, description, load, load_with, load_with_input, save,
};
pub use model::{Model, ModelError};
pub use op::{Node, Op, Weight};
pub use quantised::{
    Cause, Difference, Format, Formats, Options, Overflow, PublicModel, PublicModelError, QuantiseError,
    Quantised,
};
pub use sequential::{Prepared, Sequential, Weights, softmax_reference};
pub use step::Layer;
