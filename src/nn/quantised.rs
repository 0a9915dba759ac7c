//! A model in fixed point.
//!
//! A real number v is held as an integer x in a [`Format`]: v ≈ x · 2^−f with f fractional bits, where x fits b bits as a
//! signed number. The product of a value of f fractional bits with weights of f_w fractional bits has f + f_w; the
//! activation drops those that the next layer does not need. So it suffices to choose the formats of the results: a layer
//! that goes from f_in to f_out fractional bits has weights of f_out − f_in fractional bits.
//!
//! **Choice.** Let every layer's accumulators have N bits. A layer whose results stay below 2^(I−1) in magnitude has
//! F = N − I fractional bits to split between its input (f_a) and its weights (f_w). Rounding errors of the input are
//! multiplied by the weights, and rounding errors of the weights by the input. With row norms |w| and input norms |x|,
//! both contribute equally if 2^−f_a·|w| = 2^−f_w·|x|, that is
//!
//! f_w − f_a = log2(|x| / |w|), f_w + f_a = F.
//!
//! Rounding to the nearest has an error of variance 1/12, stochastic rounding one of variance 1/6; for the latter,
//! f_w − f_a is smaller by 1/2. Under [`Rounding::Floor`], biases are raised by half a unit of what is kept, so that
//! rounding down becomes rounding to the nearest.
//!
//! [`Quantised::calibrate`] measures ranges and norms on images and searches for the least N that keeps the classes or, where there are none, the
//! outputs ([`Options::agreement`]). If there is none, the error names the layer where the program
//! parts from the real model ([`Quantised::differences`]). If
//! all numbers of a layer are bounded integers, as with weights and signs of ±1, then it has no fractional bits, its bit
//! length follows from the bound, and no input overflows. The last layer has up to four more bits, since its results
//! need not be compared.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! use ringshare::nn::{Model, Options, Quantised, Weight, op};
//!
//! let mut model = Model::new([1, 1, 2]);
//! let weight = Weight::Real(vec![0.5, -0.25, 1.75, 0.125]);
//! model.push("first", op::Linear { weight, bias: vec![0.1, -0.2] })?;
//! model.push("relu", op::Relu)?;
//! model.push("second", op::Linear { weight: Weight::Real(vec![1.5, -0.7]), bias: vec![0.] })?;
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
//! **Evaluation.** [`Quantised::architecture`] is the public program over integers. [`Quantised`] itself is the
//! [`Weights`](super::Weights) that the model's owner shares. [`Quantised::reference`] evaluates both in the clear and
//! reports values that overflow their bits. [`Quantised::public`] is what the other parties need.
//!
//! | model | integers |
//! | --- | --- |
//! | linear, convolution | the same with rounded weights |
//! | normalisation | a 1 × 1 convolution in which every channel is a group |
//! | average of n values | their sum, with ⌊log2 n⌋ more fractional bits; the factor 2^⌊log2 n⌋/n goes into the weights of the next layer. Where there is no such layer: their sum times round(2^q/n), truncated, with a relative error of at most 2^−12 |
//! | sum of two values | the value with fewer fractional bits times a power of two, plus the other |
//! | product of two values | the values, without fractional bits that do not count, times each other, truncated |
//! | several values as one | the same, those with fewer fractional bits times powers of two |
//! | sigmoid, tanh, GELU and other curves | functions that are linear between nodes |

mod bounds;
mod builder;
mod calibrate;
mod choose;
mod choosing;
mod clip;
mod compare;
mod curve;
mod difference;
mod error;
mod exact;
mod format;
mod graph;
mod judge;
mod lower;
mod lowering;
mod matrix;
mod options;
mod product;
mod program;
mod public;
mod ranges;
mod reference;
mod summary;
mod windows;

use alloc::vec::Vec;

use self::exact::nearest;
use self::program::Program;
use self::reference::Reference;
use super::{Architecture, ArchitectureError, Model, Rounding, Weights};
use crate::protocol::Family;
use crate::ring::Word;

