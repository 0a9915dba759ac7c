//! Whether outputs in fixed point are as good as the real ones.
//!
//! **Classes.** The outputs are logits, and the class is that of the greatest. A part of the images must keep its class. An
//! image whose greatest output exceeds the next by no more than the tolerance may have any: a tie says nothing about the
//! precision.
//!
//! **Values.** Outputs that are one number, that are read as probabilities, that are an image, or that are several results joined,
//! have no classes. Then a part of
//! the images must have outputs that are all within the tolerance of the real ones.
//!
//! The tolerance is a part of the distance between the least and the greatest real output.

use alloc::vec::Vec;

use super::difference::Cause;
use super::ranges::class;
use crate::nn::Model;
use crate::nn::op::Role;

/// The tolerance for values, unless another is given.
const VALUES: f64 = 1. / 256.;
/// The least margin of a class, unless another is given.
const MARGIN: f64 = 1. / 4096.;

/// The outputs of the real model, and how near others have to come.
pub(super) struct Judge {
    outputs: Vec<f32>,
    /// Outputs of an image.
    width: usize,
    classes: bool,
    /// The distance between the least and the greatest output.
    span: f64,
    /// In units of the outputs.
    tolerance: f64,
}

impl Judge {
    /// For the real outputs of images and a tolerance.
    pub(super) fn new(model: &Model, outputs: Vec<f32>, tolerance: Option<f64>) -> Self {
        let classes = has_classes(model);
        let (low, high) = outputs
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        // Outputs that are all the same are compared with their magnitude.
        let span = if low < high { f64::from(high) - f64::from(low) } else { f64::from(high).abs() };
        let part = tolerance.unwrap_or(if classes { MARGIN } else { VALUES });
        let width = model.output().iter().product();
        Self { outputs, width, classes, span, tolerance: part * span }
    }

    /// Whether it compares classes.
    pub(super) fn classes(&self) -> bool {
        self.classes
    }

    /// The part of the images whose outputs are good enough.
    pub(super) fn agreement(&self, outputs: &[f32]) -> f64 {
        let all = outputs.len() / self.width;
        self.images(outputs).filter(|&(found, real)| self.good(found, real)).count() as f64
            / all.max(1) as f64
    }

    /// The images whose outputs are not good enough.
    pub(super) fn failing(&self, outputs: &[f32]) -> Vec<usize> {
        let images = self.images(outputs).enumerate();
        images.filter(|&(_, (found, real))| !self.good(found, real)).map(|(image, _)| image).collect()
    }

    /// Whether most of the failing images are near-ties: although their classes change, no output is farther from the real
    /// one than outputs may be that have no classes.
    pub(super) fn near_ties(&self, outputs: &[f32], failing: &[usize]) -> Option<Cause> {
        let most = VALUES * self.span;
        let image = |of: &'_ [f32], image: usize| of[image * self.width..][..self.width].to_vec();
        let near = |&&i: &&usize| off(&image(outputs, i), &image(&self.outputs, i)).all(|off| off <= most);
        let margins: Vec<f64> =
            failing.iter().filter(near).map(|&i| margin(&image(&self.outputs, i))).collect();
        let images = margins.len();
        let tolerance = margins.into_iter().fold(0., f64::max) / self.span.max(f64::MIN_POSITIVE);
        (self.classes && 2 * images > failing.len()).then_some(Cause::NearTies { images, tolerance })
    }

    fn images<'a>(&'a self, outputs: &'a [f32]) -> impl Iterator<Item = (&'a [f32], &'a [f32])> {
        outputs.chunks_exact(self.width).zip(self.outputs.chunks_exact(self.width))
    }

    fn good(&self, found: &[f32], real: &[f32]) -> bool {
        match self.classes {
            true => margin(real) <= self.tolerance || class(found) == class(real),
            false => off(found, real).all(|off| off <= self.tolerance),
        }
    }
}

/// The distances of outputs from the real ones.
fn off(found: &[f32], real: &[f32]) -> impl Iterator<Item = f64> {
    found.iter().zip(real).map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs())
}

/// Whether the outputs are logits of classes.
fn has_classes(model: &Model) -> bool {
    let [height, width, classes] = model.output();
    let mut last = model.nodes().iter().rev().map(|node| node.op.get());
    let read = last.find(|op| op.role() != Role::Same).is_some_and(|op| op.counts());
    height * width == 1 && classes > 1 && !read
}

/// By how much the greatest output exceeds the next.
fn margin(outputs: &[f32]) -> f64 {
    let (first, second) =
        outputs.iter().fold((f32::NEG_INFINITY, f32::NEG_INFINITY), |(first, second), &x| {
            if x > first { (x, first) } else { (first, second.max(x)) }
        });
    f64::from(first) - f64::from(second)
}
