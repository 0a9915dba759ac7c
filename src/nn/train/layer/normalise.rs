//! Batch normalisation without its scale and shift: x̂ = r·(x − μ) with r = 1 / √(σ² + ε), channel by channel (Ioffe and Szegedy, ICML 2015,
//! algorithm 1).
//!
//! Over the N values that a channel has in the batch, μ = Σ x / N and σ² = Σ (x − μ)² / N: sums are local, 1 / N is public. With the
//! gradient g of x̂,
//!
//! dx = r·(g − Σ g / N − x̂·Σ g·x̂ / N)
//!
//! (section 3, with the terms of σ² and μ put together). γ·x̂ + β is a [product](super::Product) of its own: a 1 × 1 convolution in which every
//! channel is a group.
//!
//! So is r·(x − μ), of which g·r and Σ g·(x − μ) are the gradients: r and what is made of it are masked once a channel. With x̂ = r·(x − μ),
//! dx = g·r − r·Σ g / N − x̂·s, s = r²·Σ g·(x − μ) / N.
//!
//! **Served.** Without a tape, μ and σ² are running means over the steps of training, r ← r + (of the batch − r)/10, as PyTorch has them
//! but for σ², which is divided by N here, not by N − 1. They begin as 0 and 1, or as a model has them that is given,
//! and are revealed beside γ and β.
//!
//! **Frozen.** One that is not trained has no x̂: its scale γ·r and its shift β − μ·γ·r by running statistics are a product, and the statistics
//! are kept for the model that is revealed, where γ and β are parted from them again.
//!
//! **Format.** ε is a multiple of 2^−16, the unit of σ², and as near to that of the model as it gets: 2^−16 for 10^−5. μ and x − μ have two fractional bits more than values. x̂ is off by up to 2^−7 of itself
//! (2^−6 where rounding is stochastic), by that of [r](inverse_sqrt), and by the rounding of μ and of itself. N·σ² fits
//! 2^(50 − 2·(F_x + 2)), 2^30 by default, and x̂ the range of values.
//!
//! A value takes a square, a product and a truncation forward, and the gradients, a product and a truncation backward; a channel 13
//! truncations and an inverse square root. With γ and β, of two parties with stochastic rounding each sends 434 bits a value and 1555 a channel, and
//! receives up to 618 and 4146 from the dealer. A layer takes 42 rounds in a step, and the running statistics of all
//! together one more.

use alloc::sync::Arc;

use super::contract::{Backward, Forward, Memory, Step};
use super::statistics::{FACTOR, GUARD, Normalised, RUNNING, Statistics, VARIANCE};
use crate::linalg::{LayerShape, Window};
use crate::nn::train::TrainError;
use crate::nn::train::arithmetic::{Arithmetic, MOST_BITS, Numbers};
use crate::nn::train::inverse_sqrt::{INVERSE_SQRT_FRACTION, inverse_sqrt};
use crate::nn::train::joined::joined;
use crate::nn::train::options::TrainFormats;
use crate::protocol::Error;
use crate::share::add_public;

/// Fractional bits of means of gradients beyond those of gradients.
const GRADIENT_GUARD: u32 = 4;
/// Fractional bits of Σ g·x̂ / N.
const ALONG: u32 = 20;
/// Fractional bits of r.
pub(in crate::nn::train) const ROOT: u32 = INVERSE_SQRT_FRACTION - VARIANCE / 2;
/// The most fractional bits of values: squares of their differences have two for each, and four.
const MOST_FRACTION: u32 = 12;

#[derive(Debug)]
pub(in crate::nn::train) struct Normalise {
    /// Its number among the normalisations.
    pub(in crate::nn::train) number: usize,
    pub(in crate::nn::train) channels: usize,
    /// ε, in units of σ².
    pub(in crate::nn::train) epsilon: u64,
    /// Whether something below is trained.
    pub(in crate::nn::train) below: bool,
}

impl Normalise {
    /// Whether a normalisation fits these formats.
    pub(in crate::nn::train) fn check(formats: &TrainFormats) -> Result<(), TrainError> {
        let gradient = formats.gradient + formats.gradient_range + ROOT;
        for (what, most, found) in [
            ("fractional bits of what is normalised", MOST_FRACTION, formats.activation),
            ("a product of gradients and of a normalisation's root", MOST_BITS, gradient),
        ] {
            if found > most {
                return Err(TrainError::Formats { what, most, found });
            }
        }
        Ok(())
    }

    /// Products of values with a number of their channel.
    fn shape(&self, values: usize) -> LayerShape {
        let (outputs, groups) = (self.channels, self.channels);
        let window = Some(Window::new([1, 1, self.channels], [1, 1]));
        LayerShape { window, rows: values / self.channels.max(1), outputs, inputs: 1, groups }
    }

    /// Σ x / N times 2^up, by channels, of x that fit so many bits.
    fn means<A: Arithmetic>(&self, a: &mut A, x: &Numbers, bits: u32, up: i32) -> Result<Numbers, Error> {
        self.divided(a, x.column_sums(self.channels), x.len(), bits, up)
    }

