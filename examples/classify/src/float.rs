//! The same network in the clear in float32 on one core: the yardstick for the shared evaluation.
//!
//! The `gemm` crate computes every product. A convolution is one product for each image, with the values below its window
//! laid out in columns. The best order of the weights in memory, and the best number of rows for one call, depend on the
//! CPU and the batch, so [`Float::fastest`] tries them and keeps the fastest. Models with unusual layers are
//! evaluated by the library itself.
//!
//! For binarized networks all values are integers below 2^24, so float32 is exact.

use std::time::Instant;

use ringshare::nn::{Model, Op};
use ringshare::protocol::Family;

use crate::matrix::{Matrix, View, ViewMut, product};
use crate::memory::ThreadCpu;
use crate::steps::{LIMIT, Step, max_pool, size, steps, unfold};

/// Outputs per call: as many as any layer here has.
const WHOLE: usize = 4096;
/// The outputs per call that are tried.
const CALLS: [usize; 3] = [WHOLE, 1024, 512];

/// Order in memory of the weights and of the values between layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `[out, in]`, otherwise `[in, out]`.
    pub weights_by_output: bool,
    /// `[n, width]`, otherwise `[width, n]`. Convolutions and pooling take the former only.
    pub values_by_image: bool,
    /// The most outputs that one call computes.
    pub outputs_a_call: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self { weights_by_output: false, values_by_image: true, outputs_a_call: WHOLE }
    }
}

impl Layout {
    /// All layouts that a model can have.
    pub fn all(model: &Model) -> impl Iterator<Item = Self> + use<> {
        let windows = model.nodes().iter().any(|n| matches!(n.op, Op::Convolution(_) | Op::MaxPool(_)));
        let all = (0..12).map(|i| Self {
            weights_by_output: i / 3 % 2 == 1,
            values_by_image: i / 6 == 0,
            outputs_a_call: CALLS[i % 3],
        });
        all.filter(move |layout| layout.values_by_image || !windows)
    }

    /// Whether the two share their order in memory.
    fn same_order(self, other: Self) -> bool {
        Self { outputs_a_call: other.outputs_a_call, ..self } == other
    }
}

/// Classes, logits, and the time to compute them, without the time to read and arrange the inputs.
#[derive(Debug, Default)]
pub struct Timed {
    /// `[n, classes]`
    pub logits: Vec<f32>,
    /// `[n]`, the first maximum of the logits.
    pub classes: Vec<u8>,
    /// Seconds on the clock.
    pub wall_s: f64,
    /// CPU seconds.
    pub cpu_s: f64,
}

/// A network with its weights as f32 and buffers for one batch.
#[derive(Debug)]
pub struct Float<'a> {
    model: &'a Model,
    layout: Layout,
    batch: usize,
    /// None if there is a layer of another kind.
    steps: Option<Vec<Step>>,
    /// The inputs and then the outputs of the current layer.
    values: Matrix,
    next: Matrix,
    /// What lies below the window of a convolution, place after place.
    patches: Vec<f32>,
    /// The signs of the integers from −LIMIT on, if they differ from the exact ones: for the first layer of signs, and for
    /// all others.
    signs: [Option<Vec<f32>>; 2],
}

impl<'a> Float<'a> {
    /// Arranges the weights for batches of up to `batch` images.
    pub fn new(model: &'a Model, batch: usize, layout: Layout) -> Self {
        let sizes = model.nodes().iter().map(|node| size(node.shape)).chain([size(model.input())]);
        let width = sizes.max().unwrap_or(0);
        let buffer = || Matrix::new(width, batch, !layout.values_by_image);
        let (values, next) = (buffer(), buffer());
        Self {
            model,
            layout,
            batch,
            steps: steps(model, layout.weights_by_output),
            values,
            next,
            patches: Vec::new(),
            signs: [None, None],
        }
    }

    /// Tries orders in memory on one batch, then numbers of outputs a call, and keeps the fastest.
    pub fn fastest(model: &'a Model, batch: usize) -> Self {
        let inputs = vec![1.0; batch * size(model.input())];
        let mut float = Self::warm(model, batch, Layout::default(), &inputs);
        if float.steps.is_none() {
            return float;
        }
        let mut best = (f64::INFINITY, Layout::default());
        for outputs_a_call in CALLS {
            // The best order for whole layers is taken for parts of them.
            let order = best.1;
            let alike = |layout: &Layout| outputs_a_call == WHOLE || layout.same_order(order);
            let layouts = Layout::all(model).filter(|layout| layout.outputs_a_call == outputs_a_call);
            for layout in layouts.filter(alike) {
                float = float.rearranged(layout, &inputs);
                // Two runs, of whatever is not far behind.
                let mut time = float.run(&inputs, |_| ()).wall_s;
                if time < 1.15 * best.0 {
                    time = time.min(float.run(&inputs, |_| ()).wall_s);
                }
                if time < best.0 {
                    best = (time, layout);
                }
            }
        }
        float.rearranged(best.1, &inputs)
    }

