//! Statistics of a normalisation: those of a batch, which leave what its gradients need, and running ones.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::nn::train::arithmetic::{Arithmetic, MOST_BITS, Numbers};
use crate::nn::train::joined::{joined, parted};
use crate::nn::train::options::TrainFormats;
use crate::protocol::Error;

/// Fractional bits of μ and of x − μ beyond those of values.
pub(in crate::nn::train) const GUARD: u32 = 2;
/// Fractional bits of σ² and of ε.
pub(in crate::nn::train) const VARIANCE: u32 = 16;
/// Fractional bits of running means beyond those of a batch.
pub(in crate::nn::train) const RUNNING: u32 = 8;
/// Bits of the public factors 1/10 and 1 / N.
pub(super) const FACTOR: u32 = 10;

/// μ and σ² of every channel: of a batch, or running, with 8 fractional bits more.
#[derive(Clone)]
pub(in crate::nn::train) struct Statistics(pub(in crate::nn::train) [Numbers; 2]);

/// What the step backward needs.
pub(in crate::nn::train) struct Normalised<A: Arithmetic> {
    pub(super) statistics: Statistics,
    /// x̂, r and their product's gradients, if anything below is trained.
    pub(super) rest: Option<(Numbers, Arc<Numbers>, A::Products)>,
}

impl Statistics {
    /// Of channels with means 0.
    pub(in crate::nn::train) fn zeros(channels: usize) -> Self {
        Self([Numbers::zeros(channels), Numbers::zeros(channels)])
    }

    /// As long as there was no step, σ² counts as 1.
    pub(in crate::nn::train) fn one() -> u64 {
        1 << (VARIANCE + RUNNING)
    }

    /// Fractional bits of running statistics, of μ and of σ².
    pub(in crate::nn::train) fn fractions(formats: &TrainFormats) -> [u32; 2] {
        [formats.activation + GUARD + RUNNING, VARIANCE + RUNNING]
    }

    /// ε in its units, of which it is one at least.
    pub(in crate::nn::train) fn epsilon(eps: f64) -> u64 {
        libm::round(libm::ldexp(eps, VARIANCE as i32)).max(1.) as u64
    }

    /// What so many units of ε are.
    pub(in crate::nn::train) fn real_epsilon(units: u64) -> f64 {
        libm::ldexp(units as f64, -(VARIANCE as i32))
    }

    /// Moves running statistics towards those of a batch, of the normalisations that have any: all by one truncation.
    pub(in crate::nn::train) fn follow<A: Arithmetic>(
        a: &mut A,
        running: &mut [Self],
        batch: Vec<Option<Self>>,
    ) -> Result<(), Error> {
        let pairs = running.iter_mut().zip(batch);
        let pairs = pairs.filter_map(|(running, batch)| Some(running.0.iter_mut().zip(batch?.0)));
        let (running, mut by): (Vec<_>, Vec<_>) = pairs.flatten().unzip();
        for (running, by) in running.iter().zip(&mut by) {
            by.scale(1 << RUNNING);
            by.sub_assign(running);
            by.scale(((1 << FACTOR) + 5) / 10);
        }
        if by.is_empty() {
            return Ok(());
        }
        let all = a.truncate(&joined(by.iter()), MOST_BITS, FACTOR)?;
        for (running, by) in running.into_iter().zip(parted(&all, by.iter())) {
            running.add_assign(&by);
        }
        Ok(())
    }
}
