//! The layers of a trained model, a file each.
//!
//! A file says all there is to say of its layer: what it computes and on which shapes, its value in single precision, how a
//! model that contains it is simplified, how many bits its result needs, the integer layers that stand for it, and how it is
//! written in a file. The trait `Operation` lists these. To add a layer, write its file and its line in the list below.
//!
//! Code that deals with all layers asks for facts, such as its `Role`, instead of naming layers.
//!
//! **Layers of other packages.** The set is closed. A layer ends up as integer [`Layer`](super::Layer)s, which every party
//! must know by number and shape before the run, and whose bytes travel between them. A project that needs another layer
//! cuts its network in two models, evaluates both with [`Sequential`](super::Sequential), and computes what lies between
//! them by a protocol of its own on the shares: results and inputs of models are plain [`Share`](crate::share::Share)s.

mod affine;
mod contract;
mod groups;
mod role;
mod weight;

use alloc::string::String;
use core::fmt;

pub(super) use self::affine::Affine;
pub(super) use self::contract::Operation;
pub use self::groups::Groups;
pub(super) use self::role::{Role, Rule};
pub use self::weight::Weight;
#[cfg(feature = "safetensors")]
use super::load::{Described, File, LoadError, Order, SaveError, Saved};

macro_rules! operations {
    ($($module:ident::$name:ident,)*) => {
        $(mod $module; pub use self::$module::$name;)*

        /// What a layer computes. Values are `[height, width, channels]`, channels last; a vector is `[1, 1, n]`.
        /// [`Debug`](fmt::Debug) prints what it is and how many weights it has, not their values.
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Op {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)*
        }

        $(
            impl core::convert::From<$name> for Op {
                fn from(op: $name) -> Self {
                    Self::$name(op)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    print(self, f)
                }
            }
        )*

        impl Op {
            pub(super) fn get(&self) -> &dyn Operation {
                match self { $(Self::$name(op) => op,)* }
            }

            pub(super) fn get_mut(&mut self) -> &mut dyn Operation {
                match self { $(Self::$name(op) => op,)* }
            }
        }

        #[cfg(feature = "safetensors")]
        impl Op {
            /// Reads the layer that a description describes.
            pub(super) fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
                $(if <$name as File>::TYPES.contains(&layer.kind()) {
                    return <$name as File>::read(layer).map(Self::$name);
                })*
                Err(layer.unknown())
            }

            /// Writes type, options and tensors.
            pub(super) fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
                match self { $(Self::$name(op) => File::write(op, layer),)* }
            }

            /// The order of the result of values in these orders, if it takes such values.
            pub(super) fn order(&self, image: [usize; 3], x: Order, others: &[Order]) -> Option<Order> {
                match self { $(Self::$name(op) => File::order(op, image, x, others),)* }
            }
        }
    };
}

operations! {
    linear::Linear,
    convolution::Convolution,
    normalise::Normalise,
    relu::Relu,
    leaky_relu::LeakyRelu,
    clip::Clip,
    sign::Sign,
    sigmoid::Sigmoid,
    tanh::Tanh,
    gelu::Gelu,
    gelu_tanh::GeluTanh,
    silu::Silu,
    hardswish::Hardswish,
    mish::Mish,
    softplus::Softplus,
    elu::Elu,
    softmax::Softmax,
    max_pool::MaxPool,
    average_pool::AveragePool,
    flatten::Flatten,
    dropout::Dropout,
    add::Add,
    multiply::Multiply,
    concat::Concat,
    select::Select,
    from::From,
    centre::Centre,
    inverse_rms::InverseRms,
    matmul::MatMul,
    scale_elements::ScaleElements,
    reshape::Reshape,
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self.get(), f)
    }
}

/// What it is and how many weights it has: their values are secret.
fn print(op: &dyn Operation, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (summary, numbers) = (op.summary(), op.numbers());
    if numbers.is_empty() { write!(f, "{summary}") } else { write!(f, "{summary} ({numbers} weights)") }
}

/// A layer with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The name, for messages; no two layers of a model share one.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Height, width and channels of its result.
    pub shape: [usize; 3],
}
