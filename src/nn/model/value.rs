//! What layers take, and the checks that many of them make.

use super::error::{MOST_ELEMENTS, ModelError};
use crate::linalg::Window;
use crate::nn::op::Weight;

/// What a layer is applied to beside the value itself.
#[derive(Clone, Copy)]
pub(in crate::nn) struct Batch<'a> {
    /// The shape of the value.
    pub(in crate::nn) shape: [usize; 3],
    /// Images of the batch.
    pub(in crate::nn) count: usize,
    /// The other values.
    pub(in crate::nn) others: &'a [&'a [f32]],
}

/// How many elements a shape has.
pub(super) fn elements(layer: &str, shape: [usize; 3]) -> Result<usize, ModelError> {
    let all = shape.iter().try_fold(1usize, |all, &n| all.checked_mul(n));
    let fits = all.filter(|all| (1..=MOST_ELEMENTS).contains(all));
    fits.ok_or_else(|| ModelError::Elements { layer: layer.into(), found: shape })
}

/// What a layer takes, and its name.
#[derive(Clone, Copy)]
pub(in crate::nn) struct Value<'a> {
    pub(in crate::nn) layer: &'a str,
    pub(in crate::nn) shape: [usize; 3],
    /// The shapes of the others.
    pub(in crate::nn) others: &'a [[usize; 3]],
}

impl Value<'_> {
    /// The shape of what a pooling makes of it.
    pub(in crate::nn) fn pool(self, window: &Window) -> Result<[usize; 3], ModelError> {
        let places = self.places(window)?;
        let result = [places[0], places[1], self.shape[2]];
        elements(self.layer, result)?;
        if !(0..2).all(|axis| window.sees_image(axis, places[axis])) {
            let (size, padding) = (window.size, window.padding);
            return Err(ModelError::Padding { layer: self.layer.into(), size, padding });
        }
        Ok(result)
    }

    /// The places of a window over this value.
    pub(in crate::nn) fn places(self, window: &Window) -> Result<[usize; 2], ModelError> {
        if window.image != self.shape {
            let (expected, found) = (self.shape, window.image);
            return Err(ModelError::Shape { layer: self.layer.into(), what: "image", expected, found });
        }
        window.places().map_err(|error| ModelError::Window { layer: self.layer.into(), error })
    }

    /// Checks W: `[outputs, inputs]` and b: `[outputs]`.
    pub(in crate::nn) fn weights(
        self,
        weight: &Weight,
        bias: &[f32],
        inputs: usize,
    ) -> Result<(), ModelError> {
        let (what, row, found) = match weight {
            Weight::Real(weights) => ("weight", inputs, weights.len()),
            Weight::Signs(bytes) => ("bytes of the weight", inputs.div_ceil(8), bytes.len()),
        };
        let outputs = elements(self.layer, [1, 1, bias.len()])?;
        self.length(what, outputs.saturating_mul(row), found)?;
        if let Weight::Real(weights) = weight {
            self.finite("weight", weights)?;
        }
        self.finite("bias", bias)
    }

    /// Another shape, if it is the same.
    pub(in crate::nn) fn expect(
        self,
        what: &'static str,
        found: [usize; 3],
    ) -> Result<[usize; 3], ModelError> {
        if found != self.shape {
            return Err(ModelError::Shape { layer: self.layer.into(), what, expected: self.shape, found });
        }
        Ok(found)
    }

    /// Checks the length of a vector.
    pub(in crate::nn) fn length(
        self,
        what: &'static str,
        expected: usize,
        found: usize,
    ) -> Result<(), ModelError> {
        if found != expected {
            return Err(ModelError::Length { layer: self.layer.into(), what, expected, found });
        }
        Ok(())
    }

    /// Checks that all numbers are finite.
    pub(in crate::nn) fn finite(self, what: &'static str, vector: &[f32]) -> Result<(), ModelError> {
        let Some(place) = vector.iter().position(|x| !x.is_finite()) else { return Ok(()) };
        Err(ModelError::NotFinite { layer: self.layer.into(), what, place, found: vector[place] })
    }
}
