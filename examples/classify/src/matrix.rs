//! Matrices of f32 and their product by the `gemm-f32` crate.

/// A matrix in rows or in columns, in a buffer that may be larger than it.
#[derive(Debug)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    by_row: bool,
    /// From one row to the next, or from one column to the next.
    stride: usize,
    start: usize,
    data: Vec<f32>,
}

/// A borrowed matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// From one row to the next, from one column to the next.
    pub(crate) strides: (usize, usize),
    pub(crate) data: &'a [f32],
}

/// A mutably borrowed matrix.
#[derive(Debug)]
pub(crate) struct ViewMut<'a> {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// From one row to the next, from one column to the next.
    pub(crate) strides: (usize, usize),
    pub(crate) data: &'a mut [f32],
}

impl Matrix {
    /// A matrix of zeros.
    pub(crate) fn new(rows: usize, cols: usize, by_row: bool) -> Self {
        let mut matrix = Self { rows: 0, cols: 0, by_row, stride: 0, start: 0, data: Vec::new() };
        let size = matrix.shape(rows, cols);
        // Whole cache lines, and room for any smaller matrix in the same order.
        matrix.data = vec![0.0; size + 16 * (1 + if by_row { rows } else { cols })];
        matrix.start = matrix.data.as_ptr().align_offset(64).min(16);
        matrix
    }

    /// Makes it a matrix of another shape, contents unspecified; returns the number of elements it spans.
    pub(crate) fn shape(&mut self, rows: usize, cols: usize) -> usize {
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

    pub(crate) fn get(&self, r: usize, c: usize) -> f32 {
        self.data[self.index(r, c)]
    }

    pub(crate) fn set(&mut self, r: usize, c: usize, value: f32) {
        let index = self.index(r, c);
        self.data[index] = value;
    }

    /// A column of a matrix that is kept in columns.
    pub(crate) fn column(&self, c: usize) -> &[f32] {
        assert!(!self.by_row, "a matrix in columns");
        &self.data[self.start + c * self.stride..][..self.rows]
    }

    /// A column of a matrix that is kept in columns, to be written.
    pub(crate) fn column_mut(&mut self, c: usize) -> &mut [f32] {
        assert!(!self.by_row, "a matrix in columns");
        &mut self.data[self.start + c * self.stride..][..self.rows]
    }

    /// Replaces each element x of row r by `f(x + bias[r % bias.len()])`, or by `f(x)` without biases.
    pub(crate) fn map(&mut self, bias: &[f32], f: impl Fn(f32) -> f32) {
        let (long, short) = if self.by_row { (self.cols, self.rows) } else { (self.rows, self.cols) };
        for i in 0..short {
            let line = &mut self.data[self.start + i * self.stride..][..long];
            if bias.is_empty() {
                line.iter_mut().for_each(|x| *x = f(*x));
            } else if self.by_row {
                let bias = bias[i % bias.len()];
                line.iter_mut().for_each(|x| *x = f(*x + bias));
            } else {
                for line in line.chunks_mut(bias.len()) {
                    line.iter_mut().zip(bias).for_each(|(x, b)| *x = f(*x + b));
                }
            }
        }
    }

    /// All of it.
    pub(crate) fn view(&self) -> View<'_> {
        let (rows, cols, strides) = (self.rows, self.cols, self.strides());
        View { rows, cols, strides, data: &self.data[self.start..] }
    }

    /// All of it, to be written.
    pub(crate) fn view_mut(&mut self) -> ViewMut<'_> {
        let (rows, cols, strides) = (self.rows, self.cols, self.strides());
        ViewMut { rows, cols, strides, data: &mut self.data[self.start..] }
    }
}

/// `out = left · right`, `rows` rows at a time.
#[allow(unsafe_code)]
pub(crate) fn product(out: ViewMut<'_>, left: View<'_>, right: View<'_>, rows: usize) {
    let (m, n, k) = (out.rows, out.cols, left.cols);
    assert!(left.rows == m && right.cols == n && right.rows == k, "shapes have to agree");
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    let fits = |rows, cols, (down, right): (usize, usize), len| (rows - 1) * down + (cols - 1) * right < len;
    let (o, l, r) = (out.strides, left.strides, right.strides);
    assert!(fits(m, n, o, out.data.len()), "a result has to fit its buffer");
    assert!(fits(m, k, l, left.data.len()) && fits(k, n, r, right.data.len()), "factors have to fit theirs");
    for first in (0..m).step_by(rows) {
        // SAFETY: `left` has the rows `first..first + rows.min(m - first)` and k columns, `right` k rows and n columns,
        // `out` the same rows as `left` and n columns. The last element of each, which is the one furthest from the
        // start, lies in its buffer. `out` is borrowed mutably, so it overlaps neither of the others.
        unsafe {
            let out = (out.data.as_mut_ptr().add(first * o.0), o);
            let left = (left.data.as_ptr().add(first * l.0), l);
            let right = (right.data.as_ptr(), r);
            let rows = rows.min(m - first);
            // The crate is at its best with a result in columns; a result in rows is the transposed product's.
            let turn = |(data, (down, right)): (*const f32, (usize, usize))| (data, (right, down));
            let ((m, n), (out, o), (left, l), (right, r)) = if o.1 < o.0 {
                ((n, rows), (out.0, (o.1, o.0)), turn(right), turn(left))
            } else {
                ((rows, n), out, left, right)
            };
            gemm_f32::gemm::f32::get_gemm_fn()(
                m,
                n,
                k,
                out,
                o.1 as isize,
                o.0 as isize,
                false,
                left,
                l.1 as isize,
                l.0 as isize,
                right,
                r.1 as isize,
                r.0 as isize,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm_common::Parallelism::None,
            );
        }
    }
}
