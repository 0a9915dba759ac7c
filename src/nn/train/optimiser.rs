//! How weights follow their gradients.
//!
//! dW is the gradient of the sum over a batch of B, with F_x + F_g fractional bits; W has F_w. With a rate η for the mean and a whole number m
//! near η / B · 2^(F_w − F_x − F_g),
//!
//! W ← W − m·dW
//!
//! is local: nothing is opened, truncated or dealt. m is the number [below or above](whole), by the step, so that the mean over the steps is
//! right where a single step can't be.
//!
//! Decay adds c·W to dW. Momentum keeps v ← μ·v + dW / B, a mean, so that batches of different sizes count alike; it has
//! [some](TrainFormats::guard) fractional bits more than dW. Each truncates once. Adam has a file of its own.
//!
//! **What is asked of the dealer depends on the options and on B alone**, not on rates or steps.

mod adam;
mod joint;
mod state;
mod whole;

use self::adam::Adam;
pub(super) use self::joint::Vector;
pub(super) use self::state::State;
use self::whole::whole;
use super::TrainError;
use super::arithmetic::{Arithmetic, MOST_BITS, Numbers};
use super::ends;
use super::options::{Optimiser, TrainFormats, TrainOptions, in_range};
use super::program::Program;
use crate::protocol::Error;
use crate::simd::wide;

/// Fractional bits of public factors.
const FACTOR: u32 = 10;

/// The logarithm of the rows of a batch beyond which the factors of a velocity have more bits, so that 1 / B has at least seven.
const MEAN: u32 = 7;

/// Bits that the sums of a batch of up to 2^7 rows take beyond those of an example, before they are clipped.
const SUM: u32 = 8;

/// Bits that a truncation drops at most.
const MOST_DROPPED: i32 = 48;

/// An update, the same for all weights.
pub(super) struct Update {
    options: TrainOptions,
    /// m.
    factor: u64,
    rows: usize,
    adam: Option<Adam>,
}

impl TrainOptions {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        self.formats.check()?;
        in_range("weight decay", 0., 1., self.decay)?;
        if self.decay > 0. {
            let bits = f64::from(self.formats.decay());
            in_range("bits of the factor of weight decay, which those of weights leave", 4., 64., bits)?;
        }
        if let Some(clip) = self.clip {
            // From the unit of a gradient of weights to what no example can have.
            let formats = self.formats;
            let least = libm::exp2(-f64::from(formats.activation + formats.gradient));
            let most = libm::exp2(f64::from(formats.range + formats.gradient_range) - 2.);
            in_range("greatest magnitude of a gradient", least, most, clip)?;
        }
        match self.optimiser {
            Optimiser::Sgd => Ok(()),
            Optimiser::Momentum(momentum) => in_range("momentum", 0., 0.999, momentum),
            Optimiser::Adam { decay } => adam::check(decay, &self.formats),
        }
    }

    /// Vectors that are kept of every vector of weights.
    pub(super) fn kept(&self) -> usize {
        match self.optimiser {
            Optimiser::Sgd => 0,
            Optimiser::Momentum(_) => 1,
            Optimiser::Adam { .. } => 2,
        }
    }
}

impl TrainFormats {
    /// Bits of the factor of weight decay: its product with weights of the range of values is truncated.
    fn decay(&self) -> u32 {
        FACTOR.min((MOST_BITS - 1).saturating_sub(self.weight + self.range - 1))
    }

    /// Fractional bits of a velocity beyond those of gradients of weights. They are as many less for the rate.
    fn guard(&self) -> u32 {
        (self.weight - self.activation - self.gradient) / 3
    }

    /// Bits of an element of a gradient of weights, of an example or, of a convolution, of one of its places.
    fn product(&self) -> u32 {
        self.activation + self.range + self.gradient + self.gradient_range
    }
}

impl Program {
    /// The unit of learning rates for batches of so many rows. A step is by the whole number of units below its rate or above, so that
    /// the mean over the steps is the rate.
    pub fn rate_unit(&self, rows: usize) -> f64 {
        let formats = self.options.formats;
        let unit = libm::exp2(-f64::from(formats.weight - formats.activation - formats.gradient));
        match self.options.optimiser {
            Optimiser::Sgd => rows as f64 * unit,
            Optimiser::Momentum(_) => unit * libm::exp2(formats.guard().into()),
            Optimiser::Adam { .. } => adam::unit(&formats),
        }
    }

    /// The least and the greatest learning rate for batches of so many rows. Below it most gradients would not count. Above it a mean gradient
    /// of 1 would move a weight by more than an eighth of the range of values, or a gradient by more than that of weights.
    ///
    /// A rate within them may still be too great for the network: values and gradients that leave their ranges are
    /// [wrong without a word](super#overflow).
    pub fn rates(&self, rows: usize) -> [f64; 2] {
        let (formats, unit) = (self.options.formats, self.rate_unit(rows));
        if matches!(self.options.optimiser, Optimiser::Adam { .. }) {
            return [unit / 2., 1.];
        }
        let rows = match self.options.optimiser {
            Optimiser::Momentum(_) => formats.guard(),
            _ => rows.max(1).next_power_of_two().ilog2(),
        };
        let spare = MOST_BITS.saturating_sub(formats.product() - 2 + rows);
        let most = unit * libm::exp2(f64::from(spare));
        [unit / 2., most.min(libm::exp2(f64::from(formats.range) - 4.))]
    }

