//! Batch normalisation, z = γ·x̂ + β with x̂ = r·(x − μ) and r = 1 / √(σ² + ε), channel by channel, and its gradients.
//!
//! In training μ and σ² are those of the batch, which the running ones follow by a tenth. Of N values, for the gradient g of z,
//!
//! dβ = Σ g, dγ = Σ g·x̂, dx = γ·r·(g − dβ / N − x̂·dγ / N).
//!
//! A layer that is not trained has its statistics folded into γ and β, dx = γ·g.

use ringshare::nn::op;

use super::product::Target;
use super::update::{Learned, Update};

/// The part of a batch's statistics that running ones take.
const RUNNING: f32 = 0.1;
/// The least ε, that of shares.
const EPSILON: f32 = 1. / 65536.;

pub(super) struct Normalise {
    /// γ and β.
    pub(super) learned: Learned,
    /// μ and σ², running.
    pub(super) running: [Vec<f32>; 2],
    eps: f32,
    /// μ and σ² of the batch that was last taken in training.
    batch: [Vec<f32>; 2],
    /// μ and r of the values that were last taken.
    at: [Vec<f32>; 2],
}

impl Normalise {
    pub(super) fn new(name: &str, of: &op::Normalise) -> Self {
        let learned = Learned::new(name, [of.weight.clone(), of.bias.clone()]);
        let running = [of.mean.clone(), of.variance.clone()];
        let eps = (of.eps as f32).max(EPSILON);
        Self { learned, running, eps, batch: Default::default(), at: Default::default() }
    }

    /// One that is not trained.
    pub(super) fn frozen(name: &str, of: &op::Normalise) -> Self {
        let [scale, shift] = of.folded();
        let learned = Learned { is_trained: false, ..Learned::new(name, [scale, shift]) };
        let running = [vec![0.; of.mean.len()], vec![1.; of.mean.len()]];
        Self { learned, running, eps: 0., batch: Default::default(), at: Default::default() }
    }

    /// As a layer of a model, in place of what it was.
    pub(super) fn serving(&self, of: &op::Normalise) -> op::Normalise {
        if !self.learned.is_trained {
            return of.clone();
        }
        let ([weight, bias], [mean, variance]) = (self.learned.held.clone(), self.running.clone());
        op::Normalise { weight, bias, mean, variance, eps: self.eps.into() }
    }

    /// By the statistics of the batch, in training, or by the running ones.
    pub(super) fn forward(&mut self, x: &[f32], z: &mut [f32], trains: bool) {
        let channels = self.learned.held[0].len();
        self.at = if trains && self.learned.is_trained {
            self.batch = statistics(x, channels);
            self.batch.clone()
        } else {
            self.running.clone()
        };
        let [mean, r] = &mut self.at;
        r.iter_mut().for_each(|r| *r = 1. / (*r + self.eps).sqrt());
        for (z, x) in z.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
            for (i, (z, x)) in z.iter_mut().zip(x).enumerate() {
                *z = self.learned.held[0][i] * (r[i] * (x - mean[i])) + self.learned.held[1][i];
            }
        }
    }

    /// The gradients of x, if it is wanted, and of γ and β, if they are trained, given that of z.
    pub(super) fn backward(&mut self, x: &[f32], g: &[f32], target: Option<Target<'_>>) {
        let channels = self.learned.held[0].len();
        let mut sums = [vec![0f64; channels], vec![0f64; channels]];
        let [mean, r] = &self.at;
        for (g, x) in g.chunks_exact(channels).zip(x.chunks_exact(channels)) {
            for (i, (g, x)) in g.iter().zip(x).enumerate() {
                sums[0][i] += f64::from(g * r[i] * (x - mean[i]));
                sums[1][i] += f64::from(*g);
            }
        }
        self.learned.gradients = sums.map(|sums| sums.into_iter().map(|sum| sum as f32).collect());
        let Some(Target { dx, adds }) = target else { return };
        // Those of a layer that is not trained do not depend on x.
        let part = if self.learned.is_trained { channels as f32 / x.len().max(1) as f32 } else { 0. };
        let [along, all] = &self.learned.gradients;
        let rows = dx.chunks_exact_mut(channels).zip(x.chunks_exact(channels)).zip(g.chunks_exact(channels));
        for ((dx, x), g) in rows {
            for (i, ((dx, x), g)) in dx.iter_mut().zip(x).zip(g).enumerate() {
                let off = all[i] + r[i] * (x - mean[i]) * along[i];
                let slope = self.learned.held[0][i] * r[i] * (g - part * off);
                *dx = if adds { *dx + slope } else { slope };
            }
        }
    }

    /// [`backward`](Self::backward) with an update of γ, β and the running statistics.
    pub(super) fn step(&mut self, x: &[f32], g: &[f32], target: Option<Target<'_>>, update: &Update) {
        self.backward(x, g, target);
        if !self.learned.is_trained {
            return;
        }
        (0..2).for_each(|part| self.learned.follow(part, update));
        for (running, batch) in self.running.iter_mut().flatten().zip(self.batch.iter().flatten()) {
            *running += RUNNING * (batch - *running);
        }
    }
}

/// μ and σ² of every channel.
fn statistics(x: &[f32], channels: usize) -> [Vec<f32>; 2] {
    let count = (x.len() / channels.max(1)).max(1) as f64;
    let mut sums = vec![0f64; channels];
    for x in x.chunks_exact(channels) {
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let mean: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
    let mut squares = vec![0f64; channels];
    for x in x.chunks_exact(channels) {
        for ((square, x), mean) in squares.iter_mut().zip(x).zip(&mean) {
            *square += (f64::from(*x) - mean).powi(2);
        }
    }
    let single = |all: Vec<f64>, by: f64| all.into_iter().map(|x| (x * by) as f32).collect();
    [single(mean, 1.), single(squares, 1. / count)]
}