    /// Sums over so many values of all channels, as above.
    fn divided<A: Arithmetic>(
        &self,
        a: &mut A,
        mut sums: Numbers,
        values: usize,
        bits: u32,
        up: i32,
    ) -> Result<Numbers, Error> {
        let rows = values / self.channels.max(1);
        let log = rows.max(1).next_power_of_two().ilog2();
        let bits = bits.min(MOST_BITS - log);
        let guard = FACTOR.min(MOST_BITS - log - bits).min((MOST_BITS - 1 - FACTOR).saturating_sub(bits));
        sums.scale(1 << guard);
        let mut sums = a.truncate(&sums, MOST_BITS, log)?;
        // 2^log / N is from 1 to 2.
        let factor = libm::round(libm::exp2(f64::from(log + FACTOR)) / rows.max(1) as f64);
        sums.scale(factor as u64);
        let shift = (guard + FACTOR) as i32 - up;
        a.truncate(&sums, MOST_BITS, shift as u32)
    }

    /// μ, σ² and x − μ of a batch.
    fn moments<A: Arithmetic>(
        &self,
        a: &mut A,
        x: &Numbers,
        formats: &TrainFormats,
    ) -> Result<(Statistics, Numbers), Error> {
        let bits = formats.values();
        let mean = self.means(a, x, bits, GUARD as i32)?;
        let difference = difference(x, &mean);
        let squares = a.multiply(&difference, &difference)?;
        let up = VARIANCE as i32 - 2 * (formats.activation + GUARD) as i32;
        let variance = self.means(a, &squares, 2 * (bits + GUARD) + 1, up)?;
        Ok((Statistics([mean, variance]), difference))
    }

    /// Running statistics in the format of those of a batch, and x − μ.
    fn served<A: Arithmetic>(
        a: &mut A,
        x: &Numbers,
        running: &Statistics,
    ) -> Result<(Statistics, Numbers), Error> {
        let both = a.truncate(&joined(running.0.iter()), MOST_BITS, RUNNING)?;
        let (mean, variance) = (both.slice(0..both.len() / 2), both.slice(both.len() / 2..both.len()));
        let difference = difference(x, &mean);
        Ok((Statistics([mean, variance]), difference))
    }
}

impl Step for Normalise {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        at: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        let (statistics, difference) = match at.tape {
            Some(_) => self.moments(a, &x, &at.formats)?,
            None => Self::served(a, &x, &at.statistics[self.number])?,
        };
        let shape = self.shape(x.len());
        drop(x);
        let mut variance = statistics.0[1].clone();
        // The root adds a unit.
        add_public(a.id(), self.epsilon - 1, variance.expose_mut());
        let r = Arc::new(inverse_sqrt(a, &variance)?);
        let wanted = [at.tape.is_some() && self.below; 2];
        let (product, products) = a.layer(&shape, wanted, difference, r.clone())?;
        let shift = GUARD + ROOT;
        let x = a.truncate(&product, at.formats.values() + shift, shift)?;
        if at.tape.is_some() {
            let rest = self.below.then(|| (x.clone(), r, products));
            at.keep(Memory::Normalised(Normalised { statistics, rest }));
        }
        Ok(x)
    }

    fn backward<A: Arithmetic>(
        &self,
        a: &mut A,
        g: Numbers,
        at: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        let Normalised { statistics, rest } = at.normalised();
        at.statistics[self.number] = Some(statistics);
        let Some((x, r, products)) = rest else { return Ok(Numbers::zeros(0)) };
        let g = at.lift(a, g)?;
        *at.is_wide = true;
        let TrainFormats { activation, gradient, .. } = at.formats;
        let bits = at.formats.gradients();
        let ([Some(mut dx), Some(along)], len) = (a.gradients(products, &g)?, x.len()) else {
            return Ok(Numbers::zeros(0));
        };
        // All that is added up has the fractional bits of g·r.
        let mean = self.means(a, &g, bits, GRADIENT_GUARD as i32)?;
        drop(g);
        let mean = a.multiply(&mean, &r)?;
        dx.sub_assign(&repeated(&a.truncate(&mean, MOST_BITS, GRADIENT_GUARD)?, len));
        let along = self.divided(a, along, len, bits + at.formats.values() + GUARD, 0)?;
        let along = a.multiply(&along, &r)?;
        let along = a.truncate(&along, MOST_BITS, gradient + activation + GUARD + ROOT - ALONG)?;
        let along = a.multiply(&along, &r)?;
        let along = a.truncate(&along, MOST_BITS, ALONG + activation - gradient)?;
        let (along, _) = a.layer(&self.shape(len), [false; 2], x, along.into())?;
        dx.sub_assign(&along);
        a.truncate(&dx, bits + ROOT, ROOT)
    }
}

/// x − μ, with the fractional bits of μ.
fn difference(x: &Numbers, mean: &Numbers) -> Numbers {
    let mut out = x.clone();
    out.scale(1 << GUARD);
    out.sub_assign(&repeated(mean, x.len()));
    out
}

/// Numbers of the channels, as many times as there are places.
fn repeated(x: &Numbers, len: usize) -> Numbers {
    Numbers::from_words(x.expose().repeat(len / x.len().max(1)))
}
