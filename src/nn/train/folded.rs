//! Normalisations as scales and shifts, on shares: x·s + t with s = γ·r, t = β − μ·s and r = 1 / √(σ² + ε), by running statistics.
//!
//! Behind a layer with weights, W·x + b becomes (s·W)·x + (β + (b − μ)·s), row by row.
//!
//! **The root.** The r of [a table](super::inverse_sqrt) is right to 2^−7 or 2^−6 of itself, to which a network in training gets used. A step of
//! Newton, r ← r·(3 − (σ² + ε)·r²) / 2, of which the error is 3/2 of the square of that before, makes it 2^−10: the model that is revealed has
//! the root itself.
//!
//! **Formats.** s has 20 fractional bits, and is below 2^10. μ and b have F_x + 10 for the difference, which times s is below 2^(20 − F_x). W has 20
//! at most in the product, and s·W is below 2^10.
//!
//! **Cost.** All channels are done together, in 31 rounds, and each layer in front of a normalisation takes two more. Of two parties with stochastic
//! rounding each sends 180 bytes a channel and 17 a weight of such a layer, once: the network that serves has no other layers than without.

use alloc::vec::Vec;

use super::arithmetic::{Arithmetic, MOST_BITS, Numbers};
use super::inverse_sqrt::inverse_sqrt;
use super::layer::{Parameters, RUNNING, Statistics};
use super::trainer::Trainer;
use crate::protocol::Error;
use crate::share::add_public;

/// Fractional bits of scales, those of r, and the most of weights in a product with them.
pub(super) const SCALE: u32 = super::layer::ROOT;
/// What is left of the fractional bits of √(σ² + ε), of 28, for the product with r, and of that product, of 40.
const ROOT_SHIFT: u32 = 16;
const SQUARE_SHIFT: u32 = 20;

/// Scales and shifts of those normalisations that are trained.
pub(super) struct Folded {
    /// Of each normalisation, where it is trained: s with [`SCALE`] fractional bits, t with those of weights.
    lines: Vec<Option<[Numbers; 2]>>,
}

impl Folded {
    /// Normalisations, each with the layer with weights that it becomes part of, or with its own.
    pub(super) fn new<A: Arithmetic>(
        a: &mut A,
        of: &Trainer,
        into: Vec<(usize, usize)>,
    ) -> Result<Self, Error> {
        let mut lines: Vec<_> = of.program.normalised.iter().map(|_| None).collect();
        if into.is_empty() {
            return Ok(Self { lines });
        }
        let formats = of.program.options.formats;
        // Growing would leave the old place unwiped.
        let channels = into.iter().map(|(number, _)| of.program.normalised[*number].channels).sum();
        let mut all: [Vec<u64>; 5] = core::array::from_fn(|_| Vec::with_capacity(channels));
        let [gamma, beta, mean, variance, bias] = &mut all;
        let mut epsilon = Vec::new();
        for (number, product) in &into {
            let norm = &of.program.normalised[*number];
            let (held, statistics) = (&of.parameters[norm.product], &of.statistics[*number].0);
            gamma.extend_from_slice(held.weights.expose());
            beta.extend_from_slice(held.bias.expose());
            mean.extend_from_slice(statistics[0].expose());
            variance.extend_from_slice(statistics[1].expose());
            match *product == norm.product {
                true => bias.extend(core::iter::repeat_n(0, norm.channels)),
                false => bias.extend_from_slice(of.parameters[*product].bias.expose()),
            }
            epsilon.extend(core::iter::repeat_n(norm.epsilon, norm.channels));
        }
        let [gamma, beta, mean, variance, bias] = all.map(Numbers::from_words);
        let r = root(a, variance, &epsilon)?;
        let gamma = aligned(a, gamma, formats.weight, SCALE)?;
        let scale = a.multiply(&gamma, &r)?;
        let scale = a.truncate(&scale, MOST_BITS, SCALE)?;
        let [fraction, _] = Statistics::fractions(&formats);
        let mut difference = aligned(a, bias, formats.weight, fraction)?;
        difference.sub_assign(&mean);
        let shift = a.multiply(&difference, &scale)?;
        let mut shift = aligned(a, shift, fraction + SCALE, formats.weight)?;
        shift.add_assign(&beta);
        let mut from = 0;
        for (number, _) in into {
            let to = from + of.program.normalised[number].channels;
            lines[number] = Some([&scale, &shift].map(|all| all.slice(from..to)));
            from = to;
        }
        Ok(Self { lines })
    }

    /// Weights and biases of a layer and a normalisation, and the fractional bits of the weights.
    ///
    /// # Panics
    /// If the normalisation is not among those that were folded.
    pub(super) fn weights<A: Arithmetic>(
        &self,
        a: &mut A,
        of: &Trainer,
        product: usize,
        norm: usize,
    ) -> Result<(u32, Parameters), Error> {
        let Some([scale, shift]) = &self.lines[norm] else { panic!("a normalisation that was folded") };
        let bias = shift.clone();
        if of.program.normalised[norm].product == product {
            return Ok((SCALE, Parameters { weights: scale.clone().into(), bias }));
        }
        let (held, fraction) = (&of.parameters[product].weights, of.program.options.formats.weight);
        let weights = a.truncate(held, MOST_BITS, fraction.saturating_sub(SCALE))?;
        let inputs = of.program.shapes[product].inputs;
        let weights = a.multiply(&weights, &scale.repeat_each(inputs))?;
        Ok((fraction.min(SCALE) + SCALE, Parameters { weights: weights.into(), bias }))
    }
}

/// 2^20 / √(σ² + ε) of running variances.
fn root<A: Arithmetic>(a: &mut A, variance: Numbers, epsilon: &[u64]) -> Result<Numbers, Error> {
    let mut variance = a.truncate(&variance, MOST_BITS, RUNNING)?;
    let mut less = variance.clone();
    let units: Vec<u64> = epsilon.iter().map(|units| units - 1).collect();
    less.add_public(a.id(), &units);
    variance.add_public(a.id(), epsilon);
    let r = inverse_sqrt(a, &less)?;
    let root = a.multiply(&variance, &r)?;
    let root = a.truncate(&root, MOST_BITS, ROOT_SHIFT)?;
    let square = a.multiply(&root, &r)?;
    let mut square = a.truncate(&square, MOST_BITS, SQUARE_SHIFT)?;
    // 3 − (σ² + ε)·r², where 1 is 2^20.
    square.negate();
    add_public(a.id(), 3 << SQUARE_SHIFT, square.expose_mut());
    let r = a.multiply(&r, &square)?;
    a.truncate(&r, MOST_BITS, SQUARE_SHIFT + 1)
}

/// Numbers with other fractional bits.
fn aligned<A: Arithmetic>(a: &mut A, mut x: Numbers, from: u32, to: u32) -> Result<Numbers, Error> {
    if from >= to {
        return a.truncate(&x, MOST_BITS, from - to);
    }
    x.scale(1 << (to - from));
    Ok(x)
}
