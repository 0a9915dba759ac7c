//! How weights follow their gradients.
//!
//! dW is the gradient of the sum over a batch of B, with F_x + F_g fractional bits; W has F_w. With a rate η for the mean,
//! m = round(η / B · 2^(F_w − F_x − F_g)) is a whole number, and
//!
//! W ← W − m·dW
//!
//! is local: nothing is opened, truncated or dealt. Decay adds c·W to dW, momentum keeps v ← μ·v + dW in its place; each truncates once. Adam
//! has a file of its own.

mod adam;
mod joint;
mod state;

use self::adam::Adam;
pub(super) use self::joint::Vector;
pub(super) use self::state::State;
use super::TrainError;
use super::arithmetic::{Arithmetic, MOST_BITS, Numbers};
use super::ends;
use super::options::{Optimiser, TrainOptions, in_range};
use super::program::Program;
use crate::protocol::Error;
use crate::simd::wide;

/// Fractional bits of public factors.
const FACTOR: u32 = 10;

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
        if let Some(clip) = self.clip {
            in_range("greatest magnitude of a gradient", 1e-9, 1e6, clip)?;
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

impl Program {
    /// The least and the greatest learning rate for batches of so many rows. Below it a gradient would not count; above it one could exceed
    /// the range of the weights in a single step.
    pub fn rates(&self, rows: usize) -> [f64; 2] {
        let formats = self.options.formats;
        if matches!(self.options.optimiser, Optimiser::Adam { .. }) {
            return adam::rates(&formats);
        }
        let unit =
            rows as f64 * libm::exp2(-f64::from(formats.weight - formats.activation - formats.gradient));
        let sum = formats.activation + formats.range + formats.gradient + formats.gradient_range - 2;
        let rows = rows.max(1).next_power_of_two().ilog2();
        let spare = MOST_BITS.saturating_sub(sum + rows);
        [unit / 2., unit * libm::exp2(f64::from(spare))]
    }

    /// The update by a learning rate.
    pub(super) fn update(&self, rows: usize, rate: f64, steps: u64) -> Result<Update, TrainError> {
        let [least, most] = self.rates(rows);
        in_range("learning rate", least, most, rate)?;
        let options = self.options;
        let adam = match options.optimiser {
            Optimiser::Adam { decay } => Some(Adam::new(&options.formats, decay, rows, rate, steps)?),
            _ => None,
        };
        Ok(Update { options, factor: libm::round(rate / (2. * least)) as u64, rows, adam })
    }
}

wide! {
    /// x −= factor·dx
    fn follow(factor: u64, dx: &[u64], x: &mut [u64]) {
        x.iter_mut().zip(dx).for_each(|(x, dx)| *x = x.wrapping_sub(dx.wrapping_mul(factor)));
    }
}

impl Update {
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
            // λ·B·W, brought from F_w to F_x + F_g fractional bits. The factor has FACTOR bits, whatever λ and B are, so that it is right
            // and leaves room for W.
            let by = self.options.decay * self.rows as f64;
            let shift = (formats.weight - formats.activation - formats.gradient) as i32;
            let fraction =
                (FACTOR as i32 - 1 - libm::floor(libm::log2(by)) as i32).clamp(-shift, MOST_DROPPED - shift);
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
            let factor = libm::round(momentum * libm::exp2(f64::from(FACTOR)));
            v.scale(factor as u64);
            *v = a.truncate(v, MOST_BITS, FACTOR)?;
            v.add_assign(&dx);
            dx = v.clone();
        }
        follow(self.factor, dx.expose(), x.expose_mut());
        Ok(())
    }

    /// The gradient, with every element brought within the clip.
    fn clipped<A: Arithmetic>(&self, a: &mut A, dx: Numbers, clip: f64) -> Result<Numbers, Error> {
        let formats = self.options.formats;
        let bits = formats.activation + formats.gradient + formats.range + formats.gradient_range;
        let end = clip * self.rows as f64 * libm::exp2(f64::from(formats.activation + formats.gradient));
        let end = libm::round(end.min(libm::exp2(f64::from(bits)))) as u64;
        let low = end.wrapping_neg();
        let above = ends::above(a.id(), &dx, [low, end]);
        let (above, _) = a.relu(&above, (bits + 8).min(MOST_BITS), 0)?;
        Ok(ends::clipped(a.id(), &above, low))
    }
}
