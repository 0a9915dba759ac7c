//! What of a model is public.

use alloc::vec::Vec;
use core::fmt;

use crate::function::Table;
use crate::linalg::Window;

/// One step of a model over integers: kind, shape and bit lengths. A step takes the *current value*, `[images, n]`, and
/// its result is the current value of the next. Value 0 is the model's input, value i + 1 the result of layer i.
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
    /// channels / groups]`, b: `[outputs]`, z: `[places[0], places[1], outputs]`. Outputs and channels fall into as many
    /// groups, and an output sees the channels of its own.
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
    /// x / 2^shift, of values that fit `bits` bits as signed numbers.
    Truncate {
        /// The bit length.
        bits: u32,
        /// Bits to truncate by.
        shift: u32,
    },
    /// The greatest value of every window, channel by channel; what is padded is not looked at. All differences within
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

/// How truncations round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// Down, or up with the probability of what is dropped: off by less than one unit, and cheap.
    #[default]
    Stochastic,
    /// Down, exactly.
    Floor,
}

/// Layers whose shapes fit each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    layers: Vec<Layer>,
    inputs: usize,
    outputs: usize,
}

/// Why layers make no architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchitectureError {
    /// There is no linear layer in first place, so nothing says how wide the input is.
    NoLinear,
    /// A layer takes another number of elements than the one before it gives.
    Inputs {
        /// The layer, counted from 0.
        layer: usize,
        /// What the layer before gives.
        expected: usize,
        /// What the layer takes.
        found: usize,
    },
    /// A layer has no elements.
    Empty {
        /// The layer, counted from 0.
        layer: usize,
    },
    /// A sign layer compares more bits than the layer before it computes, or too few or too many.
    Bits {
        /// The layer, counted from 0.
        layer: usize,
        /// The most that it can take.
        most: u32,
        /// What it takes.
        found: u32,
    },
}

impl fmt::Display for ArchitectureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLinear => f.write_str("layer 0: expected a linear layer"),
            Self::Inputs { layer, expected, found } => {
                write!(f, "layer {layer}: expected {expected} inputs, found {found}")
            }
            Self::Empty { layer } => write!(f, "layer {layer}: expected inputs and outputs, found none"),
            Self::Bits { layer, most, found } => {
                write!(f, "layer {layer}: expected 2 to {most} bits, found {found}")
            }
        }
    }
}

impl core::error::Error for ArchitectureError {}

impl Architecture {
    /// Checks that the layers fit each other and ring width `ring`.
    ///
    /// # Errors
    /// The first layer that does not fit, and why.
    pub fn new(layers: Vec<Layer>, ring: u32) -> Result<Self, ArchitectureError> {
        let Some(&Layer::Linear { inputs, .. }) = layers.first() else {
            return Err(ArchitectureError::NoLinear);
        };
        // Elements of a row so far, and how many low bits of them are right.
        let (mut width, mut right) = (inputs, ring);
        for (layer, spec) in layers.iter().enumerate() {
            let (found, most) = match *spec {
                // The others' checks follow.
                Layer::Linear { inputs, outputs, bits } => {
                    if inputs != width {
                        return Err(ArchitectureError::Inputs { layer, expected: width, found: inputs });
                    }
                    if inputs == 0 || outputs == 0 {
                        return Err(ArchitectureError::Empty { layer });
                    }
                    let most = right;
                    (width, right) = (outputs, bits);
                    (bits, most)
                }
                Layer::Sign { bits } => {
                    let most = right.min(64);
                    right = ring;
                    (bits, most)
                }
                _ => (ring, ring),
            };
            if !(2..=most).contains(&found) {
                return Err(ArchitectureError::Bits { layer, most, found });
            }
        }
        Ok(Self { layers, inputs, outputs: width })
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Elements of a row of the input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Elements of a row of the output.
    pub fn outputs(&self) -> usize {
        self.outputs
    }
}
