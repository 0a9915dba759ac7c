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
mod builder;
mod calibrate;
mod choose;
mod clip;
mod error;
mod format;
mod graph;
mod lower;
mod matrix;
mod options;
mod program;
mod public;
mod ranges;
mod reference;
mod summary;

use alloc::vec::Vec;

use self::program::Program;
use self::reference::Reference;
use super::{Architecture, Model, Rounding, Weights};
use crate::ring::Word;

pub use error::{Overflow, QuantiseError};
pub use format::{Format, Formats};
pub use options::Options;
pub use public::{PublicModel, PublicModelError};

/// A model in fixed point: formats, integer weights, and the public integer program.
#[derive(Clone)]
pub struct Quantised {
    model: Model,
    formats: Formats,
    program: Program,
    public: PublicModel,
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
        Self::with_input(&graph::rounded(model), formats, rounding, range)
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
        let public = PublicModel {
            shape: model.input(),
            pixels: None,
            input: formats.input,
            range: input,
            output: *formats.layers.last().unwrap_or(&formats.input),
            architecture: architecture.with_rounding(rounding),
        };
        Ok(Self { model: model.clone(), formats: formats.clone(), program, public })
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
        self.public.architecture()
    }

    /// All that a party without weights needs to know of the model.
    pub fn public(&self) -> &PublicModel {
        &self.public
    }

    /// Bits of the machine word, hence of the ring, that serves the whole model: 16, 32 or 64.
    pub fn ring(&self) -> u32 {
        self.program.ring
    }

    /// Real numbers as integers of the input's format, to the nearest, halves to even.
    ///
    /// # Errors
    /// As [`PublicModel::encode`].
    pub fn encode(&self, images: &[f32]) -> Result<Vec<i64>, QuantiseError> {
        self.public.encode(images)
    }

    /// The real numbers that integers of the last layer's format stand for.
    pub fn decode(&self, outputs: &[i64]) -> Vec<f32> {
        self.public.decode(outputs)
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
        match self.architecture().rounding() {
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

impl<W: Word> Weights<W> for Quantised {
    fn row(&self, layer: usize, row: usize, out: &mut [W]) {
        self.program.matrices[layer].write_row(row, out);
    }

    fn bias(&self, layer: usize, out: &mut [W]) {
        let bias = &self.program.matrices[layer].bias;
        out.iter_mut().zip(bias).for_each(|(out, &b)| *out = matrix::word(b));
    }
}
