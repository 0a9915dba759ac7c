//! A model in fixed point.
//!
//! A real number v is held as an integer x of a [`Format`]: v ≈ x · 2^−f with f fractional bits, and x fits b bits as a
//! signed number. A product with weights of f_w fractional bits has f + f_w of them; activations drop those that the
//! next layer has no use for. So the formats of the results are all that is to be chosen: the weights of a layer from
//! f_in to f_out fractional bits have f_out − f_in of them.
//!
//! **Choice.** Let every layer's accumulators have N bits. A layer whose results stay below 2^(I−1) in magnitude has
//! F = N − I fractional bits to split between its input (f_a) and its weights (f_w). Rounding errors of the input are
//! multiplied by the weights and those of the weights by the input; with row norms |w| and input norms |x| both
//! contribute alike where 2^−f_a·|w| = 2^−f_w·|x|, so
//!
//! f_w − f_a = log2(|x| / |w|), f_w + f_a = F.
//!
//! [`Quantised::calibrate`] measures ranges and norms on images and searches the least N that keeps the classes.
//! Where all numbers are whole and bounded, as with weights and signs of ±1, fractions are 0 and bits come from the
//! bound: no input overflows. Nor do the results of the last layer cost comparisons: they have up to four bits more.
//!
//! **Evaluation.** [`Quantised::architecture`] is the public integer program, the [`Weights`](super::Weights) are the
//! model owner's, and [`Quantised::reference`] evaluates both in the clear and reports what overflows its bits.
//!
//! | model | integers |
//! | --- | --- |
//! | linear, convolution | the same with rounded weights |
//! | normalisation | a convolution of 1 × 1, every channel its own group |
//! | average of n values | their sum: f grows by ⌊log2 n⌋, 2^⌊log2 n⌋/n goes into the weights that follow, or a product with round(2^q/n) and a truncation, off by a part of 2^−12 |
//! | sum of two | of the coarser one times a power of two, and the finer one |
//! | sigmoid, tanh, GELU | tables |

mod error;

use alloc::string::String;
use alloc::vec::Vec;

use super::{Architecture, Model, Rounding, Weights};
use crate::ring::Word;

pub use error::{Overflow, QuantiseError};

/// How the result of a layer is held: integers, the real value times 2^fraction, which fit `bits` bits as signed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Fractional bits.
    pub fraction: u32,
    /// Bits of the values, the sign's included; of a maximum, of the differences that it compares, too.
    pub bits: u32,
}

/// The formats of a whole model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formats {
    /// Of the input.
    pub input: Format,
    /// Of every layer's result.
    pub layers: Vec<Format>,
}

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
}

impl Default for Options {
    fn default() -> Self {
        Self { bits: None, margin: 1.25, agreement: 0.998, rounding: Rounding::default() }
    }
}

/// A model in fixed point: formats, integer weights, and the public integer program.
#[derive(Clone)]
pub struct Quantised {
    model: Model,
    formats: Formats,
    architecture: Architecture,
    ring: u32,
}

impl Quantised {
    /// The model in formats of the caller's, one for every layer.
    ///
    /// # Errors
    /// Formats that do not fit the model, with the layer's name.
    pub fn new(model: &Model, formats: &Formats, rounding: Rounding) -> Result<Self, QuantiseError> {
        let _ = (model, formats, rounding);
        todo!()
    }

    /// The model in formats by what it makes of images: `[images, height, width, channels]`.
    ///
    /// # Errors
    /// Images that are none or not finite, or no format that does what the options say.
    pub fn calibrate(model: &Model, images: &[f32], options: &Options) -> Result<Self, QuantiseError> {
        let _ = (model, images, options);
        todo!()
    }

    /// The model that the formats are of: the given one, with a layer that drops fractional bits wherever one product
    /// directly follows another.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The formats.
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// The public integer program.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Bits of the machine word, hence of the ring, that serves the whole model: 16, 32 or 64.
    pub fn ring(&self) -> u32 {
        self.ring
    }

    /// Numbers as integers of the input's format, to the nearest, halves to even.
    ///
    /// # Errors
    /// A number that is not finite or does not fit.
    pub fn encode(&self, images: &[f32]) -> Result<Vec<i64>, QuantiseError> {
        let _ = images;
        todo!()
    }

    /// What integers of the last layer's format stand for.
    pub fn decode(&self, outputs: &[i64]) -> Vec<f32> {
        let _ = outputs;
        todo!()
    }

    /// The integer program in the clear, truncations rounded down: from encoded images `[images, inputs]` to
    /// `[images, outputs]`.
    ///
    /// # Errors
    /// The first value that does not fit its bits.
    ///
    /// # Panics
    /// If the images are not whole.
    pub fn reference(&self, images: &[i64]) -> Result<Vec<i64>, Overflow> {
        let _ = images;
        todo!()
    }

    /// As [`reference`](Self::reference), with a function of the caller's for x / 2^shift.
    ///
    /// # Errors
    /// As [`reference`](Self::reference).
    ///
    /// # Panics
    /// As [`reference`](Self::reference).
    pub fn reference_with(
        &self,
        images: &[i64],
        mut round: impl FnMut(i64, u32) -> i64,
    ) -> Result<Vec<i64>, Overflow> {
        let _ = (images, &mut round);
        todo!()
    }

    /// How far the outputs under [`Rounding::Stochastic`] are at most from those of [`reference`](Self::reference), in
    /// units of the last layer's format, `[outputs]`, whatever the input.
    pub fn bounds(&self) -> Vec<f64> {
        todo!()
    }
}

impl<W: Word> Weights<W> for Quantised {
    fn row(&self, layer: usize, row: usize, out: &mut [W]) {
        let _ = (layer, row, out, String::new());
        todo!()
    }

    fn bias(&self, layer: usize, out: &mut [W]) {
        let _ = (layer, out);
        todo!()
    }
}
