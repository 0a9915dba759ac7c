//! How weights follow their gradients, as `ringshare::nn::train` has it: decay, clipping and momentum are those of the mean.

use ringshare::nn::train::{Optimiser, TrainOptions};

/// What keeps Adam from dividing by 0.
const EPSILON: f32 = 1e-8;

/// What a layer learns: W and b, or γ and β.
pub(super) struct Learned {
    pub(super) name: String,
    pub(super) is_trained: bool,
    /// As they are held.
    pub(super) held: [Vec<f32>; 2],
    /// Their gradients, of the sum over the batch.
    pub(super) gradients: [Vec<f32>; 2],
    /// What the optimiser keeps of each.
    pub(super) kept: [Vec<Vec<f32>>; 2],
}

impl Learned {
    pub(super) fn new(name: &str, held: [Vec<f32>; 2]) -> Self {
        let (gradients, kept) = (Default::default(), Default::default());
        Self { name: name.into(), is_trained: true, held, gradients, kept }
    }

    /// Updates one of the two by its gradient.
    pub(super) fn follow(&mut self, part: usize, update: &Update) {
        update.apply(&mut self.held[part], &self.gradients[part], &mut self.kept[part]);
    }
}

/// A step of all weights.
#[derive(Clone, Copy)]
pub(super) struct Update {
    pub(super) options: TrainOptions,
    pub(super) rows: usize,
    pub(super) rate: f32,
    /// Steps before this one.
    pub(super) steps: i32,
}

impl Update {
    /// Where x ← keep·x + scale·dx for the summed gradient dx is all: the two factors.
    pub(super) fn linear(&self) -> Option<[f32; 2]> {
        let is_plain = self.options.optimiser == Optimiser::Sgd && self.options.clip.is_none();
        is_plain.then_some([1. - self.rate * self.options.decay as f32, -self.rate / self.rows as f32])
    }

    /// Updates x by the gradient of the sum over the batch.
    pub(super) fn apply(&self, x: &mut [f32], dx: &[f32], kept: &mut [Vec<f32>]) {
        let (mean, decay, rate) = (1. / self.rows as f32, self.options.decay as f32, self.rate);
        let clip = self.options.clip.map_or(f32::INFINITY, |clip| clip as f32);
        let gradient = |x: f32, dx: f32| (dx * mean + decay * x).max(-clip).min(clip);
        match (self.options.optimiser, kept) {
            (Optimiser::Momentum(momentum), [v]) => {
                let momentum = momentum as f32;
                for ((x, dx), v) in x.iter_mut().zip(dx).zip(v) {
                    *v = momentum * *v + gradient(*x, *dx);
                    *x -= rate * *v;
                }
            }
            (Optimiser::Adam { decay: [first, second] }, [m, v]) => {
                let correction = |decay: f64| (1. / (1. - decay.powi(self.steps + 1))) as f32;
                let (by_m, by_v) = (correction(first), correction(second));
                let (first, second) = (first as f32, second as f32);
                for (((x, dx), m), v) in x.iter_mut().zip(dx).zip(m).zip(v) {
                    let g = gradient(*x, *dx);
                    *m = first * *m + (1. - first) * g;
                    *v = second * *v + (1. - second) * g * g;
                    *x -= rate * *m * by_m / ((*v * by_v).sqrt() + EPSILON);
                }
            }
            _ => x.iter_mut().zip(dx).for_each(|(x, dx)| *x -= rate * gradient(*x, *dx)),
        }
    }

    /// Vectors that are kept of every vector of weights.
    pub(super) fn kept(options: &TrainOptions) -> usize {
        match options.optimiser {
            Optimiser::Momentum(_) => 1,
            Optimiser::Adam { .. } => 2,
            _ => 0,
        }
    }
}
