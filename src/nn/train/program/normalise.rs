//! Batch normalisation as layers of a program: x̂, and the product with γ that adds β.

use super::Program;
use super::builder::Builder;
use crate::linalg::Window;
use crate::nn::op::{self, Weight};
use crate::nn::train::TrainError;
use crate::nn::train::layer::{Layer, Normalise};

impl Builder<'_> {
    /// One that is not trained stays what it is: a scale and a shift.
    pub(super) fn normalise(
        &mut self,
        name: &str,
        of: &op::Normalise,
        image: [usize; 3],
    ) -> Result<(), TrainError> {
        let channels = of.scale.len();
        if (self.trained)(name) {
            Normalise::check(&self.formats)?;
            self.settle(name);
            self.lift(name);
            let (number, below) = (self.normalised.len(), self.below);
            self.normalised.push(channels);
            self.push(name, Normalise { number, channels, below }, 0);
        }
        let window = Some(Window::new(image, [1, 1]));
        self.product(name, &Weight::Real(of.scale.clone()), [channels, 1], window, channels)
    }
}

impl Program {
    /// Whether a layer with weights is the scale of a normalisation that is trained.
    pub(in crate::nn::train) fn scales(&self, number: usize) -> bool {
        self.stages.windows(2).any(|pair| match (&pair[0].layer, &pair[1].layer) {
            (Layer::Normalise(_), Layer::Product(product)) => product.number == number,
            _ => false,
        })
    }
}
