//! The networks by name, with nothing in their weights yet.

use ringshare::linalg::Window;
use ringshare::nn::{Model, ModelError, Op, Weight, op};

fn linear(inputs: usize, outputs: usize) -> Op {
    op::Linear { weight: Weight::Real(vec![0.; inputs * outputs]), bias: vec![0.; outputs] }.into()
}

fn signs(inputs: usize, outputs: usize) -> Op {
    let weight = Weight::Signs(vec![0; inputs.div_ceil(8) * outputs]);
    op::Linear { weight, bias: vec![0.; outputs] }.into()
}

fn convolution(image: [usize; 3], outputs: usize) -> Op {
    let weight = Weight::Real(vec![0.; 9 * image[2] * outputs]);
    let window = Window::new(image, [3, 3]);
    op::Convolution { window, groups: 1, weight, bias: vec![0.; outputs] }.into()
}

/// A perceptron with ReLUs between layers of these sizes.
///
/// # Errors
/// If a size is 0.
pub fn perceptron(sizes: &[usize]) -> Result<Model, ModelError> {
    layered(sizes, linear, || op::Relu.into())
}

/// A perceptron of signs between layers of these sizes.
///
/// # Errors
/// If a size is 0.
pub fn binarized(sizes: &[usize]) -> Result<Model, ModelError> {
    layered(sizes, signs, || op::Sign.into())
}

fn layered(sizes: &[usize], layer: fn(usize, usize) -> Op, between: fn() -> Op) -> Result<Model, ModelError> {
    let mut model = Model::new([28, 28, 1]);
    let last = sizes.len().saturating_sub(2);
    for (number, pair) in sizes.windows(2).enumerate() {
        model.push(&format!("fc{}", number + 1), layer(pair[0], pair[1]))?;
        if number < last {
            model.push(&format!("act{}", number + 1), between())?;
        }
    }
    Ok(model)
}

/// Convolutions of 32 and 64 filters of 3×3, a maximum over 2×2, layers of 128 and 10.
///
/// # Errors
/// None.
pub fn convolutional() -> Result<Model, ModelError> {
    let mut model = Model::new([28, 28, 1]);
    model.push("conv1", convolution([28, 28, 1], 32))?;
    model.push("relu1", op::Relu)?;
    model.push("conv2", convolution([26, 26, 32], 64))?;
    model.push("relu2", op::Relu)?;
    model.push(
        "pool",
        op::MaxPool { window: Window { stride: [2, 2], ..Window::new([24, 24, 64], [2, 2]) } },
    )?;
    model.push("flatten", op::Flatten)?;
    model.push("fc1", linear(12 * 12 * 64, 128))?;
    model.push("relu3", op::Relu)?;
    model.push("fc2", linear(128, 10))?;
    Ok(model)
}
