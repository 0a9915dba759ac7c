//! Products of matrices of f32 by the `gemm-f32` crate.

/// A matrix in a buffer: from one row to the next, from one column to the next.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) data: &'a [f32],
    pub(super) strides: [usize; 2],
}

impl<'a> View<'a> {
    /// Rows of so many elements.
    pub(super) fn rows(data: &'a [f32], stride: usize) -> Self {
        Self { data, strides: [stride, 1] }
    }

    pub(super) fn transposed(self) -> Self {
        let [down, across] = self.strides;
        Self { strides: [across, down], ..self }
    }
}

/// `out = keep · out + scale · left · right`, for `[m, k]` times `[k, n]` and a result in rows that are `stride` apart.
///
/// # Panics
/// If a matrix does not fit its buffer.
#[allow(unsafe_code)]
pub(super) fn product(
    [m, k, n]: [usize; 3],
    (out, stride): (&mut [f32], usize),
    [keep, scale]: [f32; 2],
    left: View<'_>,
    right: View<'_>,
) {
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        return out.chunks_mut(stride).take(m).for_each(|row| row[..n].iter_mut().for_each(|x| *x *= keep));
    }
    let fits = |rows, cols, [down, across]: [usize; 2], len| (rows - 1) * down + (cols - 1) * across < len;
    assert!(fits(m, n, [stride, 1], out.len()) && n <= stride, "a result has to fit its buffer");
    assert!(fits(m, k, left.strides, left.data.len()), "a left factor has to fit its buffer");
    assert!(fits(k, n, right.strides, right.data.len()), "a right factor has to fit its buffer");
    // The crate is at its best with a result in columns: here that is the transposed product's. But the rows of its left factor are
    // read side by side, and if they are a multiple of 4096 bytes apart, they are all in the same few sets of the cache.
    let turns = !right.strides[1].is_multiple_of(1024) || n <= m;
    let ((m, n), (l, r), [down, across]) = match turns {
        true => ((n, m), (right.transposed(), left.transposed()), [1, stride]),
        false => ((m, n), (left, right), [stride, 1]),
    };
    // SAFETY: the last element of each matrix, which is the one furthest from the start, lies in its buffer, and no two elements
    // of `out` are the same, for its rows do not overlap. `out` is borrowed mutably, so it overlaps neither factor.
    unsafe {
        gemm_f32::gemm::f32::get_gemm_fn()(
            m,
            n,
            k,
            out.as_mut_ptr(),
            across as isize,
            down as isize,
            keep != 0.,
            l.data.as_ptr(),
            l.strides[1] as isize,
            l.strides[0] as isize,
            r.data.as_ptr(),
            r.strides[1] as isize,
            r.strides[0] as isize,
            keep,
            scale,
            false,
            false,
            false,
            gemm_common::Parallelism::None,
        );
    }
}
