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
//! Rounded to the nearest an error has a variance of 1/12, rounded at random of 1/6: then f_w − f_a is less by 1/2.
//! Under [`Rounding::Floor`] half a unit in the biases makes rounding down one to the nearest.
//!
//! [`Quantised::calibrate`] measures ranges and norms on images and searches the least N that keeps the classes.
//! Where all numbers are whole and bounded, as with weights and signs of ±1, fractions are 0 and bits come from the
//! bound: no input overflows. Nor do the results of the last layer cost comparisons: they have up to four bits more.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! use ringshare::nn::{Model, Op, Options, Quantised, Weight};
//!
//! let mut model = Model::new([1, 1, 2]);
//! let weight = Weight::Real(vec![0.5, -0.25, 1.75, 0.125]);
//! model.push("first", Op::Linear { weight, bias: vec![0.1, -0.2] })?;
//! model.push("relu", Op::Relu)?;
//! model.push("second", Op::Linear { weight: Weight::Real(vec![1.5, -0.7]), bias: vec![0.] })?;
//! let images = [0.3, 0.9, -0.4, 0.1, 0.8, -0.6];
//! let fixed = Quantised::calibrate(&model, &images, &Options { bits: Some(14), ..Options::default() })?;
//! assert_eq!(fixed.ring(), 16);
//! let outputs = fixed.reference(&fixed.encode(&images)?)?;
//! for (fixed, real) in fixed.decode(&outputs).iter().zip(model.forward(&images)) {
//!     assert!((fixed - real).abs() < 0.05);
//! }
//! # Ok(())
//! # }
//! ```
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

mod activation;
mod bounds;
mod calibrate;
mod choose;
mod clip;
mod error;
mod graph;
mod lower;
mod matrix;
mod program;
mod ranges;
mod reference;
mod table;

use alloc::vec::Vec;

use self::program::Program;
use self::reference::Reference;
use super::{Architecture, Model, Rounding, Weights};
use crate::ring::{Word, nearest, power_of_two};

pub use error::{Overflow, QuantiseError};

/// How the result of a layer is held: integers, the real value times 2^fraction, which fit `bits` bits as signed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Fractional bits.
    pub fraction: u32,
    /// Bits of the values, the sign's included: of a ReLU those of its result, what it compares has the bits of the layer
    /// before; of a maximum, of the differences that it compares, too.
    pub bits: u32,
}

/// The formats of a whole model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formats {
    /// Of the input.
    pub input: Format,
    /// Of every layer's result, in the order of [`Quantised::model`]. The weights of a linear layer or a convolution
    /// have what its result has more fractional bits than the value it takes.
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
    /// The least and the greatest number that an input can be, if known; none: as on the images.
    pub input: Option<[f32; 2]>,
}

impl Default for Options {
    fn default() -> Self {
        Self { bits: None, margin: 1.25, agreement: 0.998, rounding: Rounding::default(), input: None }
    }
}

/// A model in fixed point: formats, integer weights, and the public integer program.
#[derive(Clone)]
pub struct Quantised {
    model: Model,
    formats: Formats,
    /// The least and the greatest integer of the input.
    input: [i64; 2],
    program: Program,
    architecture: Architecture,
}

impl Quantised {
    /// The model in formats of the caller's, one for every layer, or those of a calibration, which has one more in
    /// front of every product that directly follows another ([`model`](Self::model)). Formats that lose accuracy are
    /// no errors: compare [`reference`](Self::reference) with [`Model::forward`].
    ///
    /// # Errors
    /// Formats that do not fit the model, with the layer's name.
    pub fn new(model: &Model, formats: &Formats, rounding: Rounding) -> Result<Self, QuantiseError> {
        let end = 1i64 << (formats.input.bits.clamp(1, 63) - 1);
        let range = [-end, end - 1];
        if formats.layers.len() == model.nodes().len() {
            return Self::with_input(model, formats, rounding, range);
        }
        Self::with_input(&calibrate::rounded(model), formats, rounding, range)
    }

    /// The model in formats by what it makes of images: `[images, height, width, channels]`.
    ///
    /// # Errors
    /// Images that are none, not finite or beyond what the options say of inputs, or no format that does what they say.
    pub fn calibrate(model: &Model, images: &[f32], options: &Options) -> Result<Self, QuantiseError> {
        calibrate::calibrate(model, images, options)
    }

