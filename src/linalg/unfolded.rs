//! Products of rows that are made when they are needed.
//!
//! An unfolded image is as many times larger than the image as the window has values, and is used once. So some rows at a
//! time are unfolded, as many as stay in the second level cache, and multiplied as they lie there: the weights of a
//! convolution are few, and packing its rows for them would take about as long as multiplying them.

use core::ops::Range;

use super::blocked::{Kernel, LEFT_BYTES, LONG_PANEL_BYTES, PANEL, PANEL_BYTES, add_tile, tile_rows};
use super::word::{Cells, Line, Panels};
use crate::secret::Scratch;

/// Writes some rows of the left side, each followed by zeros up to a whole cell.
pub(super) type Unfold<'a, W> = &'a dyn Fn(Range<usize>, &mut [W]);

/// `c += a · bᵀ`: `a: [rows, inputs]` as `unfold` writes it, `c: [rows, outputs]` as rows. No shape is empty.
pub(super) fn multiply_add<W: Cells, K: Kernel<W>>(
    kernel: K,
    unfold: Unfold<'_, W>,
    b: Panels<'_, W>,
    c: &mut [&mut [W]],
) {
    let steps = b.inputs.div_ceil(W::GROUP);
    let row = steps * W::GROUP * size_of::<W>();
    let rows = (LEFT_BYTES / row).max(1).next_multiple_of(K::ROWS).min(c.len());
    let line = PANEL * size_of::<Line<W>>();
    let block =
        (LEFT_BYTES / rows / (W::GROUP * size_of::<W>())).clamp(PANEL_BYTES / line, LONG_PANEL_BYTES / line);
    let mut cells = Scratch::<W::Cell>::zeros(rows * steps);
    for (c, first) in c.chunks_mut(rows).zip((0..).step_by(rows)) {
        let cells = &mut cells[..c.len() * steps];
        unfold(first..first + c.len(), W::words_of(cells));
        for from in (0..steps).step_by(block) {
            let block = from..(from + block).min(steps);
            for (lines, at) in b.lines.chunks(PANEL * steps).zip((0..).step_by(PANEL * W::CELLS)) {
                let width = lines.len() / steps;
                let lines = &lines[block.start * width..block.end * width];
                column(kernel, (cells, steps), &block, (lines, width), c, at);
            }
        }
    }
}

/// All tiles of a panel: steps `block` of `a: [rows, steps]`.
fn column<W: Cells, K: Kernel<W>>(
    kernel: K,
    (mut a, steps): (&[W::Cell], usize),
    block: &Range<usize>,
    (b, width): (&[Line<W>], usize),
    mut c: &mut [&mut [W]],
    at: usize,
) {
    while !c.is_empty() {
        let rows = tile_rows(c.len(), K::ROWS);
        let (tile, below) = a.split_at(rows * steps);
        let (sums, rest) = c.split_at_mut(rows);
        let row = |i: usize| &tile[i * steps..][block.clone()];
        match (rows, width) {
            (8, PANEL) => kernel.tile_of_rows::<8, PANEL>(core::array::from_fn(row), b, sums, at),
            (4, PANEL) => kernel.tile_of_rows::<4, PANEL>(core::array::from_fn(row), b, sums, at),
            (2, PANEL) => kernel.tile_of_rows::<2, PANEL>(core::array::from_fn(row), b, sums, at),
            (1, PANEL) => kernel.tile_of_rows::<1, PANEL>(core::array::from_fn(row), b, sums, at),
            (8, _) => kernel.tile_of_rows::<8, 1>(core::array::from_fn(row), b, sums, at),
            (4, _) => kernel.tile_of_rows::<4, 1>(core::array::from_fn(row), b, sums, at),
            (2, _) => kernel.tile_of_rows::<2, 1>(core::array::from_fn(row), b, sums, at),
            _ => kernel.tile_of_rows::<1, 1>(core::array::from_fn(row), b, sums, at),
        }
        (a, c) = (below, rest);
    }
}

/// Adds `a · b` to columns `at..` of `c`, as many as there are: `a: [R, steps]` cells, `b: [steps, P]` lines,
/// `c: [R, any]`.
///
/// To be inlined into [`Kernel::tile_of_rows`].
#[inline(always)]
pub(super) fn tile_of_rows<W: Cells, K: Kernel<W>, const R: usize, const P: usize>(
    kernel: K,
    a: [&[W::Cell]; R],
    b: &[Line<W>],
    c: &mut [&mut [W]],
    at: usize,
) {
    let mut sums = [[kernel.zero(); P]; R];
    let b = b.as_chunks::<P>().0;
    // One length for all, so that it is looked at once. Loops and not closures: there are 120 copies of this to compile.
    let mut rows = a;
    for row in &mut rows {
        *row = &row[..b.len()];
    }
    for (i, b) in b.iter().enumerate() {
        let mut a = [W::EMPTY; R];
        for r in 0..R {
            a[r] = rows[r][i];
        }
        kernel.steps(&mut sums, &a, b);
    }
    add_tile(kernel, &sums, c, at);
}
