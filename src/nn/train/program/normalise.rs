//! Batch normalisation as layers of a program: x̂, and the product with γ that adds β.

use alloc::format;

use super::Program;
use super::builder::Builder;
use super::stage::unfit;
use crate::linalg::Window;
use crate::nn::op::{self, Weight};
use crate::nn::train::TrainError;
use crate::nn::train::layer::{Normalise, Statistics};

/// A normalisation of the model.
#[derive(Clone, Copy, Debug)]
pub(in crate::nn::train) struct Norm {
    /// The number of γ and β among the layers with weights.
    pub(in crate::nn::train) product: usize,
    pub(in crate::nn::train) channels: usize,
    /// ε, in units of σ².
    pub(in crate::nn::train) epsilon: u64,
    /// Whether it is trained. If not, γ and β have the statistics folded in.
    pub(in crate::nn::train) trained: bool,
}

impl Builder<'_> {
    /// One that is not trained stays what it is: a scale and a shift.
    pub(super) fn normalise(
        &mut self,
        name: &str,
        of: &op::Normalise,
        image: [usize; 3],
    ) -> Result<(), TrainError> {
        let (channels, product, trained) = (of.weight.len(), self.shapes.len(), (self.trained)(name));
        if !(0. ..=1.).contains(&of.eps) {
            return Err(unfit(name, format!("expected eps of 0 to 1, found {}", of.eps)));
        }
        let (number, below, epsilon) = (self.normalised.len(), self.below, Statistics::epsilon(of.eps));
        self.normalised.push(Norm { product, channels, epsilon, trained });
        if trained {
            Normalise::check(&self.formats)?;
            self.settle(name);
            self.lift(name);
            self.push(name, Normalise { number, channels, epsilon, below }, 0);
        }
        let window = Some(Window::new(image, [1, 1]));
        self.product(name, &Weight::Real(of.weight.clone()), [channels, 1], window, channels)
    }
}

impl Program {
    /// The normalisation that has a layer with weights, and its number.
    pub(in crate::nn::train) fn norm(&self, product: usize) -> Option<(usize, &Norm)> {
        self.normalised.iter().enumerate().find(|(_, norm)| norm.product == product)
    }
}
