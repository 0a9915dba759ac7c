//! Which shapes fit each other.

use super::error::ModelError;
use super::op::{Node, Op, Weight};
use super::{INPUT, Model};
use crate::linalg::Window;

impl Model {
    /// Adds a layer that takes the result of the last one.
    ///
    /// # Errors
    /// If it does not fit, or its name is taken; the model is unchanged then.
    pub fn push(&mut self, name: &str, op: Op) -> Result<(), ModelError> {
        if name == INPUT || self.value(name).is_some() {
            return Err(ModelError::Taken { layer: name.into() });
        }
        let shape = result(self, name, &op)?;
        self.nodes.push(Node { name: name.into(), op, shape });
        Ok(())
    }
}

/// The shape of what `op` makes of the last layer's result.
///
/// # Errors
/// If it cannot be applied to that.
fn result(model: &Model, layer: &str, op: &Op) -> Result<[usize; 3], ModelError> {
    elements(INPUT, model.input)?;
    let x = Value { layer, shape: model.output() };
    let result = match op {
        Op::Linear { weight, bias } => x.linear(weight, bias)?,
        Op::Convolution { window, groups, weight, bias } => x.convolution(window, *groups, weight, bias)?,
        Op::Normalise { scale, shift } => x.normalise(scale, shift)?,
        Op::Clip { low, high } => x.clip(*low, *high)?,
        Op::MaxPool { window } | Op::AveragePool { window } => x.pool(window)?,
        Op::Flatten => [1, 1, x.shape.iter().product()],
        Op::Add { layer: name } => {
            let other = known(model, layer, name)?;
            x.expect("the value to add", other)?
        }
        Op::From { layer: name } => known(model, layer, name)?,
        Op::Relu | Op::Sign | Op::Sigmoid | Op::Tanh | Op::Gelu | Op::Softmax | Op::Dropout => x.shape,
    };
    elements(layer, result).map(|_| result)
}

/// The shape of the value of a name.
fn known(model: &Model, layer: &str, name: &str) -> Result<[usize; 3], ModelError> {
    let unknown = || ModelError::Unknown { layer: layer.into(), name: name.into() };
    model.value(name).map(|value| model.shape(value)).ok_or_else(unknown)
}

/// How many elements a shape has.
fn elements(layer: &str, shape: [usize; 3]) -> Result<usize, ModelError> {
    let all = shape.iter().try_fold(1usize, |all, &n| all.checked_mul(n));
    let fits = all.filter(|all| (1..=Model::MOST_ELEMENTS).contains(all));
    fits.ok_or_else(|| ModelError::Elements { layer: layer.into(), found: shape })
}

/// What a layer takes.
#[derive(Clone, Copy)]
struct Value<'a> {
    layer: &'a str,
    shape: [usize; 3],
}

impl Value<'_> {
    fn linear(self, weight: &Weight, bias: &[f32]) -> Result<[usize; 3], ModelError> {
        self.weights(weight, bias, self.shape.iter().product())?;
        Ok([1, 1, bias.len()])
    }

    fn convolution(
        self,
        window: &Window,
        groups: usize,
        weight: &Weight,
        bias: &[f32],
    ) -> Result<[usize; 3], ModelError> {
        let [rows, columns] = self.places(window)?;
        let (channels, outputs) = (self.shape[2], bias.len());
        if groups == 0 || !channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            return Err(ModelError::Groups { layer: self.layer.into(), channels, outputs, groups });
        }
        // No overflow: a window's size times the channels is counted by `places`.
        self.weights(weight, bias, window.size[0] * window.size[1] * (channels / groups))?;
        Ok([rows, columns, outputs])
    }

    fn normalise(self, scale: &[f32], shift: &[f32]) -> Result<[usize; 3], ModelError> {
        for (what, vector) in [("scale", scale), ("shift", shift)] {
            self.length(what, self.shape[2], vector.len())?;
            self.finite(what, vector)?;
        }
        Ok(self.shape)
    }

    fn clip(self, low: f32, high: f32) -> Result<[usize; 3], ModelError> {
        self.finite("bounds", &[low, high])?;
        if low > high {
            return Err(ModelError::Bounds { layer: self.layer.into(), low, high });
        }
        Ok(self.shape)
    }

    fn pool(self, window: &Window) -> Result<[usize; 3], ModelError> {
        let places = self.places(window)?;
        let result = [places[0], places[1], self.shape[2]];
        elements(self.layer, result)?;
        if !(0..2).all(|axis| sees_image(window, places[axis], axis)) {
            let (size, padding) = (window.size, window.padding);
            return Err(ModelError::Padding { layer: self.layer.into(), size, padding });
        }
        Ok(result)
    }

    /// The places of a window over this value.
    fn places(self, window: &Window) -> Result<[usize; 2], ModelError> {
        if window.image != self.shape {
            let (expected, found) = (self.shape, window.image);
            return Err(ModelError::Shape { layer: self.layer.into(), what: "image", expected, found });
        }
        window.places().map_err(|error| ModelError::Window { layer: self.layer.into(), error })
    }

    /// Checks W: `[outputs, inputs]` and b: `[outputs]`.
    fn weights(self, weight: &Weight, bias: &[f32], inputs: usize) -> Result<(), ModelError> {
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

    fn expect(self, what: &'static str, found: [usize; 3]) -> Result<[usize; 3], ModelError> {
        if found != self.shape {
            return Err(ModelError::Shape { layer: self.layer.into(), what, expected: self.shape, found });
        }
        Ok(found)
    }

    fn length(self, what: &'static str, expected: usize, found: usize) -> Result<(), ModelError> {
        if found != expected {
            return Err(ModelError::Length { layer: self.layer.into(), what, expected, found });
        }
        Ok(())
    }

    fn finite(self, what: &'static str, vector: &[f32]) -> Result<(), ModelError> {
        let Some(place) = vector.iter().position(|x| !x.is_finite()) else { return Ok(()) };
        Err(ModelError::NotFinite { layer: self.layer.into(), what, place, found: vector[place] })
    }
}

/// Whether the window sees a row (axis 0) or column (1) of the image at every place.
fn sees_image(window: &Window, places: usize, axis: usize) -> bool {
    let (size, padding, dilation) = (window.size[axis], window.padding[axis], window.dilation[axis]);
    (0..places).all(|place| {
        let start = place * window.stride[axis];
        let first = padding.saturating_sub(start).div_ceil(dilation);
        first < size && start + first * dilation < padding + window.image[axis]
    })
}
