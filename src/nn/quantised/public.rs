//! The public side of a model as a value.
//!
//! The owner of an image and a party without weights need to know how an image becomes integers, which program is
//! evaluated, and what the resulting integers stand for. A [`PublicModel`] holds that and nothing secret, and travels as
//! bytes.

mod bytes;
mod error;
mod read;
mod write;

use alloc::vec::Vec;

pub use self::error::PublicModelError;
pub(in crate::nn) use self::read::Reader;
pub(in crate::nn) use self::write::Writer;
use super::error::QuantiseError;
use super::format::{Format, real};
use crate::nn::forecast::dry_runs;
use crate::nn::{Architecture, ArchitectureError, Input};
use crate::offline::Recipe;
use crate::protocol::{Error, Family};
use crate::ring::nearest;
use crate::with_ring;

/// All that is public about a model in fixed point: how images are encoded, the program over integers, and how its
/// results are decoded. [`Quantised::public`](super::Quantised::public) gives it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn core::error::Error>> {
/// use ringshare::nn::{Input, Model, Options, PublicModel, Quantised, Weight, op};
/// use ringshare::protocol::Family;
///
/// let mut model = Model::new([1, 1, 2]);
/// let weight = Weight::Real(vec![0.5, -0.25, 1.75, 0.125]);
/// model.push("fc", op::Linear { weight, bias: vec![0.1, -0.2] })?;
/// let pixels = Input::Scaled { scale: 1.0 / 255.0, shift: 0.0 };
/// let images = pixels.encode(&[0, 100, 200, 255]);
/// let quantised = Quantised::calibrate(&model, &images, &Options::default())?;
///
/// // The model's owner sends these bytes to everyone.
/// let bytes = quantised.public().clone().with_pixels(pixels).to_bytes();
///
/// let public = PublicModel::from_bytes(&bytes)?;
/// assert_eq!(public.architecture(), quantised.architecture());
/// assert_eq!(public.encode_pixels(&[0, 100, 200, 255])?, quantised.encode(&images)?);
/// let [setup, batch] = public.recipes([0, 1], 2, 1, Family::default())?;
/// # let _ = (setup, batch);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PublicModel {
    /// Height, width and channels of an image.
    pub(super) shape: [usize; 3],
    pub(super) pixels: Option<Input>,
    /// Of the input.
    pub(super) input: Format,
    /// The least and the greatest integer of the input.
    pub(super) range: [i64; 2],
    /// Of the results.
    pub(super) output: Format,
    pub(super) architecture: Architecture,
}

impl PublicModel {
    /// The same, with a map from pixels to the real numbers that enter the model.
    pub fn with_pixels(self, pixels: Input) -> Self {
        Self { pixels: Some(pixels), ..self }
    }

    /// The same, where layers of the program compare by families of their own.
    ///
    /// # Errors
    /// As [`Architecture::with_comparisons`].
    pub fn with_comparisons(self, comparisons: &[Option<Family>]) -> Result<Self, ArchitectureError> {
        Ok(Self { architecture: self.architecture.with_comparisons(comparisons)?, ..self })
    }

    /// How a pixel becomes a real number, if that was said.
    pub fn pixels(&self) -> Option<Input> {
        self.pixels
    }

    /// Height, width and channels of an image; channels are last.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The format of the input.
    pub fn input_format(&self) -> Format {
        self.input
    }

    /// The format of the results.
    pub fn output_format(&self) -> Format {
        self.output
    }

    /// The program over integers.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Bits of the ring that serves the whole model: 16, 32 or 64.
    pub fn ring(&self) -> u32 {
        self.architecture.ring()
    }

    /// Real numbers `[images, height, width, channels]` as integers of the input's format, to the nearest, halves to
    /// even.
    ///
    /// # Errors
    /// A number that is not finite, a fraction where the input has no fractional bits, or a number outside the input's
    /// range: that of the format, or for a model of whole-number inputs that of [`Options::input`](super::Options::input) or of the images it was calibrated on.
    pub fn encode(&self, images: &[f32]) -> Result<Vec<i64>, QuantiseError> {
        let (inputs, fraction) = (self.architecture.inputs(), self.input.fraction);
        let encode = |(i, &value): (usize, &f32)| {
            let (image, place) = (i / inputs, i % inputs);
            if !value.is_finite() {
                return Err(QuantiseError::NotFinite { image, place });
            }
            let (x, [low, high]) = (nearest(value.into(), fraction, 64).0 as i64, self.range);
            if (low..=high).contains(&x) {
                // Without fractional bits nothing would be left of a fraction.
                let lost = fraction == 0 && value != x as f32;
                return if lost { Err(QuantiseError::NotWhole { image, place, value }) } else { Ok(x) };
            }
            let range = [low, high].map(|x| real(x, fraction));
            Err(QuantiseError::Outside { image, place, value, range })
        };
        images.iter().enumerate().map(encode).collect()
    }

    /// Pixels `[images, height, width, channels]` as integers of the input's format.
    ///
    /// # Errors
    /// If no map from pixels is known, or as [`encode`](Self::encode).
    pub fn encode_pixels(&self, pixels: &[u8]) -> Result<Vec<i64>, QuantiseError> {
        self.encode(&self.pixels.ok_or(QuantiseError::NoPixels)?.encode(pixels))
    }

    /// The real numbers that integers of the last layer's format stand for. Words that parties revealed become such integers
    /// by [`Word::signed`](crate::ring::Word::signed) at [`Sequential::bits_out`](crate::nn::Sequential::bits_out) bits.
    pub fn decode(&self, outputs: &[i64]) -> Vec<f32> {
        outputs.iter().map(|&x| real(x, self.output.fraction)).collect()
    }

    /// What the dealer is to deal to `parties` parties for the setup, and for each batch of `rows` images, of which the
    /// masks of the images are a part: what [`Sequential::share`](crate::nn::Sequential::share) takes, and what
    /// [`Sequential::prepare`](crate::nn::Sequential::prepare), an input of the images and
    /// [`Sequential::forward`](crate::nn::Sequential::forward) take one after the other.
    ///
    /// `owners` are the parties that give the weights and the images. For images of several parties, or for more steps,
    /// such as an argmax, use a [dry run](crate::protocol::Party::dry).
    ///
    /// # Errors
    /// Numbers out of range, or a layer that compares more bits than the family can. Layers with a family of their own use
    /// that.
    //
    // All protocols in three rings: inlined, they are compiled where a program calls this, and not for everyone who compiles
    // the library.
    #[inline]
    pub fn recipes(
        &self,
        owners: [usize; 2],
        parties: usize,
        rows: usize,
        family: Family,
    ) -> Result<[Recipe; 2], Error> {
        let runs = with_ring!(self.ring(), R in [16, 32, 64] => dry_runs::<R>(&self.architecture, owners, parties, rows, family)?);
        Ok(runs.map(|run| run.recipe))
    }
}
