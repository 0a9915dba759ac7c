//! Adam (Kingma and Ba, ICLR 2015, algorithm 1), weight by weight.
//!
//! With h the mean gradient of the batch, in step t
//!
//! m ← m + (1 − β₁)·(h − m), v ← v + (1 − β₂)·(h² − v),
//!
//! W ← W − α_t·m·r with r = 1 / √(2^e·v + ε²) and α_t = rate·√(2^e·(1 − β₂^t)) / (1 − β₁^t).
//!
//! The bias corrections are public, and in α_t, as in the paper's remark on the order of computation (end of section 2). Of that of v, its
//! power of two, 2^e ≤ 1 / (1 − β₂^t), goes into v, so that v has its full range in the first steps. **ε is 2^−16**, inside of the root, by the
//! unit of the [inverse square root](inverse_sqrt).
//!
//! 1 − β is c / 2^q, for the least q with which it is right to 1/32 of itself: 0.9 is 1 − 13/2^7, 0.999 is 1 − 1/2^10. Then an average
//! takes a truncation of the difference by q bits, and its product with c is local; so is that of the last truncation with the rate. The
//! corrections are those of the β that are used.
//!
//! | number | fractional bits | below | bits with its sign |
//! | --- | --- | --- | --- |
//! | h | 22 | 2^3 | 26 |
//! | h², v, h² − v | 44 | 2^6 | 51 |
//! | m | 30 | 2^3 | 34, of h − m 35 |
//! | 2^e·v, for the root | 32 | 2^6 | 39 |
//! | r | 28, in units of 2^16 | 1 | 30 |
//! | m·r | 42, truncated to 10 | 2^7: \|m\|·r ≤ (1 − β₁) / √((1 − β₂)·(1 − β₁²/β₂)) ≤ 100, by Cauchy and Schwarz | 50 |
//!
//! α_t is a whole number of units 2^−24, [below or above](whole), by the step. A change of rates changes no truncation.
//!
//! A mean gradient of 8 or more does not fit; where that can be, options clip it.
//!
//! **Error.** An update is off by that of r, up to 2^−7 of it, by the rounding of 1 − β, by what h loses below 2^−22, and by that of m·r, up
//! to α_t·2^−11.
//!
//! A weight takes 5 truncations, 2 products and an inverse square root: of two parties with stochastic rounding each sends 875 bits, and
//! receives up to 3511 from the dealer, in 25 rounds for all weights together.

use crate::nn::train::TrainError;
use crate::nn::train::arithmetic::{Arithmetic, MOST_BITS, Numbers};
use crate::nn::train::inverse_sqrt::{INVERSE_SQRT_FRACTION, inverse_sqrt};
use crate::nn::train::options::{TrainFormats, in_range};
use crate::protocol::Error;
use crate::share::add_public;

use super::state::State;
use super::whole::whole;

/// Fractional bits of h.
const GRADIENT: u32 = 22;
/// Bits of h, the sign's included: its square has 51.
const GRADIENT_BITS: u32 = 26;
/// Fractional bits of m beyond those of h.
const GUARD: u32 = 8;
/// Fractional bits of what the root is taken of; ε² is their unit.
const ROOT: u32 = 32;
/// Fractional bits of m·r.
const STEP: u32 = GRADIENT + GUARD + INVERSE_SQRT_FRACTION - ROOT / 2;
/// The least fractional bits that m·r is truncated to.
const LEAST: u32 = 8;
/// Fractional bits of α_t, unless those are more.
const RATE: u32 = 24;
/// Bits of public factors.
const FACTOR: u32 = 8;

/// c / 2^q, for 1 − β.
#[derive(Clone, Copy)]
struct Part {
    c: u64,
    q: u32,
}

/// An update, the same for all weights.
pub(super) struct Adam {
    /// A factor and a shift that bring a sum of gradients to h.
    mean: (u64, u32),
    first: Part,
    second: Part,
    /// e.
    correction: u32,
    /// A shift, which is the same in all steps, and a factor that bring m·r to the fraction of weights, times α_t.
    rate: (u32, u64),
}

impl Part {
    fn new(decay: f64) -> Self {
        let wanted = 1. - decay;
        let of = |q: u32| libm::round(wanted * libm::exp2(q.into()));
        let is_near = |q: &u32| libm::fabs(of(*q) * libm::exp2(-f64::from(*q)) / wanted - 1.) <= 1. / 32.;
        // 1 − β ≥ 2^−14, so that c has five bits at most before it is as near.
        let q = (0..20).find(is_near).unwrap_or(20);
        Self { c: of(q) as u64, q }
    }

