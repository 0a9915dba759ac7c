//! What of a model is public.

use alloc::vec::Vec;
use core::fmt;

/// A layer's kind, shape and bit length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// z = x·Wᵀ + b with secret W: `[outputs, inputs]` and b: `[outputs]`, modulo 2^bits.
    Linear {
        /// Elements of a row of x.
        inputs: usize,
        /// Elements of a row of z.
        outputs: usize,
        /// Bits of z that count; z must fit as a signed number.
        bits: u32,
    },
    /// +1 where x ≥ 0, else −1, of values that fit `bits` bits as signed numbers.
    Sign {
        /// The bit length.
        bits: u32,
    },
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
