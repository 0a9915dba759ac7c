//! The blocked algorithm, written once for all words and instruction sets.
//!
//! C += A·Bᵀ takes rows · outputs · inputs multiplications, and each of them needs a word of A and a
//! word of B. What makes it fast is to use each word that was loaded often:
//!
//! - a *tile* of C, some rows by one panel of outputs, stays in registers while the kernel walks
//!   through the inputs: each loaded cell of A serves a panel, each loaded line of B all rows of the tile;
//! - the inputs are cut into *blocks*, so that the block of a panel stays in the first level cache
//!   while all tiles below one another use it;
//! - the rows are cut too, so that their block of A stays in the second level cache for all panels.
//!
//! A is packed as B is, tile by tile and cell by cell, just before it is used. This takes rows · inputs moves for
//! rows · inputs · outputs multiplications, and lets the kernels read everything in sequence.
//!
//! With few rows there is one tile per panel, nothing is used twice, and the blocks are made as
//! long as they may be: B is read from memory once, from front to back.

use core::ops::Range;

use super::word::{Cells, Line, Panels};
use crate::secret::Scratch;

/// Lines of a panel, side by side. The last panel may have fewer.
pub(super) const PANEL: usize = 2;
/// Bytes of a block of a panel: most of a first level cache.
pub(super) const PANEL_BYTES: usize = 32 << 10;
/// Bytes of a block of a panel for few rows: together with the next one, most of a second level cache.
pub(super) const LONG_PANEL_BYTES: usize = 256 << 10;
/// Bytes of a block of A: a good part of a second level cache.
pub(super) const LEFT_BYTES: usize = 128 << 10;

/// The innermost step on one instruction set.
///
/// The value of the type is the proof that the CPU has the instruction set.
pub(super) trait Kernel<W: Cells>: Copy {
    /// Rows of a tile: 1, 2, 4 or 8.
    const ROWS: usize;
    /// Registers that hold the sums of a line of outputs.
    type Sums: Copy;

    /// Sums of nothing.
    fn zero(self) -> Self::Sums;
    /// `sums + a · b`, for each cell of `b` the dot product with the cell `a`.
    fn step(self, sums: Self::Sums, a: W::Cell, b: &Line<W>) -> Self::Sums;
    /// One step of a tile: each cell of A with each line of B.
    ///
    /// There are hundreds of tiles, and a loop over numbers takes the compiler a fraction of what iterators take it.
    #[inline(always)]
    #[allow(clippy::needless_range_loop)]
    fn steps<const R: usize, const P: usize>(
        self,
        sums: &mut [[Self::Sums; P]; R],
        a: &[W::Cell; R],
        b: &[Line<W>; P],
    ) {
        for r in 0..R {
            for p in 0..P {
                sums[r][p] = self.step(sums[r][p], a[r], &b[p]);
            }
        }
    }
    /// The sums as cells: the first word of each is the sum, the others are anything.
    fn cells(self, sums: Self::Sums) -> Line<W>;
    /// Asks for `line` to be brought into the second level cache.
    #[inline(always)]
    fn fetch(self, line: &Line<W>) {
        let _ = line;
    }
    /// Asks for what a row's sums will be added to, at the front of `words`, to be brought into the first level cache.
    #[inline(always)]
    fn fetch_sums(self, words: &[W]) {
        let _ = words;
    }
    /// [`tile`], compiled for the instruction set.
    fn tile<const R: usize, const P: usize>(
        self,
        a: &[W::Cell],
        b: &[Line<W>],
        next: &[Line<W>],
        c: &mut [&mut [W]],
        at: usize,
    );
    /// [`tile_of_rows`](super::unfolded::tile_of_rows), compiled for the instruction set.
    fn tile_of_rows<const R: usize, const P: usize>(
        self,
        a: [&[W::Cell]; R],
        b: &[Line<W>],
        c: &mut [&mut [W]],
        at: usize,
    );
}

/// Adds `a · b` to columns `at..` of `c`, as many as there are: `a: [steps, R]` cells, `b: [steps, P]` lines,
/// `c: [R, any]`.
/// Meanwhile fetches `next`, at most `P` lines a step.
///
/// To be inlined into [`Kernel::tile`].
#[inline(always)]
pub(super) fn tile<W: Cells, K: Kernel<W>, const R: usize, const P: usize>(
    kernel: K,
    a: &[W::Cell],
    b: &[Line<W>],
    next: &[Line<W>],
    c: &mut [&mut [W]],
    at: usize,
) {
    let mut sums = [[kernel.zero(); P]; R];
    let (a, b) = (a.as_chunks::<R>().0, b.as_chunks::<P>().0);
    for c in c.iter() {
        kernel.fetch_sums(&c[at..]);
    }
    let mut next = next.chunks(P);
    for (a, b) in a.iter().zip(b) {
        for line in next.next().unwrap_or_default() {
            kernel.fetch(line);
        }
        kernel.steps(&mut sums, a, b);
    }
    add_tile(kernel, &sums, c, at);
}

/// Adds the sums of a tile to columns `at..` of `c`.
#[inline(always)]
pub(super) fn add_tile<W: Cells, K: Kernel<W>, const R: usize, const P: usize>(
    kernel: K,
    sums: &[[K::Sums; P]; R],
    c: &mut [&mut [W]],
    at: usize,
) {
    for (sums, c) in sums.iter().zip(c) {
        let mut c = &mut c[at..];
        for &sum in sums {
            let (line, rest) = c.split_at_mut(W::CELLS.min(c.len()));
            add_line(line, &kernel.cells(sum));
            c = rest;
        }
    }
}

