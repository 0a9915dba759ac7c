//! A model as steps in float32: products, maxima over windows, and functions of single values.

use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight, op};

use crate::matrix::Matrix;

/// More than the magnitude of any value of a binarized network.
pub(crate) const LIMIT: f32 = 32768.0;

/// A step.
#[derive(Debug)]
pub(crate) enum Step {
    Linear { weights: Matrix, bias: Vec<f32>, then: Then },
    Convolution { window: Window, places: [usize; 2], weights: Matrix, bias: Vec<f32>, then: Then },
    MaxPool { window: Window, places: [usize; 2] },
    Then(Then),
}

/// A function of single values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    Nothing,
    Relu,
    Sign,
    Clip(f32, f32),
}

impl Then {
    /// Adds the bias of every row, if any, and applies the function.
    pub(crate) fn apply(self, values: &mut Matrix, bias: &[f32], signs: Option<&[f32]>) {
        match (self, signs) {
            // A real number is negative if and only if its floor is.
            (Self::Sign, Some(signs)) => values.map(bias, |z| signs[(z.floor() + LIMIT) as usize]),
            (Self::Nothing, _) => values.map(bias, |z| z),
            (Self::Relu, _) => values.map(bias, |z| z.max(0.0)),
            (Self::Sign, _) => values.map(bias, |z| if z >= 0.0 { 1.0 } else { -1.0 }),
            (Self::Clip(low, high), _) => values.map(bias, |z| z.max(low).min(high)),
        }
    }
}

impl Step {
    /// Whether it ends in signs.
    pub(crate) fn is_sign(&self) -> bool {
        match self {
            Self::Linear { then, .. } | Self::Convolution { then, .. } | Self::Then(then) => {
                matches!(then, Then::Sign)
            }
            Self::MaxPool { .. } => false,
        }
    }
}

/// The steps of a model, if all of its layers are of the usual kinds.
pub(crate) fn steps(model: &Model, weights_by_output: bool) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut shape = model.input();
    for node in model.nodes() {
        let inputs = size(shape);
        let weights = |weight: &Weight, outputs: usize, inputs: usize| {
            let mut matrix = Matrix::new(outputs, inputs, weights_by_output);
            // Sixteen rows at a time, so that a matrix stored by columns is also written a cache line at a time.
            for first in (0..outputs).step_by(16) {
                for c in 0..inputs {
                    let rows = first..outputs.min(first + 16);
                    rows.for_each(|r| matrix.set(r, c, element(weight, r, c, inputs)));
                }
            }
            matrix
        };
        let then = match &node.op {
            Op::Linear(op::Linear { weight, bias }) => {
                let weights = weights(weight, bias.len(), inputs);
                steps.push(Step::Linear { weights, bias: bias.clone(), then: Then::Nothing });
                Then::Nothing
            }
            Op::Convolution(op::Convolution { window, groups: 1, weight, bias }) => {
                let weights = weights(weight, bias.len(), window.size[0] * window.size[1] * window.image[2]);
                let places = window.places().ok()?;
                let (window, bias, then) = (*window, bias.clone(), Then::Nothing);
                steps.push(Step::Convolution { window, places, weights, bias, then });
                Then::Nothing
            }
            Op::MaxPool(op::MaxPool { window }) => {
                steps.push(Step::MaxPool { window: *window, places: window.places().ok()? });
                Then::Nothing
            }
            Op::Relu(op::Relu) => Then::Relu,
            Op::Sign(op::Sign) => Then::Sign,
            Op::Clip(op::Clip { low, high }) => Then::Clip(*low, *high),
            Op::Flatten(op::Flatten) | Op::Dropout(op::Dropout) => Then::Nothing,
            _ => return None,
        };
        match (then, steps.last_mut()) {
            (Then::Nothing, _) => {}
            (
                _,
                Some(
                    Step::Linear { then: last @ Then::Nothing, .. }
                    | Step::Convolution { then: last @ Then::Nothing, .. },
                ),
            ) => *last = then,
            _ => steps.push(Step::Then(then)),
        }
        shape = node.shape;
    }
    Some(steps)
}

/// An element of a matrix of weights with rows of `inputs`.
fn element(weight: &Weight, row: usize, col: usize, inputs: usize) -> f32 {
    match weight {
        Weight::Real(weight) => weight[row * inputs + col],
        Weight::Signs(bits) => {
            let byte = bits[row * inputs.div_ceil(8) + col / 8];
            if byte >> (7 - col % 8) & 1 == 1 { 1.0 } else { -1.0 }
        }
    }
}

/// The row or column of the image below row or column `at` of a window, unless it is padding.
fn inside(window: &Window, axis: usize, place: usize, at: usize) -> Option<usize> {
    let padded = place * window.stride[axis] + at * window.dilation[axis];
    padded.checked_sub(window.padding[axis]).filter(|&i| i < window.image[axis])
}

/// Writes the values below the window, `[places, size, channels]`.
pub(crate) fn unfold(window: &Window, places: [usize; 2], image: &[f32], out: &mut [f32]) {
    let [_, width, channels] = window.image;
    let mut out = out.chunks_exact_mut(channels);
    for y in 0..places[0] {
        for x in 0..places[1] {
            for dy in 0..window.size[0] {
                let row = inside(window, 0, y, dy);
                for dx in 0..window.size[1] {
                    let Some(out) = out.next() else { return };
                    match (row, inside(window, 1, x, dx)) {
                        (Some(r), Some(c)) => {
                            out.copy_from_slice(&image[(r * width + c) * channels..][..channels]);
                        }
                        _ => out.fill(0.0),
                    }
                }
            }
        }
    }
}

/// The greatest value of every window, channel by channel.
pub(crate) fn max_pool(window: &Window, places: [usize; 2], image: &[f32], out: &mut [f32]) {
    let [_, width, channels] = window.image;
    for (place, out) in out.chunks_exact_mut(channels).enumerate() {
        let (y, x) = (place / places[1], place % places[1]);
        out.fill(f32::NEG_INFINITY);
        for r in (0..window.size[0]).filter_map(|dy| inside(window, 0, y, dy)) {
            for c in (0..window.size[1]).filter_map(|dx| inside(window, 1, x, dx)) {
                let values = &image[(r * width + c) * channels..][..channels];
                out.iter_mut().zip(values).for_each(|(out, &value)| *out = out.max(value));
            }
        }
    }
}

/// Elements of a value.
pub(crate) fn size(shape: [usize; 3]) -> usize {
    shape.iter().product()
}