pub(super) use choosing::{Choosing, Chosen, TABLE_FRACTION};
pub(super) use clip::{ends, outside};
pub(super) use curve::Curve;
pub use difference::{Cause, Difference};
pub use error::{Overflow, QuantiseError};
pub(super) use exact::Exact;
pub use format::{Format, Formats};
pub(super) use format::{exact_fraction, integer_bits};
pub(super) use lowering::{Held, Lowering};
pub use options::Options;
pub use public::{PublicModel, PublicModelError};
pub(super) use public::{Reader, Writer};
pub(super) use windows::for_windows;

/// A model in fixed point: formats, integer weights, and the public integer program.
#[derive(Clone)]
pub struct Quantised {
    model: Model,
    formats: Formats,
    program: Program,
    public: PublicModel,
}

impl Quantised {
    /// The model in given formats. There is one format for every layer of `model`, or one for every layer of
    /// [`Quantised::model`](Self::model) after a calibration, which inserts a layer between a product and the product
    /// that directly follows it. Formats that lose accuracy are not an error: compare [`reference`](Self::reference) with
    /// [`Model::forward`].
    ///
    /// # Errors
    /// Formats that do not fit the model; the error names the layer.
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

    /// The model that the formats belong to: the given model, with an additional layer that drops fractional bits wherever
    /// one product directly follows another.
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

    /// The same, where layers of the program compare by families of their own. [`reference`](Self::reference) then has the
    /// same results as the parties, those of Legendre symbols beyond their range among them.
    ///
    /// # Errors
    /// As [`Architecture::with_comparisons`].
    pub fn with_comparisons(self, comparisons: &[Option<Family>]) -> Result<Self, ArchitectureError> {
        Ok(Self { public: self.public.with_comparisons(comparisons)?, ..self })
    }

    /// Everything that a party without weights needs to know about the model.
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

    /// The real numbers that integers of the last layer's format stand for. Words that parties revealed become such integers
    /// by [`Word::signed`](crate::ring::Word::signed) at [`Sequential::bits_out`](crate::nn::Sequential::bits_out) bits.
    pub fn decode(&self, outputs: &[i64]) -> Vec<f32> {
        self.public.decode(outputs)
    }

    /// Evaluates the integer program in the clear, from encoded images `[images, inputs]` to `[images, outputs]`. Under
    /// [`Rounding::Floor`] truncations round down, and the results equal those of the parties bit for bit. Under
    /// [`Rounding::Stochastic`] they round to the nearest here, so the results of the parties may differ from these.
    ///
    /// # Errors
    /// The first value that does not fit its bits.
    ///
    /// # Panics
    /// If `images` is not a whole number of images.
    pub fn reference(&self, images: &[i64]) -> Result<Vec<i64>, Overflow> {
        let reference = self.exact();
        match self.architecture().rounding() {
            Rounding::Floor => reference.run(images, None),
            Rounding::Stochastic => reference.run(images, Some(&mut nearest)),
        }
    }

    /// As [`reference`](Self::reference), with a given function for x / 2^shift, shift > 0.
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
        self.exact().run(images, Some(&mut round))
    }

    /// Its program in the clear, with the weights packed.
    fn exact(&self) -> Reference<'_> {
        Reference::new(&self.model, &self.program, self.architecture(), self.formats.input)
    }
}

impl<W: Word> Weights<W> for Quantised {
    fn row(&self, layer: usize, row: usize, out: &mut [W]) {
        self.program.matrices[layer].write_row(row, out);
    }

    fn bias(&self, layer: usize, out: &mut [W]) {
        let bias = &self.program.matrices[layer].bias;
        out.iter_mut().zip(bias).for_each(|(out, &b)| *out = product::word(b));
    }

    fn are_signs(&self, layer: usize) -> bool {
        self.program.matrices[layer].are_signs()
    }
}