/// Adds the first words of the cells of `line` to `c`, which may be short.
#[inline(always)]
fn add_line<W: Cells>(c: &mut [W], line: &Line<W>) {
    let line = line.0.as_ref();
    if c.len() == W::CELLS {
        // The usual case: a loop of constant length becomes a few vector instructions.
        for i in 0..W::CELLS {
            c[i] = c[i].wrapping_add(&line[i * W::GROUP]);
        }
    } else {
        for (c, cell) in c.iter_mut().zip(line.chunks_exact(W::GROUP)) {
            *c = c.wrapping_add(&cell[0]);
        }
    }
}

/// `c += a · bᵀ`: `a: [rows, inputs]`, `c: [rows, outputs]` as rows. No shape is empty.
pub(super) fn multiply_add<'b, W: Cells, K: Kernel<W>>(
    kernel: K,
    a: &[W],
    b: Panels<'b, W>,
    c: &mut [&mut [W]],
) {
    let steps = b.inputs.div_ceil(W::GROUP);
    let cell = W::GROUP * size_of::<W>();
    let line = PANEL * size_of::<Line<W>>();
    let block = (LEFT_BYTES / (c.len() * cell)).clamp(PANEL_BYTES / line, LONG_PANEL_BYTES / line);
    let rows = (LEFT_BYTES / (block * cell)).next_multiple_of(K::ROWS);
    let mut cells = Scratch::<W::Cell>::zeros(rows.min(c.len()) * block.min(steps));
    for (a, c) in a.chunks(rows * b.inputs).zip(c.chunks_mut(rows)) {
        for from in (0..steps).step_by(block) {
            let to = (from + block).min(steps);
            let cells = &mut cells[..c.len() * (to - from)];
            pack(cells, a, b.inputs, from..to, K::ROWS);
            let block = |lines: &'b [Line<W>]| {
                let width = lines.len() / steps;
                (&lines[from * width..to * width], width)
            };
            let mut panels = b.lines.chunks(PANEL * steps).map(block).peekable();
            let mut at = 0;
            while let Some((lines, width)) = panels.next() {
                let next = panels.peek().map_or(&[][..], |(lines, _)| lines);
                column(kernel, cells, lines, width, next, c, at);
                at += width * W::CELLS;
            }
        }
    }
}

/// Sets `cells` to steps `range` of the rows of A: tile by tile, in a tile step by step, in a step row by row.
fn pack<W: Cells>(mut cells: &mut [W::Cell], mut a: &[W], inputs: usize, range: Range<usize>, most: usize) {
    while !a.is_empty() {
        let rows = tile_rows(a.len() / inputs, most);
        let (tile, below) = a.split_at(rows * inputs);
        let (tile_cells, rest) = cells.split_at_mut(rows * range.len());
        match rows {
            8 => pack_tile::<W, 8>(tile_cells, tile, inputs, &range),
            4 => pack_tile::<W, 4>(tile_cells, tile, inputs, &range),
            2 => pack_tile::<W, 2>(tile_cells, tile, inputs, &range),
            _ => pack_tile::<W, 1>(tile_cells, tile, inputs, &range),
        }
        (a, cells) = (below, rest);
    }
}

/// Sets the cells of one tile.
fn pack_tile<W: Cells, const R: usize>(cells: &mut [W::Cell], a: &[W], inputs: usize, range: &Range<usize>) {
    let steps = cells.as_chunks_mut::<R>().0;
    for (index, row) in a.chunks_exact(inputs).enumerate().take(R) {
        let groups = row[range.start * W::GROUP..(range.end * W::GROUP).min(inputs)].chunks_exact(W::GROUP);
        let (whole, last) = steps.split_at_mut(groups.len());
        if let [cells] = last {
            cells[index] = W::EMPTY;
            cells[index].as_mut()[..groups.remainder().len()].copy_from_slice(groups.remainder());
        }
        for (cells, group) in whole.iter_mut().zip(groups) {
            cells[index].as_mut().copy_from_slice(group);
        }
    }
}

/// Rows of the next tile, with so many rows to go.
pub(super) fn tile_rows(rows: usize, most: usize) -> usize {
    1 << rows.min(most).ilog2()
}

/// All tiles of a panel, which meanwhile fetch the `next` one.
pub(super) fn column<W: Cells, K: Kernel<W>>(
    kernel: K,
    mut a: &[W::Cell],
    b: &[Line<W>],
    width: usize,
    mut next: &[Line<W>],
    mut c: &mut [&mut [W]],
    at: usize,
) {
    let steps = b.len() / width;
    // One row goes through the panels so fast that the CPU's own prefetching does better.
    let share = if c.len() == 1 { 0 } else { next.len().div_ceil(c.len().div_ceil(K::ROWS)) };
    while !c.is_empty() {
        let rows = tile_rows(c.len(), K::ROWS);
        let (tile, below) = a.split_at(rows * steps);
        let (sums, rest) = c.split_at_mut(rows);
        let (now, later) = next.split_at(share.min(next.len()));
        match (rows, width) {
            (8, PANEL) => kernel.tile::<8, PANEL>(tile, b, now, sums, at),
            (4, PANEL) => kernel.tile::<4, PANEL>(tile, b, now, sums, at),
            (2, PANEL) => kernel.tile::<2, PANEL>(tile, b, now, sums, at),
            (1, PANEL) => kernel.tile::<1, PANEL>(tile, b, now, sums, at),
            (8, _) => kernel.tile::<8, 1>(tile, b, now, sums, at),
            (4, _) => kernel.tile::<4, 1>(tile, b, now, sums, at),
            (2, _) => kernel.tile::<2, 1>(tile, b, now, sums, at),
            _ => kernel.tile::<1, 1>(tile, b, now, sums, at),
        }
        (a, c, next) = (below, rest, later);
    }
}
