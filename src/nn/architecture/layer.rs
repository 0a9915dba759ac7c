//! The steps of a model over integers.

use crate::function::Table;
use crate::linalg::Window;

/// One layer of a model over integers: kind, shape and bit lengths. A layer takes the *current value* x, `[images, n]`,
/// which is the result of the layer before it. Value 0 is the model's input, value i + 1 the result of layer i.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// z = x·Wᵀ + b with secret or public W: `[outputs, inputs]` and b: `[outputs]`, modulo 2^bits.
    Linear {
        /// Elements of a row of x.
        inputs: usize,
        /// Elements of a row of z.
        outputs: usize,
        /// Bits of z that count; z must fit as a signed number.
        bits: u32,
    },
    /// The same at every place of a window: x: `[height, width, channels]`, W: `[outputs, size[0], size[1],
    /// channels / groups]`, b: `[outputs]`, z: `[places[0], places[1], outputs]`. Channels and outputs are divided into
    /// `groups` groups of equal size, and an output of a group depends on the channels of that group only.
    Convolution {
        /// Image and window.
        window: Window,
        /// Channels of z.
        outputs: usize,
        /// Groups of channels.
        groups: usize,
        /// Bits of z that count; z must fit as a signed number.
        bits: u32,
    },
    /// +1 where x ≥ 0, else −1, of values that fit `bits` bits as signed numbers.
    Sign {
        /// The bit length.
        bits: u32,
    },
    /// max(x, 0) / 2^shift, of values that fit `bits` bits as signed numbers.
    Relu {
        /// The bit length.
        bits: u32,
        /// Bits to truncate by.
        shift: u32,
    },
    /// min(max(x, low), high), of values for which x − low and x − high fit `bits` bits as signed numbers.
    Clip {
        /// The bit length.
        bits: u32,
        /// The least result.
        low: i64,
        /// The greatest result.
        high: i64,
    },
    /// x / 2^shift, of values that fit `bits` bits as signed numbers and are correct modulo 2^(bits + 1).
    Truncate {
        /// The bit length.
        bits: u32,
        /// Bits to truncate by.
        shift: u32,
    },
    /// The greatest value of every window, channel by channel; padding is ignored. All differences within
    /// a window fit `bits` bits as signed numbers.
    MaxPool {
        /// Image and window.
        window: Window,
        /// The bit length.
        bits: u32,
    },
    /// The sum over every window, channel by channel.
    SumPool {
        /// Image and window.
        window: Window,
    },
    /// x times a public number.
    Scale {
        /// The number.
        factor: i64,
    },
    /// x plus an earlier value.
    Add {
        /// The number of the value.
        value: usize,
    },
    /// An earlier value in place of x.
    From {
        /// The number of the value.
        value: usize,
    },
    /// T(x mod 2^m) for a table of m index bits.
    Lookup {
        /// The public function.
        table: Table,
    },
    /// exp(x_c) / Σ exp(x_j) over rows of `classes` values, with `fraction` fractional bits before and after; all
    /// differences within a row fit `bits` bits as signed numbers.
    Softmax {
        /// Values of a row.
        classes: usize,
        /// The bit length.
        bits: u32,
        /// Fractional bits of x and of the result.
        fraction: u32,
    },
}

impl Layer {
    /// Elements of a row that it takes, where its shape says so.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Self::Linear { inputs, .. } => Some(*inputs),
            Self::Convolution { window, .. } | Self::MaxPool { window, .. } | Self::SumPool { window } => {
                window.image.iter().try_fold(1usize, |all, &size| all.checked_mul(size))
            }
            _ => None,
        }
    }
}

/// What is known of a value in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// Elements of a row.
    pub(super) elements: usize,
    /// Low bits that are correct.
    pub(super) right: u32,
}