    /// The update by a learning rate, after so many steps.
    pub(super) fn update(&self, rows: usize, rate: f64, steps: u64) -> Result<Update, TrainError> {
        let [least, most] = self.rates(rows);
        in_range("learning rate", least, most, rate)?;
        in_range("rows of a batch", 1., f64::from(u32::MAX), rows as f64)?;
        let options = self.options;
        if let Some(clip) = options.clip {
            // The differences from the ends take a bit more than they.
            let formats = options.formats;
            let fraction = f64::from(formats.activation + formats.gradient);
            let most = libm::exp2(f64::from(MOST_BITS - 3) - fraction) / rows as f64;
            in_range("greatest magnitude of a gradient", 0., most, clip)?;
        }
        let adam = match options.optimiser {
            Optimiser::Adam { decay } => Some(Adam::new(&options.formats, decay, rows, rate, steps)?),
            _ => None,
        };
        Ok(Update { options, factor: whole(rate / self.rate_unit(rows), steps), rows, adam })
    }
}

wide! {
    /// x −= factor·dx
    fn follow(factor: u64, dx: &[u64], x: &mut [u64]) {
        x.iter_mut().zip(dx).for_each(|(x, dx)| *x = x.wrapping_sub(dx.wrapping_mul(factor)));
    }
}

impl Update {
    /// Whether nothing is sent.
    fn is_local(&self) -> bool {
        let TrainOptions { optimiser, decay, clip, .. } = self.options;
        optimiser == Optimiser::Sgd && decay == 0. && clip.is_none()
    }

    /// Updates x by its gradient.
    fn apply<A: Arithmetic>(
        &self,
        a: &mut A,
        x: &mut Numbers,
        mut dx: Numbers,
        state: &mut State,
    ) -> Result<(), Error> {
        let formats = self.options.formats;
        if self.options.decay > 0. {
            // λ·B·W, brought from F_w to F_x + F_g fractional bits. The factor has as many bits, whatever λ and B are, so that it is right
            // and leaves room for W.
            let by = self.options.decay * self.rows as f64;
            let shift = (formats.weight - formats.activation - formats.gradient) as i32;
            let fraction = (formats.decay() as i32 - 1 - libm::floor(libm::log2(by)) as i32)
                .clamp(-shift, MOST_DROPPED - shift);
            let factor = libm::round(by * libm::exp2(f64::from(fraction)));
            let mut decay = x.clone();
            decay.scale(factor as u64);
            dx.add_assign(&a.truncate(&decay, MOST_BITS, (shift + fraction) as u32)?);
        }
        if let Some(clip) = self.options.clip {
            dx = self.clipped(a, dx, clip)?;
        }
        if let Some(adam) = &self.adam {
            return adam.apply(a, x, dx, state);
        }
        if let (Optimiser::Momentum(momentum), [v]) = (self.options.optimiser, &mut state[..]) {
            // v, and the mean as it is added, with so many bits for the factors that 1 / B has some, unless a mean would leave the ring.
            let guard = formats.guard();
            let rows = self.rows.next_power_of_two().ilog2();
            let most = MOST_BITS.saturating_sub(guard + formats.product());
            let fraction = (FACTOR + rows.saturating_sub(MEAN)).min(most.max(FACTOR));
            let mean = libm::exp2(f64::from(guard + fraction)) / self.rows as f64;
            dx.scale(libm::round(mean) as u64);
            v.scale(libm::round(momentum * libm::exp2(f64::from(fraction))) as u64);
            v.add_assign(&dx);
            *v = a.truncate(v, MOST_BITS, fraction)?;
            dx = v.clone();
        }
        follow(self.factor, dx.expose(), x.expose_mut());
        Ok(())
    }

    /// The gradient, with every element brought within the clip.
    fn clipped<A: Arithmetic>(&self, a: &mut A, dx: Numbers, clip: f64) -> Result<Numbers, Error> {
        let formats = self.options.formats;
        let rows = self.rows.next_power_of_two().ilog2();
        let bits = (formats.product() + SUM.max(rows + 1)).min(MOST_BITS);
        let end = clip * self.rows as f64 * libm::exp2(f64::from(formats.activation + formats.gradient));
        let end = libm::round(end) as u64;
        let low = end.wrapping_neg();
        let above = ends::above(a.id(), &dx, [low, end]);
        let (above, _) = a.relu(&above, bits, 0)?;
        Ok(ends::clipped(a.id(), &above, low))
    }
}
