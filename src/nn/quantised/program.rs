//! The integer program of a model: its layers, what is known of their results, and the ring they fit.

use alloc::vec::Vec;

use super::error::QuantiseError;
use super::format::{Format, word};
use super::matrix::Matrix;
use crate::nn::architecture::{needs, widen};
use crate::nn::{Layer, Model};

/// The integer program of a model, before its bits are known to fit a ring.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) layers: Vec<Layer>,
    /// What is known of every layer's result.
    pub(super) steps: Vec<Step>,
    /// How it holds every value of the model.
    pub(super) places: Vec<Place>,
    /// The weights of the products, in their order.
    pub(super) matrices: Vec<Matrix>,
    pub(super) ring: u32,
}

/// What is known of the result of a layer of the program.
#[derive(Clone)]
pub(super) struct Step {
    /// The layer of the model that it comes from.
    pub(super) layer: usize,
    pub(super) shape: [usize; 3],
    pub(super) format: Format,
}

/// How a program holds a value of the model: the real value is the integer times `unit`, less `raised`.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The value's number in the program.
    pub(super) value: usize,
    pub(super) format: Format,
    pub(super) unit: f64,
    /// Half a unit of what is kept of it, by which the bias of a product was raised.
    pub(super) raised: f64,
}

impl Program {
    /// Gives products as many bits as the layers after them need: a sum of values that are correct modulo 2^b is correct
    /// modulo 2^b only. The last result gets one bit more than its values need, for their differences.
    pub(super) fn widen(&mut self, input: Format, last: Format) {
        let needed = needs(&self.layers, last.bits + 1, |_, layer, result| layer.step().need(result));
        widen(&mut self.layers, &needed);
        self.ring = needed.into_iter().fold(input.bits, u32::max);
    }

    /// Finds the word that all layers fit.
    pub(super) fn check_ring(&mut self, model: &Model) -> Result<(), QuantiseError> {
        for (layer, step) in self.layers.iter().zip(&self.steps) {
            let found = layer.step().ring().max(step.format.bits);
            if found > 64 {
                let layer = model.nodes()[step.layer].name.clone();
                return Err(QuantiseError::Bits { layer, least: 2, most: 64, found });
            }
            self.ring = self.ring.max(found);
        }
        self.ring = word(self.ring);
        Ok(())
    }
}
