//! What a calibration is asked for.

use crate::nn::Rounding;

/// What a calibration looks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Bits of every layer's accumulators; none: the least from 8 to 40 that keep the classes.
    pub bits: Option<u32>,
    /// The calibrated ranges are multiplied by it.
    pub margin: f64,
    /// The part of the images that are to keep the class of the real model, 0 to 1.
    pub agreement: f64,
    /// How truncations round.
    pub rounding: Rounding,
    /// The least and the greatest number that an input can be, if known; none: as on the images.
    pub input: Option<[f32; 2]>,
}

impl Default for Options {
    fn default() -> Self {
        Self { bits: None, margin: 1.25, agreement: 0.998, rounding: Rounding::default(), input: None }
    }
}
