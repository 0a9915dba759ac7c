//! The same network in the clear in float32 on one core: the yardstick for the shared evaluation.
//!
//! Every product is done by the `gemm` crate, weights kept as f32 in memory order of its liking. Which order that is,
//! and how many rows of weights it should get at a time, depends on the CPU and the batch, so [`Float::fastest`] tries
//! all and keeps the best. All values are integers below 2^24, so float32 is exact and the result equals that of
//! [`crate::plain`].

use std::time::Instant;

use crate::memory::ThreadCpu;
use crate::model::{Layer, Model};
use crate::plain::argmax;

/// Order in memory of the weights and of the values between layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// `[out, in]`, otherwise `[in, out]`.
    pub(crate) weights_by_output: bool,
    /// `[n, width]`, otherwise `[width, n]`.
    pub(crate) values_by_image: bool,
    /// Outputs that are computed by one call.
    pub(crate) outputs_a_call: usize,
}

impl Layout {
    const FIRST: Self = Self { weights_by_output: false, values_by_image: false, outputs_a_call: 4096 };

    /// All that are tried: 4096 is a whole layer at once.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..12).map(|i| Self {
            weights_by_output: i / 3 % 2 == 1,
            values_by_image: i / 6 == 1,
            outputs_a_call: [4096, 1024, 512][i % 3],
        })
    }

    /// Whether the two share their order in memory.
    fn same_order(self, other: Self) -> bool {
        Self { outputs_a_call: other.outputs_a_call, ..self } == other
    }
}

/// Classes, logits and the time they took, reading and arranging of the inputs not counted.
#[derive(Debug, Default)]
pub(crate) struct Timed {
    /// `[n, classes]`
    pub(crate) logits: Vec<f32>,
    /// `[n]`, the first maximum of the logits.
    pub(crate) classes: Vec<u8>,
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: f64,
}

/// A network with its weights as f32 and buffers for one batch.
#[derive(Debug)]
pub(crate) struct Float<'a> {
    layout: Layout,
    batch: usize,
    layers: Vec<(&'a Layer, Matrix, Vec<f32>)>,
    /// Inputs, then outputs, of the layer at hand.
    values: Matrix,
    next: Matrix,
}

impl<'a> Float<'a> {
    /// Arranges the weights for batches of up to `batch` images.
    pub(crate) fn new(model: &'a Model, batch: usize, layout: Layout) -> Self {
        let layers = model.layers.iter().map(|layer| {
            let mut weights = Matrix::new(layer.outputs, layer.inputs, layout.weights_by_output);
            let mut row = vec![0; layer.inputs];
            for r in 0..layer.outputs {
                layer.row(r, &mut row);
                row.iter().enumerate().for_each(|(c, &w)| weights.set(r, c, f32::from(w)));
            }
            (layer, weights, layer.bias.iter().map(|&b| b as f32).collect())
        });
        let width = model.layers.iter().map(|l| l.inputs.max(l.outputs)).max().unwrap_or(0);
        let buffer = || Matrix::new(width, batch, !layout.values_by_image);
        Self { layout, batch, layers: layers.collect(), values: buffer(), next: buffer() }
    }

    /// Tries every layout on one batch and keeps the fastest.
    pub(crate) fn fastest(model: &'a Model, batch: usize) -> Self {
        let inputs = vec![1; batch * model.layers[0].inputs];
        let mut float = Self::warm(model, batch, Layout::FIRST, &inputs);
        let mut best = (f64::INFINITY, Layout::FIRST);
        for layout in Layout::all() {
            float = float.rearranged(model, layout, &inputs);
            let time = (0..3).map(|_| float.run(&inputs, |_| ()).wall_s).fold(f64::INFINITY, f64::min);
            if time < best.0 {
                best = (time, layout);
            }
        }
        float.rearranged(model, best.1, &inputs)
    }

    /// The same network in another layout; the old one is gone before the new one is made.
    fn rearranged(mut self, model: &'a Model, layout: Layout, inputs: &[u8]) -> Self {
        if self.layout.same_order(layout) {
            self.layout = layout;
            return self;
        }
        let batch = self.batch;
        drop(self);
        Self::warm(model, batch, layout, inputs)
    }

    /// Arranges the weights and touches all buffers.
    fn warm(model: &'a Model, batch: usize, layout: Layout, inputs: &[u8]) -> Self {
        let mut float = Self::new(model, batch, layout);
        float.run(inputs, |_| ());
        float
    }

    /// Evaluates the network on `inputs: [n, in]`, batch by batch; `progress` learns of the images done.
    pub(crate) fn run(&mut self, inputs: &[u8], mut progress: impl FnMut(usize)) -> Timed {
        let width = self.layers[0].0.inputs;
        let mut out = Timed::default();
        for batch in inputs.chunks(self.batch * width) {
            let n = batch.len() / width;
            self.values.shape(width, n);
            for (i, image) in batch.chunks_exact(width).enumerate() {
                image.iter().enumerate().for_each(|(c, &x)| self.values.set(c, i, f32::from(x)));
            }
            let (wall, cpu) = (Instant::now(), ThreadCpu::start());
            self.batch(n, &mut out);
            out.wall_s += wall.elapsed().as_secs_f64();
            out.cpu_s += cpu.seconds();
            progress(n);
        }
        out
    }

