//! Layers with their gradients, a file each.
//!
//! A layer's file has its forward step and its backward step. The forward step puts what the backward step needs on a tape, which that takes
//! off again: products of the same masks, shared bits of comparisons. Nothing is compared twice. To add a layer, write its file and its line
//! in the list below, and say in [`program`](super::program) which layer of a model it stands for.

mod contract;
mod statistics;

pub(super) use self::contract::{Backward, Forward, Parameters, Step, Tape};
pub(super) use self::normalise::ROOT;
pub(super) use self::statistics::{RUNNING, Statistics};
use super::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;

macro_rules! layers {
    ($($module:ident::$name:ident,)*) => {
        $(mod $module; pub(super) use self::$module::$name;)*

        #[derive(Debug)]
        pub(super) enum Layer {
            $($name($name),)*
        }

        impl Step for Layer {
            fn forward<A: Arithmetic>(&self, a: &mut A, x: Numbers, at: &mut Forward<'_, A>) -> Result<Numbers, Error> {
                match self { $(Self::$name(layer) => layer.forward(a, x, at),)* }
            }

            fn backward<A: Arithmetic>(&self, a: &mut A, g: Numbers, at: &mut Backward<'_, A>) -> Result<Numbers, Error> {
                match self { $(Self::$name(layer) => layer.backward(a, g, at),)* }
            }
        }

        $(
            impl From<$name> for Layer {
                fn from(layer: $name) -> Self {
                    Self::$name(layer)
                }
            }
        )*
    };
}

layers! {
    product::Product,
    truncate::Truncate,
    raise::Raise,
    relu::Relu,
    clip::Clip,
    sign::Sign,
    max_pool::MaxPool,
    average_pool::AveragePool,
    add::Add,
    lift::Lift,
    normalise::Normalise,
}
