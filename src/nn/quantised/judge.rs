//! Whether outputs in fixed point are as good as the real ones.
//!
//! **Classes.** The outputs are logits, and the class is that of the greatest. A part of the images must keep its class. An
//! image whose greatest output exceeds the next by no more than the tolerance may have any: a tie says nothing about the
//! precision.
//!
//! **Values.** Outputs that are one number, that are read as probabilities, or that are an image, have no classes. Then a part of
//! the images must have outputs that are all within the tolerance of the real ones.
//!
//! The tolerance is a part of the distance between the least and the greatest real output.

use alloc::vec::Vec;

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
        Self { outputs, width, classes, tolerance: part * span }
    }

    /// Whether it compares classes.
    pub(super) fn classes(&self) -> bool {
        self.classes
    }

    /// The part of the images whose outputs are good enough.
    pub(super) fn agreement(&self, outputs: &[f32]) -> f64 {
        let good = |(found, real): (&[f32], &[f32])| match self.classes {
            true => margin(real) <= self.tolerance || class(found) == class(real),
            false => {
                let off = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).abs();
                found.iter().zip(real).map(off).all(|off| off <= self.tolerance)
            }
        };
        let images = outputs.chunks_exact(self.width).zip(self.outputs.chunks_exact(self.width));
        let all = images.len();
        images.filter(|&image| good(image)).count() as f64 / all.max(1) as f64
    }
}

/// Whether the outputs are logits of classes.
fn has_classes(model: &Model) -> bool {
    let [height, width, classes] = model.output();
    let mut last = model.nodes().iter().rev().map(|node| node.op.get());
    let read = last.find(|op| op.role() != Role::Same).is_some_and(|op| op.is_probability());
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
