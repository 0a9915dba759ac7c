//! The layers of the public integer program, a file each.
//!
//! All about a layer is in its file: what it is and its fields; which values it fits and what is then known of its result;
//! its exact integers in the clear; how rounding errors pass through it; its line in a summary; its bytes; and what it does
//! with shares. The rest of `nn` knows no layer by name, except what builds programs. To add a layer, write its file and name
//! it in the list in this module.
//!
//! The list is closed, since all parties must read a program alike from its bytes. A project outside that has an operation
//! of its own evaluates the layers before it and after it by a [`Sequential`](super::Sequential) each, and the operation by
//! the protocols of [`Party`](crate::protocol::Party) on the shares between. The first then ends in a layer whose result
//! is correct in the whole ring, such as a ReLU ([`bits_out`](super::Architecture::bits_out)).

mod contract;

use crate::nn::PublicModelError;
use crate::nn::quantised::{Reader, Writer};
use crate::nn::sequential::Online;
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;
pub(super) use contract::{Errors, Line, Step};

/// The layers: module, struct, and the number by which bytes know it.
macro_rules! layers {
    ($($module:ident::$layer:ident = $tag:literal;)+) => {
        $(mod $module;)+
        $(pub use $module::$layer;)+

        /// One layer of a model over integers: kind, shape and bit lengths. A layer takes the *current value* x, `[images, n]`,
        /// which is the result of the layer before it. Value 0 is the model's input, value i + 1 the result of layer i.
        ///
        /// Each kind is a struct of [`step`](self), which becomes a layer by `into()`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Layer {
            $(
                #[doc = concat!("A [`step::", stringify!($layer), "`](", stringify!($layer), ").")]
                $layer($layer),
            )+
        }

        $(
            impl core::convert::From<$layer> for Layer {
                fn from(step: $layer) -> Self {
                    Self::$layer(step)
                }
            }
        )+

        impl Layer {
            /// What every layer says of itself.
            pub(super) fn step(&self) -> &dyn Step {
                match self {
                    $(Self::$layer(step) => step,)+
                }
            }

            pub(super) fn step_mut(&mut self) -> &mut dyn Step {
                match self {
                    $(Self::$layer(step) => step,)+
                }
            }

            /// What it is called.
            #[cfg(feature = "tracing")]
            pub(super) fn kind(&self) -> &'static str {
                match self {
                    $(Self::$layer(_) => stringify!($layer),)+
                }
            }

            /// Its kind, then its fields.
            pub(super) fn write(&self, to: &mut Writer) {
                to.0.push(match self {
                    $(Self::$layer(_) => $tag,)+
                });
                self.step().write(to);
            }

            pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
                const MOST: u8 = [$($tag),+].len() as u8 - 1;
                match from.number("kind of a layer", 0, u8::MAX)? {
                    $($tag => Step::read(from).map(Self::$layer),)+
                    found => {
                        let (most, found) = (MOST.into(), found.into());
                        Err(PublicModelError::Value { what: "kind of a layer", least: 0, most, found })
                    }
                }
            }

            /// [`Step::forward`].
            pub(super) fn forward<R: Ring>(
                &self,
                x: Share<R>,
                at: Online<'_, R>,
            ) -> Result<Share<R>, Error> {
                match self {
                    $(Self::$layer(step) => step.forward(x, at),)+
                }
            }
        }
    };
}

layers! {
    linear::Linear = 0;
    convolution::Convolution = 1;
    sign::Sign = 2;
    relu::Relu = 3;
    clip::Clip = 4;
    truncate::Truncate = 5;
    max_pool::MaxPool = 6;
    sum_pool::SumPool = 7;
    scale::Scale = 8;
    add::Add = 9;
    from::From = 10;
    lookup::Lookup = 11;
    softmax::Softmax = 12;
    piecewise::Piecewise = 13;
    multiply::Multiply = 14;
    concat::Concat = 15;
    select::Select = 16;
    group_sum::GroupSum = 17;
    matmul::MatMul = 18;
}
