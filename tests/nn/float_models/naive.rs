//! The definition of every layer, index by index, in double precision.

use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight, op};

use crate::parts;

/// All values of one image: the input's, then every layer's.
pub(crate) fn values(model: &Model, image: &[f32]) -> Vec<Vec<f64>> {
    let mut values = vec![image.iter().map(|&x| f64::from(x)).collect::<Vec<_>>()];
    let mut shape = model.input();
    for node in model.nodes() {
        let (x, channels) = (values.last().unwrap(), shape[2]);
        let other = |name: &str| values[model.value(name).unwrap()].clone();
        let value = match &node.op {
            Op::Linear(op::Linear { weight, bias }) => linear(x, weight, bias),
            Op::Convolution(op::Convolution { window, groups, weight, bias }) => {
                convolution(x, window, *groups, weight, bias)
            }
            Op::Normalise(normalise) => {
                let [scale, shift] = normalise.folded();
                let map = |(i, x): (usize, &f64)| {
                    x * f64::from(scale[i % channels]) + f64::from(shift[i % channels])
                };
                x.iter().enumerate().map(map).collect()
            }
            Op::MaxPool(op::MaxPool { window }) => {
                pool(x, window, |seen| seen.iter().copied().fold(f64::MIN, f64::max))
            }
            Op::AveragePool(op::AveragePool { window }) => {
                let all = (window.size[0] * window.size[1]) as f64;
                pool(x, window, |seen| seen.iter().sum::<f64>() / all)
            }
            Op::Softmax(op::Softmax) => x.chunks(channels).flat_map(softmax).collect(),
            Op::Add(op::Add { layer }) => x.iter().zip(other(layer)).map(|(x, other)| x + other).collect(),
            Op::Multiply(op::Multiply { layer }) => {
                let other = other(layer);
                let (all, few) = if x.len() < other.len() { (&other, x) } else { (x, &other) };
                (0..all.len()).map(|i| all[i] * few[i % few.len()]).collect()
            }
            Op::Concat(op::Concat { layers }) => {
                let others: Vec<Vec<f64>> = layers.iter().map(|name| other(name)).collect();
                let all: Vec<&[f64]> = [&x[..]].into_iter().chain(others.iter().map(|x| &x[..])).collect();
                parts::joined(node.shape[0] * node.shape[1], &all)
            }
            Op::Select(op::Select { selection }) => parts::selected(selection, x),
            Op::Centre(op::Centre { groups }) => {
                let size = x.len() / channels;
                (0..x.len()).map(|i| x[i] - mean(&parts::group(*groups, [size, channels], i, x))).collect()
            }
            Op::InverseRms(op::InverseRms { groups, eps }) => {
                let squares: Vec<f64> = x.iter().map(|x| x * x).collect();
                let group = |i: usize| parts::group(*groups, [x.len() / channels, channels], i, &squares);
                (0..x.len()).map(|i| (mean(&group(i)) + f64::from(*eps)).powf(-0.5)).collect()
            }
            Op::MatMul(op::MatMul { layer, heads, transposed }) => {
                let (other, rows) = (other(layer), shape[0]);
                let inner = x.len() / (rows * heads);
                let columns = other.len() / (heads * inner);
                parts::multiplied(
                    [*heads, rows, inner, columns],
                    *transposed,
                    x,
                    &other,
                    |a, b| a * b,
                    |a, b| a + b,
                )
            }
            Op::ScaleElements(op::ScaleElements { scale, shift }) => {
                (0..x.len()).map(|i| x[i] * f64::from(scale[i]) + f64::from(shift[i])).collect()
            }
            Op::Reshape(_) => x.clone(),
            Op::From(op::From { layer }) => other(layer),
            op => x.iter().map(|&x| function(op, x)).collect(),
        };
        assert_eq!(value.len(), node.shape.iter().product::<usize>(), "{}", node.name);
        values.push(value);
        shape = node.shape;
    }
    values
}

/// The last value of every image of a batch.
pub(crate) fn forward(model: &Model, images: &[f32]) -> Vec<f64> {
    let size: usize = model.input().iter().product();
    images.chunks(size).flat_map(|image| values(model, image).pop().unwrap()).collect()
}

