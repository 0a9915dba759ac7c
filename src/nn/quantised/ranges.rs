//! Ranges and norms of a model's values on images.

use alloc::vec;
use alloc::vec::Vec;

use super::error::QuantiseError;
use super::format::integer_bits;
use super::graph::Graph;
use super::windows::for_windows;
use crate::linalg::Window;
use crate::nn::Model;

/// Images that are evaluated at once: as many as have [`VALUES`] in the widest layer, in these bounds. All of them share one
/// packing of the weights.
const BLOCK: [usize; 2] = [32, 256];
const VALUES: usize = 1 << 20;

/// What was measured of a model's values on images. Values are numbered as by [`Model::value`].
pub(in crate::nn) struct Ranges {
    pub(super) values: Vec<Range>,
    /// The model's outputs, `[images, outputs]`.
    pub(super) outputs: Vec<f32>,
    /// Whether the input is of whole numbers only.
    pub(super) whole: bool,
}

/// What was measured of one value.
#[derive(Clone, Copy)]
pub(in crate::nn) struct Range {
    pub(super) low: f32,
    pub(super) high: f32,
    /// For the result of a maximum: the greatest difference within a window of its input.
    pub(super) spread: f32,
    square: f64,
    count: usize,
}

impl Range {
    const NONE: Self = Self { low: f32::INFINITY, high: f32::NEG_INFINITY, spread: 0., square: 0., count: 0 };

    fn see(&mut self, values: &[f32]) {
        for &x in values {
            self.low = if x < self.low { x } else { self.low };
            self.high = if x > self.high { x } else { self.high };
            self.square += f64::from(x) * f64::from(x);
        }
        self.count += values.len();
    }

    /// The greatest magnitude.
    pub(super) fn largest(&self) -> f64 {
        f64::from(self.high.max(-self.low))
    }

    /// The root of the mean square.
    pub(super) fn norm(&self) -> f64 {
        libm::sqrt(self.square / self.count.max(1) as f64)
    }
}

/// Evaluates the model on images and measures all values. The given range of inputs counts as measured.
pub(super) fn measure(
    model: &Model,
    images: &[f32],
    input: Option<[f32; 2]>,
) -> Result<Ranges, QuantiseError> {
    let inputs = model.input().iter().product::<usize>();
    check(images, inputs, input)?;
    let mut values = vec![Range::NONE; model.nodes().len() + 1];
    let mut outputs = Vec::with_capacity(images.len() / inputs * model.output().iter().product::<usize>());
    let widest = model.nodes().iter().map(|node| node.shape.iter().product()).fold(inputs, usize::max);
    let block = (VALUES / widest).clamp(BLOCK[0], BLOCK[1]);
    for block in images.chunks(block * inputs) {
        values[0].see(block);
        let mut before = block.to_vec();
        let mut finite = Ok(());
        model.trace(block, |layer, result| {
            let value = &mut values[layer + 1];
            value.see(result);
            let node = &model.nodes()[layer];
            if !value.square.is_finite() && finite.is_ok() {
                let bits = 63;
                finite = Err(QuantiseError::Range { layer: node.name.clone(), largest: f32::INFINITY, bits });
            }
            if let Some(window) = node.op.get().compares() {
                value.spread = value.spread.max(spread(window, &before));
            }
            if layer + 1 == model.nodes().len() {
                outputs.extend_from_slice(result);
            }
            if model.nodes().get(layer + 1).is_some_and(|next| next.op.get().compares().is_some()) {
                before.clear();
                before.extend_from_slice(result);
            }
        });
        finite?;
    }
    let [low, high] = input.unwrap_or([values[0].low, values[0].high]);
    (values[0].low, values[0].high) = (low, high);
    let whole = images.iter().chain(&[low, high]).all(|&x| x.abs() < 16_777_216. && x == x as i32 as f32);
    Ok(Ranges { values, outputs, whole })
}

/// Checks that there is a whole number of images, at least one, of finite numbers in the range of inputs.
fn check(images: &[f32], inputs: usize, input: Option<[f32; 2]>) -> Result<(), QuantiseError> {
    if images.is_empty() {
        return Err(QuantiseError::NoImages);
    }
    if !images.len().is_multiple_of(inputs) {
        let expected = images.len().next_multiple_of(inputs);
        return Err(QuantiseError::Count { what: "elements of whole images", expected, found: images.len() });
    }
    if let Some(i) = images.iter().position(|x| !x.is_finite()) {
        return Err(QuantiseError::NotFinite { image: i / inputs, place: i % inputs });
    }
    let range = input.unwrap_or([f32::MIN, f32::MAX]);
    match images.iter().position(|x| !(range[0]..=range[1]).contains(x)) {
        Some(i) => {
            Err(QuantiseError::Outside { image: i / inputs, place: i % inputs, value: images[i], range })
        }
        None => Ok(()),
    }
}

/// The greatest difference within a window over a batch of images.
fn spread(window: &Window, images: &[f32]) -> f32 {
    let mut most = 0f32;
    let size = window.image.iter().product();
    for image in images.chunks_exact(size) {
        for_windows(window, |channel, places| {
            let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
            for &place in places {
                let x = image[place + channel];
                (low, high) = (low.min(x), high.max(x));
            }
            if high > low {
                most = most.max(high - low);
            }
        });
    }
    most
}

/// The index of the first maximum.
pub(super) fn class(outputs: &[f32]) -> usize {
    (1..outputs.len()).fold(0, |best, i| if outputs[i] > outputs[best] { i } else { best })
}

/// The integer bits of every value: enough for its own range, and for those of the values that poolings, clips and sums
/// make of it. (The ends of a clip may lie outside the range of its input.)
pub(super) fn integers(graph: &Graph<'_>, ranges: &Ranges, margin: f64, extra: &[u32]) -> Vec<i32> {
    let own = |range: &Range| integer_bits(range.largest().max(range.spread.into()) * margin);
    let mut all: Vec<i32> =
        ranges.values.iter().zip(extra).map(|(range, &more)| own(range) + more as i32).collect();
    for value in (0..all.len()).rev() {
        for &layer in graph.uses(value) {
            if graph.model.nodes()[layer].op.get().widens() {
                all[value] = all[value].max(all[layer + 1]);
            }
        }
    }
    all
}