    /// With the signs that comparison families compute, for the first layer of signs and for all others: those of Legendre
    /// symbols are exact for small integers only.
    pub fn with_signs(mut self, comparisons: [Family; 2]) -> Self {
        self.signs = comparisons.map(|family| {
            let Family::Legendre(variant) = family else { return None };
            let x: Vec<i64> = (-(LIMIT as i64)..LIMIT as i64).collect();
            let mut signs = vec![0; x.len()];
            variant.evaluate_all(&x, &mut signs);
            Some(signs.into_iter().map(f32::from).collect())
        });
        self
    }

    /// The same network in another layout; the old one is gone before the new one is made.
    fn rearranged(mut self, layout: Layout, inputs: &[f32]) -> Self {
        if self.layout.same_order(layout) {
            self.layout = layout;
            return self;
        }
        let (model, batch) = (self.model, self.batch);
        drop(self);
        Self::warm(model, batch, layout, inputs)
    }

    /// Arranges the weights and reads them once, for one image.
    fn warm(model: &'a Model, batch: usize, layout: Layout, inputs: &[f32]) -> Self {
        let mut float = Self::new(model, batch, layout);
        float.run(&inputs[..size(model.input())], |_| ());
        float
    }

    /// Evaluates the network on `inputs: [n, in]`, batch by batch; `progress` is called with the number of images done.
    pub fn run(&mut self, inputs: &[f32], mut progress: impl FnMut(usize)) -> Timed {
        let width = size(self.model.input());
        let mut out = Timed::default();
        for batch in inputs.chunks(self.batch * width) {
            let n = batch.len() / width;
            if self.steps.is_some() {
                self.values.shape(width, n);
                for (i, image) in batch.chunks_exact(width).enumerate() {
                    image.iter().enumerate().for_each(|(c, &x)| self.values.set(c, i, x));
                }
            }
            let (wall, cpu) = (Instant::now(), ThreadCpu::start());
            let logits = self.batch(batch, n);
            out.wall_s += wall.elapsed().as_secs_f64();
            out.cpu_s += cpu.seconds();
            let classes = logits.chunks_exact(size(self.model.output()));
            out.classes.extend(classes.map(|logits| argmax(logits) as u8));
            out.logits.extend(logits);
            progress(n);
        }
        out
    }

    /// Evaluates a batch of `n` images, which `self.values` holds as well.
    fn batch(&mut self, inputs: &[f32], n: usize) -> Vec<f32> {
        let Some(steps) = self.steps.take() else { return self.model.forward(inputs) };
        let mut hidden = false;
        for step in &steps {
            self.step(step, n, hidden);
            hidden |= step.is_sign();
        }
        self.steps = Some(steps);
        let rows = self.values.rows;
        (0..n).flat_map(|i| (0..rows).map(move |r| (r, i))).map(|(r, i)| self.values.get(r, i)).collect()
    }

    /// `hidden` says whether a layer of signs came before.
    fn step(&mut self, step: &Step, n: usize, hidden: bool) {
        let (values, next, rows) = (&self.values, &mut self.next, self.layout.outputs_a_call);
        let signs = self.signs[usize::from(hidden)].as_deref();
        match step {
            Step::Linear { weights, bias, then } => {
                next.shape(weights.rows, n);
                product(next.view_mut(), weights.view(), values.view(), rows);
                then.apply(next, bias, signs);
            }
            Step::Convolution { window, places, weights, bias, then } => {
                let (outputs, inputs, places_all) = (weights.rows, weights.cols, places[0] * places[1]);
                next.shape(outputs * places_all, n);
                self.patches.resize(inputs * places_all, 0.0);
                for i in 0..n {
                    unfold(window, *places, values.column(i), &mut self.patches);
                    let right =
                        View { rows: inputs, cols: places_all, strides: (1, inputs), data: &self.patches };
                    let data = next.column_mut(i);
                    let out = ViewMut { rows: outputs, cols: places_all, strides: (1, outputs), data };
                    product(out, weights.view(), right, rows);
                }
                then.apply(next, bias, signs);
            }
            Step::MaxPool { window, places } => {
                next.shape(places[0] * places[1] * window.image[2], n);
                (0..n).for_each(|i| max_pool(window, *places, values.column(i), next.column_mut(i)));
            }
            Step::Then(then) => return then.apply(&mut self.values, &[], signs),
        }
        std::mem::swap(&mut self.values, &mut self.next);
    }
}

/// The index of the first maximum.
pub fn argmax<T: PartialOrd + Copy>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}