fn function(op: &Op, x: f64) -> f64 {
    match op {
        Op::Relu(op::Relu) => x.max(0.),
        Op::LeakyRelu(op::LeakyRelu { slope }) => x.max(0.) + x.min(0.) * f64::from(*slope),
        Op::Clip(op::Clip { low, high }) => x.clamp((*low).into(), (*high).into()),
        Op::Sign(op::Sign) if x < 0. => -1.,
        Op::Sign(op::Sign) => 1.,
        Op::Sigmoid(op::Sigmoid) => 1. / (1. + (-x).exp()),
        Op::Tanh(op::Tanh) => x.tanh(),
        Op::Gelu(op::Gelu) => x * 0.5 * libm_erfc(-x / 2f64.sqrt()),
        Op::GeluTanh(op::GeluTanh) => {
            let cube = 0.044_715 * x.powi(3);
            x / 2. * (1. + ((2. / std::f64::consts::PI).sqrt() * (x + cube)).tanh())
        }
        Op::Silu(op::Silu) => x / (1. + (-x).exp()),
        Op::Hardswish(op::Hardswish) if x <= -3. => 0.,
        Op::Hardswish(op::Hardswish) if x >= 3. => x,
        Op::Hardswish(op::Hardswish) => x * (x + 3.) / 6.,
        Op::Mish(op::Mish) => x * (1. + x.exp()).ln().tanh(),
        Op::Softplus(op::Softplus) => (1. + x.exp()).ln(),
        Op::Elu(op::Elu { .. }) if x > 0. => x,
        Op::Elu(op::Elu { alpha }) => f64::from(*alpha) * (x.exp() - 1.),
        Op::Flatten(op::Flatten) | Op::Dropout(op::Dropout) => x,
        op => panic!("{op:?}"),
    }
}

/// erfc by Simpson's rule: 1 − 2/√π ∫ exp(−t²).
fn libm_erfc(x: f64) -> f64 {
    let steps = 2000;
    let h = x / f64::from(steps);
    let f = |i: i32| (-(f64::from(i) * h).powi(2)).exp();
    let inner: f64 = (1..steps).map(|i| f(i) * if i % 2 == 1 { 4. } else { 2. }).sum();
    1. - 2. / std::f64::consts::PI.sqrt() * h / 3. * (f(0) + inner + f(steps))
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn softmax(x: &[f64]) -> Vec<f64> {
    // The same of numbers that are all less by the largest, whose powers do not overflow.
    let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x - most).exp()).sum();
    x.iter().map(|x| (x - most).exp() / sum).collect()
}

fn weight(weight: &Weight, inputs: usize, row: usize, place: usize) -> f64 {
    match weight {
        Weight::Real(weights) => weights[row * inputs + place].into(),
        Weight::Signs(bits) => {
            let byte = bits[row * inputs.div_ceil(8) + place / 8];
            if byte & (0x80 >> (place % 8)) == 0 { -1. } else { 1. }
        }
    }
}

fn linear(x: &[f64], w: &Weight, bias: &[f32]) -> Vec<f64> {
    let dot = |row: usize| -> f64 { (0..x.len()).map(|i| weight(w, x.len(), row, i) * x[i]).sum() };
    bias.iter().enumerate().map(|(row, &bias)| dot(row) + f64::from(bias)).collect()
}

/// The element that a window's row and column read at a place; none where it is padded.
fn at(window: &Window, place: [usize; 2], offset: [usize; 2]) -> Option<[usize; 2]> {
    let mut at = [0; 2];
    for axis in 0..2 {
        let padded = place[axis] * window.stride[axis] + offset[axis] * window.dilation[axis];
        at[axis] = padded.checked_sub(window.padding[axis]).filter(|&at| at < window.image[axis])?;
    }
    Some(at)
}

fn convolution(x: &[f64], window: &Window, groups: usize, w: &Weight, bias: &[f32]) -> Vec<f64> {
    let [_, width, channels] = window.image;
    let (of_group, outputs) = (channels / groups, bias.len() / groups);
    let inputs = window.size[0] * window.size[1] * of_group;
    let [rows, columns] = window.places().unwrap();
    let mut out = Vec::new();
    for place in (0..rows * columns).map(|place| [place / columns, place % columns]) {
        for (output, &bias) in bias.iter().enumerate() {
            let mut sum = f64::from(bias);
            for i in 0..inputs {
                let offset = [i / of_group / window.size[1], i / of_group % window.size[1]];
                let Some([y, column]) = at(window, place, offset) else { continue };
                let channel = output / outputs * of_group + i % of_group;
                sum += weight(w, inputs, output, i) * x[(y * width + column) * channels + channel];
            }
            out.push(sum);
        }
    }
    out
}

fn pool(x: &[f64], window: &Window, f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let [_, width, channels] = window.image;
    let [rows, columns] = window.places().unwrap();
    let mut out = Vec::new();
    for place in (0..rows * columns).map(|place| [place / columns, place % columns]) {
        for channel in 0..channels {
            let offsets = (0..window.size[0]).flat_map(|y| (0..window.size[1]).map(move |x| [y, x]));
            let seen = offsets.filter_map(|offset| at(window, place, offset));
            let seen: Vec<f64> =
                seen.map(|[y, column]| x[(y * width + column) * channels + channel]).collect();
            out.push(f(&seen));
        }
    }
    out
}
