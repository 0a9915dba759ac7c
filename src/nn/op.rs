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

mod role;
mod weight;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub(super) use self::role::Role;
pub use self::weight::Weight;
#[cfg(feature = "safetensors")]
use super::load::{Described, File, LoadError, Order, SaveError, Saved};
use super::model::{Batch, Model, ModelError, Value};
use super::quantised::{Affine, Builder, Choice, Chosen, Format, Held, QuantiseError};
use crate::linalg::Window;

/// What a layer is.
///
/// Values are `[height, width, channels]`, channels last. "The value" is what the layer takes: the result of the layer
/// before it.
pub(super) trait Operation {
    /// The names of further values that it takes.
    fn others(&self) -> &[String] {
        &[]
    }

    /// The same, to change them.
    fn others_mut(&mut self) -> &mut [String] {
        &mut []
    }

    /// The shape of its result.
    ///
    /// # Errors
    /// If it cannot be applied to a value of this shape.
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        Ok(x.shape)
    }

    /// Its result in single precision, for a batch.
    fn evaluate(&self, x: Vec<f32>, batch: Batch<'_>) -> Vec<f32>;

    /// What a table says that it is.
    fn summary(&self) -> String;

    /// How many numbers it has, and of what kind; empty if it has none.
    fn numbers(&self) -> String {
        String::new()
    }

    /// What it does with the value, as far as other layers care.
    fn role(&self) -> Role {
        Role::Function
    }

    /// Whether it is a non-decreasing function of single elements.
    fn rises(&self) -> bool {
        false
    }

    /// Whether every element of its result depends on the element in the same place alone.
    fn is_elementwise(&self) -> bool {
        self.rises()
    }

    /// Whether its results are probabilities, so that they count as they are.
    fn is_probability(&self) -> bool {
        false
    }

    /// Makes the model simpler where this is layer `layer` of it, and says whether it did.
    fn simplify(&self, model: &mut Model, layer: usize) -> bool {
        let _ = (model, layer);
        false
    }

    /// The product with weights that it is, of a value of a shape.
    fn affine(&self, x: [usize; 3]) -> Option<Affine<'_>> {
        let _ = x;
        None
    }

    /// The window whose values it compares.
    fn compares(&self) -> Option<&Window> {
        None
    }

    /// Whether the value has to hold whatever the result holds.
    fn widens(&self) -> bool {
        !matches!(self.role(), Role::Function | Role::Product | Role::Sign | Role::Mean { .. })
    }

    /// Whether it drops fractional bits of the value by itself.
    fn truncates(&self) -> bool {
        false
    }

    /// The format of its result, where the value and the others have these.
    ///
    /// # Errors
    /// If no format holds it.
    fn format(
        &self,
        choice: &Choice<'_>,
        layer: usize,
        x: Chosen,
        others: &[Chosen],
    ) -> Result<Chosen, QuantiseError>;

    /// The integer layers that stand for it, appended to a program.
    ///
    /// # Errors
    /// If the wanted format does not fit.
    fn lower(
        &self,
        builder: &mut Builder<'_>,
        x: Held,
        others: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError>;
}

macro_rules! operations {
    ($($module:ident: $name:ident,)*) => {
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
    linear: Linear,
    convolution: Convolution,
    normalise: Normalise,
    relu: Relu,
    clip: Clip,
    sign: Sign,
    sigmoid: Sigmoid,
    tanh: Tanh,
    gelu: Gelu,
    softmax: Softmax,
    max_pool: MaxPool,
    average_pool: AveragePool,
    flatten: Flatten,
    dropout: Dropout,
    add: Add,
    from: From,
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

/// f of every element.
fn each(mut x: Vec<f32>, f: impl Fn(f32) -> f32) -> Vec<f32> {
    x.iter_mut().for_each(|x| *x = f(*x));
    x
}
