//! Weights of a layer.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Weights of a layer, row by row. [`Debug`](fmt::Debug) prints their number, not their values.
#[derive(Clone, PartialEq)]
pub enum Weight {
    /// Real numbers.
    Real(Vec<f32>),
    /// −1 and +1: a bit each, most significant first, 1 for +1; every row begins with a byte.
    Signs(Vec<u8>),
}

impl Weight {
    /// Writes row `row` of a matrix with rows of `out.len()` elements.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        match self {
            Self::Real(weights) => out.copy_from_slice(&weights[row * out.len()..][..out.len()]),
            Self::Signs(bits) => {
                let bytes = out.len().div_ceil(8);
                let bits = &bits[row * bytes..][..bytes];
                for (out, bits) in out.chunks_mut(8).zip(bits) {
                    out.iter_mut()
                        .enumerate()
                        .for_each(|(i, out)| *out = SIGNS[usize::from(bits >> (7 - i) & 1)]);
                }
            }
        }
    }
}

impl fmt::Debug for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real(weights) => write!(f, "Real({} numbers)", weights.len()),
            Self::Signs(bytes) => write!(f, "Signs({} bytes)", bytes.len()),
        }
    }
}

/// What a bit of [`Weight::Signs`] stands for.
const SIGNS: [f32; 2] = [-1., 1.];

impl Weight {
    /// How many numbers there are with so many biases, and of what kind.
    pub(super) fn numbers(&self, biases: usize) -> String {
        match self {
            Self::Real(weights) => format!("{}", weights.len() + biases),
            Self::Signs(bytes) => format!("{} bytes of signs + {biases}", bytes.len()),
        }
    }
}