    /// Evaluates the batch of `n` images in `self.values`.
    fn batch(&mut self, n: usize, out: &mut Timed) {
        let last = self.layers.len() - 1;
        for (l, (layer, weights, bias)) in self.layers.iter().enumerate() {
            self.next.shape(layer.outputs, n);
            product(&mut self.next, weights, &self.values, self.layout.outputs_a_call);
            if l < last {
                self.next.map(bias, |z| if z >= 0.0 { 1.0 } else { -1.0 });
            } else {
                self.next.map(bias, |z| z);
            }
            std::mem::swap(&mut self.values, &mut self.next);
        }
        for i in 0..n {
            let start = out.logits.len();
            out.logits.extend((0..self.values.rows).map(|r| self.values.get(r, i)));
            out.classes.push(argmax(&out.logits[start..]) as u8);
        }
    }
}

/// A matrix in rows or in columns, in a buffer that may be larger than it.
#[derive(Debug)]
struct Matrix {
    rows: usize,
    cols: usize,
    by_row: bool,
    /// From one row to the next, or from one column to the next.
    stride: usize,
    start: usize,
    data: Vec<f32>,
}

impl Matrix {
    fn new(rows: usize, cols: usize, by_row: bool) -> Self {
        let mut matrix = Self { rows: 0, cols: 0, by_row, stride: 0, start: 0, data: Vec::new() };
        let size = matrix.shape(rows, cols);
        // Whole cache lines, and room for any smaller matrix in the same order.
        matrix.data = vec![0.0; size + 16 * (1 + if by_row { rows } else { cols })];
        matrix.start = matrix.data.as_ptr().align_offset(64).min(16);
        matrix
    }

    /// Makes it a matrix of another shape, contents unspecified; returns the number of elements it spans.
    fn shape(&mut self, rows: usize, cols: usize) -> usize {
        let (long, short) = if self.by_row { (cols, rows) } else { (rows, cols) };
        // A stride of a power of two would map a whole column to a few sets of the cache.
        let stride = if long % 512 == 0 { long + 16 } else { long };
        (self.rows, self.cols, self.stride) = (rows, cols, stride);
        short * stride
    }

    fn strides(&self) -> (usize, usize) {
        if self.by_row { (self.stride, 1) } else { (1, self.stride) }
    }

    fn index(&self, r: usize, c: usize) -> usize {
        let (down, right) = self.strides();
        self.start + r * down + c * right
    }

    fn get(&self, r: usize, c: usize) -> f32 {
        self.data[self.index(r, c)]
    }

    fn set(&mut self, r: usize, c: usize, value: f32) {
        let index = self.index(r, c);
        self.data[index] = value;
    }

    /// Replaces each element x of row r by `f(x + bias[r])`.
    fn map(&mut self, bias: &[f32], f: impl Fn(f32) -> f32) {
        let (long, short) = if self.by_row { (self.cols, self.rows) } else { (self.rows, self.cols) };
        for i in 0..short {
            let line = &mut self.data[self.start + i * self.stride..][..long];
            if self.by_row {
                line.iter_mut().for_each(|x| *x = f(*x + bias[i]));
            } else {
                line.iter_mut().zip(bias).for_each(|(x, b)| *x = f(*x + b));
            }
        }
    }
}

/// `out = left · right`, `rows` rows at a time.
#[allow(unsafe_code)]
fn product(out: &mut Matrix, left: &Matrix, right: &Matrix, rows: usize) {
    let (m, n, k) = (out.rows, out.cols, left.cols);
    assert!(left.rows == m && right.cols == n && right.rows == k, "shapes have to agree");
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    let last = |x: &Matrix| x.index(x.rows - 1, x.cols - 1);
    assert!(
        [&*out, left, right].iter().all(|x| last(x) < x.data.len()),
        "matrices have to fit their buffers"
    );
    let (o, l, r) = (out.strides(), left.strides(), right.strides());
    for first in (0..m).step_by(rows) {
        let (o_start, l_start) = (out.index(first, 0), left.index(first, 0));
        // SAFETY: `left` has the rows `first..first + rows.min(m - first)` and k columns, `right` k rows and n columns,
        // `out` the same rows as `left` and n columns. The last element of each, which is the one furthest from the
        // start, lies in its buffer. `out` is borrowed mutably, so it overlaps neither of the others.
        unsafe {
            gemm::gemm(
                rows.min(m - first),
                n,
                k,
                out.data.as_mut_ptr().add(o_start),
                o.1 as isize,
                o.0 as isize,
                false,
                left.data.as_ptr().add(l_start),
                l.1 as isize,
                l.0 as isize,
                right.data.as_ptr().add(right.start),
                r.1 as isize,
                r.0 as isize,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }
}
