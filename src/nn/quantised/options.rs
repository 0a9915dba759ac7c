//! Options of a calibration.

use crate::nn::Rounding;

/// Options of [`Quantised::calibrate`](super::Quantised::calibrate).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Bits of every layer's accumulators. If `None`, two more, in the same ring, than the fewest from 8 to 40
    /// whose outputs are good enough: of the fewest some are so by luck.
    pub bits: Option<u32>,
    /// A factor for the measured ranges, 1 to 1024: room for images with larger values.
    pub margin: f64,
    /// The fraction of images whose outputs must be good enough, 0 to 1. Where the outputs are logits of several classes,
    /// this means that an image keeps the class that the real model gives it. Where they are one number, an image, or the
    /// results of a sigmoid or a softmax, it means that all outputs are within the tolerance of the real ones.
    pub agreement: f64,
    /// A part of the distance between the least and the greatest output on the images, 0 to 1: how far outputs may be from
    /// the real ones or, for classes, by how much the greatest output must exceed the next for the class to count. If `None`,
    /// 1/256 for outputs, and 1/4096 for classes.
    pub tolerance: Option<f64>,
    /// How truncations round.
    pub rounding: Rounding,
    /// The least and the greatest number that an input can be. If `None`, those of the images.
    pub input: Option<[f32; 2]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bits: None,
            margin: 1.25,
            agreement: 0.998,
            tolerance: None,
            rounding: Rounding::default(),
            input: None,
        }
    }
}
