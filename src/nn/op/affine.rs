//! Products with weights.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::weight::Weight;
use crate::linalg::Window;

/// A product with weights: linear layers, convolutions and normalisations alike.
pub(in crate::nn) struct Affine<'a> {
    pub(in crate::nn) weight: Cow<'a, Weight>,
    pub(in crate::nn) bias: Cow<'a, [f32]>,
    /// Elements of a row of the weights.
    pub(in crate::nn) row: usize,
    /// And groups, of all but linear layers.
    pub(in crate::nn) window: Option<(Window, usize)>,
}

impl<'a> Affine<'a> {
    /// x·scale + shift of every channel of an image.
    pub(super) fn diagonal(image: [usize; 3], scale: &[f32], shift: Cow<'a, [f32]>) -> Self {
        let weight = Cow::Owned(Weight::Real(scale.to_vec()));
        Self { weight, bias: shift, row: 1, window: Some((Window::new(image, [1, 1]), image[2])) }
    }
}

impl Affine<'_> {
    /// The greatest magnitude of a weight, and whether all weights are whole numbers.
    pub(in crate::nn) fn weights(&self) -> (f32, bool) {
        match &*self.weight {
            Weight::Signs(_) => (1., true),
            Weight::Real(weights) => {
                let largest = weights.iter().fold(0f32, |all, w| all.max(w.abs()));
                (largest, largest < 65536. && weights.iter().all(|&w| w == w as i32 as f32))
            }
        }
    }

    /// Whether the bias is of whole numbers that single precision tells apart.
    pub(in crate::nn) fn whole_bias(&self) -> bool {
        self.bias.iter().all(|&b| b.abs() < 16_777_216. && b == b as i32 as f32)
    }

    /// The root of the mean square of the norms of the rows.
    pub(in crate::nn) fn norm(&self) -> f64 {
        match &*self.weight {
            Weight::Signs(_) => libm::sqrt(self.row as f64),
            Weight::Real(weights) => {
                let square: f64 = weights.iter().map(|&w| f64::from(w) * f64::from(w)).sum();
                libm::sqrt(square / self.bias.len() as f64)
            }
        }
    }
}

/// x·scale + shift, repeated along x. By way of double precision: the product is exact there, so the sign of the sum is, too.
pub(super) fn scaled(mut x: Vec<f32>, scale: &[f32], shift: &[f32]) -> Vec<f32> {
    for x in x.chunks_exact_mut(scale.len()) {
        for ((x, &scale), &shift) in x.iter_mut().zip(scale).zip(shift) {
            *x = (f64::from(*x) * f64::from(scale) + f64::from(shift)) as f32;
        }
    }
    x
}
