//! How a network is trained.

use super::TrainError;
use super::arithmetic::{MOST_BITS, TrainingRing};
use crate::nn::Rounding;
use crate::ring::Ring;

/// What is minimised: a sum over the examples, for targets that are 1 at the label and 0 elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// −ln of the label's softmax. Its gradient is the softmax less the target.
    #[default]
    CrossEntropy,
    /// Half the squares of the differences from the target.
    SquaredError,
    /// Σ max(0, 1 − s·z), where s is 1 at the label and −1 elsewhere.
    Hinge,
}

/// How weights follow their gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Optimiser {
    /// W ← W − rate·dW. Nothing is sent for it.
    #[default]
    Sgd,
    /// v ← momentum·v + dW for the mean gradient dW of a batch, W ← W − rate·v. One truncation a weight.
    Momentum(f64),
    /// m ← β₁m + (1 − β₁)·dW, v ← β₂v + (1 − β₂)·dW², W ← W − rate·m̂ / √(v̂ + ε²), with the usual corrections of the first steps
    /// (Kingma and Ba, ICLR 2015, algorithm 1). ε is 2^−16, by the format. Decays are right to 1/32 of 1 − β, so that 0.999 is 1 − 2^−10. An
    /// element of the mean gradient must be below 8. Weight decay is part of dW. Five truncations, two products and an
    /// [inverse square root](super::inverse_sqrt) a weight.
    Adam {
        /// β₁, β₂.
        decay: [f64; 2],
    },
}

/// Fractional bits, and bits before the point, the sign's included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainFormats {
    /// Fractional bits of values between layers.
    pub activation: u32,
    /// Bits of them before the point.
    pub range: u32,
    /// Fractional bits of gradients of values, of the loss summed over the batch.
    pub gradient: u32,
    /// Bits of them before the point.
    pub gradient_range: u32,
    /// Fractional bits of weights. What is above those of activations and gradients together is the resolution of the learning rate
    /// ([`Program::rate_unit`](super::Program::rate_unit)).
    pub weight: u32,
}

impl Default for TrainFormats {
    fn default() -> Self {
        Self { activation: 8, range: 8, gradient: 12, gradient_range: 5, weight: 34 }
    }
}

impl TrainFormats {
    /// Bits of values, and of gradients.
    pub(super) fn values(&self) -> u32 {
        self.activation + self.range
    }

    pub(super) fn gradients(&self) -> u32 {
        self.gradient + self.gradient_range
    }

    /// Bits of weights whose signs count, the latent ones.
    pub(super) fn latent(&self) -> u32 {
        MOST_BITS.min(self.weight + 8)
    }

    /// Whether they fit the ring.
    pub(super) fn check(&self) -> Result<(), TrainError> {
        for (what, least, most, found) in [
            ("fractional bits of activations", 1, MOST_BITS, self.activation),
            ("bits of activations before the point", 2, MOST_BITS, self.range),
            // The softmax of the outputs has no more.
            ("fractional bits of gradients", 1, 16, self.gradient),
            ("bits of gradients before the point", 2, MOST_BITS, self.gradient_range),
            (
                "fractional bits of weights",
                self.activation.saturating_add(self.gradient),
                MOST_BITS,
                self.weight,
            ),
        ] {
            in_range(what, f64::from(least), f64::from(most), f64::from(found))?;
        }
        for (what, found) in [
            // A difference, which layers take of values, takes a bit more than they.
            ("a difference of products of activations and weights", 1 + self.values() + self.weight),
            ("a product of gradients and weights", self.gradients() + self.weight),
        ] {
            if found > MOST_BITS {
                return Err(TrainError::Formats { what, most: MOST_BITS, found });
            }
        }
        Ok(())
    }
}

impl TrainOptions {
    /// Fractional bits that weights lose on their way to a product, so that its sums fit 31 bits: a truncation takes one more. None where
    /// rounding is exact, or where too few would be left.
    pub(super) fn dropped(&self) -> u32 {
        const LEAST: u32 = 8;
        let (formats, weight) = (self.formats, self.formats.weight);
        let left = 31u32.saturating_sub((formats.values() + 1).max(formats.gradients()));
        // What is left of the ring is a word of 32 bits, or less.
        let dropped = weight.saturating_sub(left).max(TrainingRing::BITS - 32);
        let is_dithered = self.rounding == Rounding::Stochastic && weight >= dropped + LEAST;
        if is_dithered { dropped } else { 0 }
    }
}

/// How a network is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrainOptions {
    /// What is minimised.
    pub loss: Loss,
    /// How weights follow their gradients.
    pub optimiser: Optimiser,
    /// λ: λ·W is added to the mean gradient of W, one truncation a weight; 0 for none.
    pub decay: f64,
    /// The greatest magnitude of an element of the mean gradient of W; beyond it is clipped, two comparisons a weight. At most
    /// 2^(range + gradient_range − 2), which no example exceeds, and no place of one through a window. `None` for none.
    pub clip: Option<f64>,
    /// How truncations round.
    pub rounding: Rounding,
    /// Fractional bits.
    pub formats: TrainFormats,
}

pub(super) fn in_range(what: &'static str, least: f64, most: f64, found: f64) -> Result<(), TrainError> {
    if found >= least && found <= most { Ok(()) } else { Err(TrainError::Range { what, least, most, found }) }
}