    /// 1 − β^t, of the β that this stands for.
    fn corrected(self, steps: u64) -> f64 {
        let decay = 1. - self.c as f64 * libm::exp2(-f64::from(self.q));
        1. - libm::pow(decay, steps as f64)
    }

    /// Moves an average by its part of the way to a number, `bits` bits away.
    fn follow<A: Arithmetic>(
        self,
        a: &mut A,
        average: &mut Numbers,
        mut number: Numbers,
        bits: u32,
    ) -> Result<(), Error> {
        number.sub_assign(average);
        let mut part = a.truncate(&number, bits, self.q)?;
        part.scale(self.c);
        average.add_assign(&part);
        Ok(())
    }
}

/// Decays for which |m|·r is within its bits: β₁² below β₂, or the bound has no end.
pub(super) fn check(decay: [f64; 2], formats: &TrainFormats) -> Result<(), TrainError> {
    decay.iter().try_for_each(|decay| in_range("decay of a moment", 0., 0.9999, *decay))?;
    let [first, second] = decay;
    in_range("decay of the second moment", (first * first * 1.001).min(0.9999), 0.9999, second)?;
    let fraction = formats.activation + formats.gradient;
    in_range("fractional bits of a gradient of weights", 1., 40., fraction.into())
}

/// Fractional bits that m·r is truncated to, whatever the rate is.
fn kept(formats: &TrainFormats) -> u32 {
    formats.weight.saturating_sub(RATE).clamp(LEAST, STEP)
}

/// The unit of α_t.
pub(super) fn unit(formats: &TrainFormats) -> f64 {
    libm::exp2(f64::from(kept(formats)) - f64::from(formats.weight))
}

impl Adam {
    /// Of a step after `steps`, on a batch of so many rows.
    pub(super) fn new(
        formats: &TrainFormats,
        decay: [f64; 2],
        rows: usize,
        rate: f64,
        steps: u64,
    ) -> Result<Self, TrainError> {
        let [first, second] = decay.map(Part::new);
        let fraction = formats.activation + formats.gradient;
        // A product with a factor of so many bits fits, since h does, if it is truncated by no more than its spare bits.
        let spare = MOST_BITS - GRADIENT_BITS;
        let most = libm::exp2(f64::from(GRADIENT + spare) - f64::from(fraction));
        in_range("rows of a batch", 1., most, rows as f64)?;
        let shift =
            (fraction + rows.next_power_of_two().ilog2() + FACTOR).saturating_sub(GRADIENT).min(spare);
        let factor = libm::exp2(f64::from(GRADIENT + shift) - f64::from(fraction)) / rows as f64;
        let mean = (libm::round(factor) as u64, shift);

        let unbiased = second.corrected(steps + 1);
        let correction = libm::floor(-libm::log2(unbiased)) as u32;
        let root = libm::sqrt(libm::exp2(correction.into()) * unbiased);
        let alpha = rate * root / first.corrected(steps + 1);
        let rate = (STEP - kept(formats), whole(alpha / unit(formats), steps));
        Ok(Self { mean, first, second, correction, rate })
    }

    /// Updates x by the sum of its gradients.
    pub(super) fn apply<A: Arithmetic>(
        &self,
        a: &mut A,
        x: &mut Numbers,
        mut dx: Numbers,
        state: &mut State,
    ) -> Result<(), Error> {
        let [m, v] = &mut state[..] else { return Ok(()) };
        let (factor, shift) = self.mean;
        dx.scale(factor);
        let mut h = a.truncate(&dx, GRADIENT_BITS + shift, shift)?;
        drop(dx);
        let square = a.multiply(&h, &h)?;
        self.second.follow(a, v, square, MOST_BITS)?;
        h.scale(1 << GUARD);
        self.first.follow(a, m, h, GRADIENT_BITS + GUARD + 1)?;

        let mut root = v.clone();
        // By stochastic rounding v is above −c, where it is near 0.
        add_public(a.id(), self.second.c, root.expose_mut());
        let dropped = 2 * GRADIENT - ROOT;
        root.scale(1 << self.correction);
        let root = a.truncate(&root, MOST_BITS, dropped)?;
        let r = inverse_sqrt(a, &root)?;
        drop(root);
        let (shift, factor) = self.rate;
        let step = a.multiply(m, &r)?;
        let mut step = a.truncate(&step, MOST_BITS, shift)?;
        step.scale(factor);
        x.sub_assign(&step);
        Ok(())
    }
}