    fn with_input(
        model: &Model,
        formats: &Formats,
        rounding: Rounding,
        input: [i64; 2],
    ) -> Result<Self, QuantiseError> {
        let most = input[1].max(-input[0]);
        let program = lower::lower(model, formats, rounding, most)?;
        let inputs = model.input().iter().product();
        let architecture = Architecture::with_inputs(inputs, program.layers.clone(), program.ring)?;
        let architecture = architecture.with_rounding(rounding);
        Ok(Self { model: model.clone(), formats: formats.clone(), input, program, architecture })
    }

    /// The model that the formats are of: the given one, with a layer that drops fractional bits wherever one product
    /// directly follows another.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The formats of the layers of [`model`](Self::model).
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// The public integer program.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Bits of the machine word, hence of the ring, that serves the whole model: 16, 32 or 64.
    pub fn ring(&self) -> u32 {
        self.program.ring
    }

    /// Numbers as integers of the input's format, to the nearest, halves to even.
    ///
    /// # Errors
    /// A number that is not finite, or beyond the format; of whole numbers, beyond those of [`Options::input`], or else
    /// those that were calibrated on.
    pub fn encode(&self, images: &[f32]) -> Result<Vec<i64>, QuantiseError> {
        let inputs = self.architecture.inputs();
        let fraction = self.formats.input.fraction;
        let encode = |(i, &value): (usize, &f32)| {
            let (image, place) = (i / inputs, i % inputs);
            if !value.is_finite() {
                return Err(QuantiseError::NotFinite { image, place });
            }
            let (x, [low, high]) = (nearest(value.into(), fraction, 64).0 as i64, self.input);
            if (low..=high).contains(&x) {
                return Ok(x);
            }
            let range = [low, high].map(|x| real(x, fraction));
            Err(QuantiseError::Outside { image, place, value, range })
        };
        images.iter().enumerate().map(encode).collect()
    }

    /// What integers of the last layer's format stand for.
    pub fn decode(&self, outputs: &[i64]) -> Vec<f32> {
        let fraction = self.formats.layers.last().unwrap_or(&self.formats.input).fraction;
        outputs.iter().map(|&x| real(x, fraction)).collect()
    }

    /// The integer program in the clear: from encoded images `[images, inputs]` to `[images, outputs]`. Truncations are
    /// rounded down under [`Rounding::Floor`], so that the results are those of the parties bit for bit, and to the
    /// nearest under [`Rounding::Stochastic`], which is what chance makes of them on average.
    ///
    /// # Errors
    /// The first value that does not fit its bits.
    ///
    /// # Panics
    /// If the images are not whole.
    pub fn reference(&self, images: &[i64]) -> Result<Vec<i64>, Overflow> {
        let reference = Reference::new(&self.model, &self.program, self.formats.input);
        match self.architecture.rounding() {
            Rounding::Floor => reference.run(images, None),
            Rounding::Stochastic => {
                reference.run(images, Some(&mut |x, shift| (x + (1 << (shift - 1))) >> shift))
            }
        }
    }

    /// As [`reference`](Self::reference), with a function of the caller's for x / 2^shift, shift > 0.
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
        Reference::new(&self.model, &self.program, self.formats.input).run(images, Some(&mut round))
    }
}

/// What an integer stands for.
fn real(x: i64, fraction: u32) -> f32 {
    (x as f64 * power_of_two(-(fraction as i32))) as f32
}

/// Bits of a signed number.
fn width(x: i128) -> u32 {
    129 - (x ^ x >> 127).leading_zeros()
}

/// Bits of the smallest word of at least so many.
fn word(bits: u32) -> u32 {
    bits.next_power_of_two().max(16)
}

impl<W: Word> Weights<W> for Quantised {
    fn row(&self, layer: usize, row: usize, out: &mut [W]) {
        self.program.matrices[layer].write_row(row, out);
    }

    fn bias(&self, layer: usize, out: &mut [W]) {
        let bias = &self.program.matrices[layer].bias;
        out.iter_mut().zip(bias).for_each(|(out, &b)| *out = reference::word(b));
    }
}
