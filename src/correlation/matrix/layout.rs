//! Sizes of products, how a matrix is walked in strips of rows, and where the randomness lies.

use core::ops::Range;

use crate::linalg::{Filters, Window};
use crate::ring::Word;

pub(super) const A: u64 = 0;
pub(super) const B: u64 = 1;
pub(super) const C: u64 = 2;
const _: () = assert!(crate::offline::apart(&[A, B, C]));

/// Elements that are masked, opened or packed at a time: bounds the memory of the setup.
pub(crate) const STRIP: usize = 1 << 20;

/// c += x·Wᵀ modulo 2^bits, of rows x, or of images through a window.
pub(super) fn apply<W: Word>(weights: &Filters<W>, window: Option<&Window>, bits: u32, x: &[W], c: &mut [W]) {
    match window {
        Some(window) => weights.convolve_add_modulo(window, bits, x, c),
        None => weights.multiply_add(x, c),
    }
}

pub(super) fn strip_rows(inputs: usize) -> usize {
    // Whole panels of rows, whatever the kernels' panel is.
    (STRIP / inputs.max(1)).max(1).next_multiple_of(64)
}

/// The rows of a matrix, strip by strip.
pub(crate) fn strips(outputs: usize, inputs: usize) -> impl Iterator<Item = Range<usize>> {
    let step = strip_rows(inputs);
    (0..outputs).step_by(step).map(move |start| start..(start + step).min(outputs))
}
