//! Options of a calibration.

use crate::nn::Rounding;

/// Options of [`Quantised::calibrate`](super::Quantised::calibrate).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Bits of every layer's accumulators. If `None`, the fewest from 8 to 40 that keep the classes.
    pub bits: Option<u32>,
    /// A factor for the measured ranges, 1 to 1024: room for images with larger values.
    pub margin: f64,
    /// The fraction of images that must keep the class that the real model gives them, 0 to 1.
    pub agreement: f64,
    /// How truncations round.
    pub rounding: Rounding,
    /// The least and the greatest number that an input can be. If `None`, those of the images.
    pub input: Option<[f32; 2]>,
}

impl Default for Options {
    fn default() -> Self {
        Self { bits: None, margin: 1.25, agreement: 0.998, rounding: Rounding::default(), input: None }
    }
}
