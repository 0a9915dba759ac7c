//! Evaluation in single precision.

use alloc::vec::Vec;

use super::Model;
use super::images::{average_pool, max_pool, unfold};
use super::op::{Op, Weight};
use super::product::Panels;
use crate::linalg::Window;

/// The most images that [`Model::forward`] evaluates together.
const IMAGES: usize = 64;
/// The most elements of one value for all of these images, unless a single image has more.
const ELEMENTS: usize = 1 << 24;
/// Outputs of a linear layer whose weights are packed together.
const STRIP: usize = 256;
/// Elements of the rows that a convolution multiplies together: a good part of a second level cache.
const UNFOLDED: usize = 1 << 16;

impl Model {
    /// The last layer's result, `[images, height, width, channels]` of [`output`](Self::output), for a batch of images,
    /// `[images, height, width, channels]` of [`input`](Self::input), in single precision.
    ///
    /// # Panics
    /// If `images` is not a whole number of images.
    pub fn forward(&self, images: &[f32]) -> Vec<f32> {
        let size = whole_images(self, images);
        let sizes = self.nodes.iter().map(|node| node.shape.iter().product());
        let together = (ELEMENTS / sizes.max().unwrap_or(size)).clamp(1, IMAGES);
        let mut outputs = Vec::new();
        images.chunks(size * together).for_each(|images| outputs.extend(run(self, images, |_, _| {})));
        outputs
    }

    /// Shows every layer's number and its result for the whole batch, `[images, height, width, channels]` of the layer.
    ///
    /// # Panics
    /// If `images` is not a whole number of images.
    pub fn trace(&self, images: &[f32], f: impl FnMut(usize, &[f32])) {
        run(self, images, f);
    }
}

/// The last layer's result, after every layer's has been shown to `f`.
fn run(model: &Model, images: &[f32], mut f: impl FnMut(usize, &[f32])) -> Vec<f32> {
    let count = images.len() / whole_images(model, images);
    let mut kept: Vec<Option<Vec<f32>>> = alloc::vec![None; model.nodes.len() + 1];
    let referred: Vec<usize> =
        model.nodes.iter().filter_map(|node| model.value(node.op.refers_to()?)).collect();
    let mut x = images.to_vec();
    for (layer, node) in model.nodes.iter().enumerate() {
        if referred.contains(&layer) {
            kept[layer] = Some(x.clone());
        }
        let other = node.op.refers_to().and_then(|name| kept[model.value(name)?].as_deref());
        x = apply(&node.op, x, model.shape(layer), count, other.unwrap_or_default());
        f(layer, &x);
    }
    x
}

/// Elements of an image.
fn whole_images(model: &Model, images: &[f32]) -> usize {
    let size = model.input.iter().try_fold(1usize, |size, &n| size.checked_mul(n)).unwrap_or(0).max(1);
    assert!(images.len().is_multiple_of(size), "expected a whole number of images of {size} elements");
    size
}

/// The result of one layer for `count` values x of a shape; `other` is the value that it refers to.
fn apply(op: &Op, mut x: Vec<f32>, shape: [usize; 3], count: usize, other: &[f32]) -> Vec<f32> {
    match op {
        Op::Linear { weight, bias } => return linear(&x, weight, bias, shape.iter().product()),
        Op::Convolution { window, groups, weight, bias } => {
            return convolution(&x, count, window, *groups, weight, bias);
        }
        Op::MaxPool { window } => return max_pool(&x, window),
        Op::AveragePool { window } => return average_pool(&x, window),
        Op::From { .. } => return other.to_vec(),
        Op::Add { .. } => x.iter_mut().zip(other).for_each(|(x, other)| *x += other),
        Op::Normalise { scale, shift } => normalise(&mut x, scale, shift),
        Op::Relu => each(&mut x, |x| x.max(0.)),
        Op::Clip { low, high } => each(&mut x, |x| x.max(*low).min(*high)),
        Op::Sign => each(&mut x, |x| if x >= 0. { 1. } else { -1. }),
        Op::Sigmoid => each(&mut x, |x| 1. / (1. + libm::expf(-x))),
        Op::Tanh => each(&mut x, libm::tanhf),
        Op::Gelu => each(&mut x, |x| x * 0.5 * (1. + libm::erff(x * core::f32::consts::FRAC_1_SQRT_2))),
        Op::Softmax => x.chunks_exact_mut(shape[2]).for_each(softmax),
        Op::Flatten | Op::Dropout => {}
    }
    x
}

fn each(x: &mut [f32], f: impl Fn(f32) -> f32) {
    x.iter_mut().for_each(|x| *x = f(*x));
}

/// x·Wᵀ + b for x: `[rows, inputs]`.
fn linear(x: &[f32], weight: &Weight, bias: &[f32], inputs: usize) -> Vec<f32> {
    let outputs = bias.len();
    let mut z = alloc::vec![0.; x.len() / inputs * outputs];
    if z.is_empty() {
        return z;
    }
    for from in (0..outputs).step_by(STRIP) {
        let panels = Panels::new(weight, inputs, from..(from + STRIP).min(outputs));
        panels.multiply_add(x, &mut z[from..], outputs);
    }
    add_bias(&mut z, bias);
    z
}

/// The same at every place of a window, group by group: a group's places are rows of a product.
fn convolution(
    images: &[f32],
    count: usize,
    window: &Window,
    groups: usize,
    weight: &Weight,
    bias: &[f32],
) -> Vec<f32> {
    let Ok([rows, columns]) = window.places() else { return Vec::new() };
    let (channels, outputs) = (window.image[2] / groups, bias.len() / groups);
    let (size, places) = (window.image.iter().product(), rows * columns);
    let inputs = window.size[0] * window.size[1] * channels;
    let strip = (UNFOLDED / inputs).clamp(1, places);
    let mut unfolded = alloc::vec![0.; strip * inputs];
    let mut z = alloc::vec![0.; count * places * bias.len()];
    for group in 0..groups {
        let panels = Panels::new(weight, inputs, group * outputs..(group + 1) * outputs);
        for (image, z) in images.chunks_exact(size).zip(z.chunks_exact_mut(places * bias.len())) {
            for from in (0..places).step_by(strip) {
                let strip = from..(from + strip).min(places);
                let unfolded = &mut unfolded[..strip.len() * inputs];
                unfold(window, image, group * channels..(group + 1) * channels, strip, columns, unfolded);
                panels.multiply_add(unfolded, &mut z[from * bias.len() + group * outputs..], bias.len());
            }
        }
    }
    add_bias(&mut z, bias);
    z
}

/// Adds b after the product, so that integers z give the exact sign of z + b whatever b is.
fn add_bias(z: &mut [f32], bias: &[f32]) {
    for z in z.chunks_exact_mut(bias.len()) {
        z.iter_mut().zip(bias).for_each(|(z, bias)| *z += bias);
    }
}

/// x·scale + shift by way of double precision: the product is exact there, so the sign of the sum is, too.
fn normalise(x: &mut [f32], scale: &[f32], shift: &[f32]) {
    for x in x.chunks_exact_mut(scale.len()) {
        for ((x, &scale), &shift) in x.iter_mut().zip(scale).zip(shift) {
            *x = (f64::from(*x) * f64::from(scale) + f64::from(shift)) as f32;
        }
    }
}

/// exp(x_c − max x) / Σ exp(x_j − max x), which cannot overflow.
fn softmax(x: &mut [f32]) {
    let most = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    each(x, |x| libm::expf(x - most));
    let sum: f32 = x.iter().sum();
    each(x, |x| x / sum);
}
