//! What a comparison of a program with the real model finds ([`compare`](super::compare)).

use alloc::string::String;
use core::fmt;

/// The most units by which the values of a function by lines are off ([`curve`](super::curve)).
const UNITS: f64 = 2.5;

/// How a layer of a program in fixed point differs from the real layer, on some images.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The layer's name, or `input`.
    pub layer: String,
    /// Fractional bits of its results.
    pub fraction: u32,
    /// Fractional bits of its weights, if it is a product.
    pub weights: Option<u32>,
    /// The least and the greatest real result for what the program has at its input.
    pub range: [f32; 2],
    /// The greatest distance of its results from the real ones for what the program has at its input, in units in the last
    /// place, less the error of single precision.
    pub error: f64,
    /// The image where the distance is greatest.
    pub image: usize,
    /// The place within the layer's result.
    pub place: usize,
    /// The part of the results that are clipped, as they are beyond what their bits hold.
    pub clipped: f64,
    /// The part of the difference between the outputs of the program and the real ones that the layer causes. All shares
    /// add up to 1. Errors may cancel, so a share may be negative or above 1.
    pub share: f64,
}

/// Why outputs are not as good as they should be.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// The layer with the greatest share in the difference from the real outputs.
    Layer(Difference),
    /// All outputs are close to the real ones, but so are the greatest outputs of some images to each other.
    NearTies {
        /// The images whose class changes thereby.
        images: usize,
        /// The least tolerance for which their classes do not count.
        tolerance: f64,
    },
}

/// Where the layer loses what, and what would help.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { layer, fraction, weights, range: [low, high], error, clipped, share, .. } =
            match self {
                Self::Layer(layer) => layer,
                Self::NearTies { images, tolerance } => {
                    let tolerance = libm::ceil(tolerance * 1e4) / 1e4;
                    return write!(
                        f,
                        "no layer loses much, but {images} images are near-ties of the real model: a tolerance of \
                     {tolerance} or a lower agreement would help"
                    );
                }
            };
        let [low, high] = [Short(*low), Short(*high)];
        write!(f, "{:.0} % of the difference comes from layer `{layer}`, ", 100. * share)?;
        match weights {
            _ if *clipped > 0. => write!(
                f,
                "which clips {:.2} % of its results from {low} to {high}: calibration on more or other images, or a \
                 greater margin, would help",
                100. * clipped
            ),
            Some(weights) if *error > 1. => write!(
                f,
                "whose weights have {weights} fractional bits: formats with more, or weights and inputs of less \
                 unequal magnitude, would help"
            ),
            None if *error > UNITS => write!(
                f,
                "whose results with {fraction} fractional bits are approximate: a greater tolerance or a lower \
                 agreement would help"
            ),
            _ => write!(
                f,
                "whose results from {low} to {high} have {fraction} fractional bits: formats with more, or smaller \
                 results, would help"
            ),
        }
    }
}

/// A number with few digits.
struct Short(f32);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0.abs() < 100. && self.0 != libm::floorf(self.0) { 3 } else { 0 };
        write!(f, "{:.digits$}", self.0)
    }
}
