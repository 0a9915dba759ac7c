//! Neural networks.
//!
//! A model is described in public ([`Architecture`]: shapes and bit lengths), its weights are
//! shared by their owner, and it is evaluated on shared inputs: the model's owner, the input's
//! owner and whoever learns the result may be different parties.
//!
//! One ring serves a whole model; each layer states how many low bits of it count. A linear layer's
//! result is right modulo 2^bits, which is enough if it fits that many bits as a signed number; a
//! sign layer compares at its own length and yields ±1 in the whole ring again.
//!
//! | layer | rounds | opened bits an element | dealer's bits |
//! | --- | --- | --- | --- |
//! | linear | 1 | bits an input | bits an output |
//! | sign | 2, from 21 bits on 3, from 34 on 4 | see [`Plan`](crate::correlation::compare::Plan) | |

mod architecture;
mod forecast;
mod input;
#[cfg(feature = "safetensors")]
mod load;
mod model;
mod quantised;
mod sequential;

pub use architecture::{Architecture, ArchitectureError, Layer, Rounding};
pub use forecast::{Forecast, Nowhere};
pub use input::Input;
#[cfg(feature = "safetensors")]
pub use load::{LoadError, Loaded, Precision, SaveError, load, load_with, save};
pub use model::{Model, ModelError, Node, Op, Weight};
pub use quantised::{Format, Formats, Options, Overflow, QuantiseError, Quantised};
pub use sequential::{Prepared, Sequential, Weights, softmax_reference};
