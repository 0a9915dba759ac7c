//! Batch normalisation as layers of a program: x̂, and the product with γ that adds β.

use alloc::format;

use super::builder::Builder;
use super::stage::{Norm, unfit};
use crate::linalg::Window;
use crate::nn::op::{self, Weight};
use crate::nn::train::TrainError;
use crate::nn::train::layer::{Normalise, Statistics};

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
