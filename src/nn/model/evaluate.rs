//! Evaluation in single precision.

use alloc::vec::Vec;

use super::Model;
use super::value::Batch;
use crate::nn::op::Node;

/// The most images that [`Model::forward`] evaluates together.
const IMAGES: usize = 64;
/// The most elements of one value for all of these images, unless a single image has more.
const ELEMENTS: usize = 1 << 24;

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

    /// As [`trace`](Self::trace) for one image from layer `from` on, whose earlier values are given, the first `from + 1`;
    /// returns the last layer's result.
    pub(in crate::nn) fn resume(
        &self,
        from: usize,
        values: &[Vec<f32>],
        f: impl FnMut(usize, &[f32]),
    ) -> Vec<f32> {
        run_from(self, 1, from, |value| &values[value], f)
    }
}

/// The last layer's result, after every layer's has been shown to `f`.
fn run(model: &Model, images: &[f32], f: impl FnMut(usize, &[f32])) -> Vec<f32> {
    let count = images.len() / whole_images(model, images);
    run_from(model, count, 0, |_| images, f)
}

/// The last layer's result for `count` images from layer `from` on, of which every layer's has been shown to `f`. `given`
/// has the values before it, the first `from + 1`.
fn run_from<'a>(
    model: &Model,
    count: usize,
    from: usize,
    given: impl Fn(usize) -> &'a [f32],
    mut f: impl FnMut(usize, &[f32]),
) -> Vec<f32> {
    let mut kept: Vec<Option<Vec<f32>>> = alloc::vec![None; model.nodes.len() + 1];
    let others = |node: &Node| -> Vec<usize> {
        node.op.get().others().iter().filter_map(|name| model.value(name)).collect()
    };
    let referred: Vec<usize> = model.nodes[from..].iter().flat_map(others).collect();
    for &value in referred.iter().filter(|&&value| value < from) {
        kept[value] = Some(given(value).to_vec());
    }
    let mut x = given(from).to_vec();
    for (layer, node) in model.nodes.iter().enumerate().skip(from) {
        if referred.contains(&layer) {
            kept[layer] = Some(x.clone());
        }
        let others: Vec<&[f32]> =
            others(node).into_iter().map(|value| kept[value].as_deref().unwrap_or_default()).collect();
        x = node.op.get().evaluate(x, Batch { shape: model.shape(layer), count, others: &others });
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
