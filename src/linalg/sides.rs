//! Products of two matrices that are both met once: each side is packed block by block, just before it is used.
//!
//! With both sides fresh, packing is a part of every product, and it is read once or twice. So a block of B is packed that stays in
//! the second level cache with the block of A, and all blocks of A below one another use it:
//!
//! for a strip of columns, for a block of inputs: pack B; for a block of rows: pack A; for each panel: all tiles.
//!
//! This is the order of loops of Goto and van de Geijn (*Anatomy of high-performance matrix multiplication*, 2008). Tiles, panels
//! and the innermost steps are those of [`blocked`](super::blocked).
//!
//! To pack a side is to bring its *places* (rows of A, columns of B) side by side, for one step through the inputs after the
//! other. Where they are neighbours in memory, that is a copy; where the inputs are, a transposition.

use core::ops::Range;

use super::blocked::{Kernel, LEFT_BYTES, LONG_PANEL_BYTES, PANEL, PANEL_BYTES, column, tile_rows};
use super::word::{Cells, Line};
#[cfg(target_arch = "x86_64")]
use super::{avx2::fetch, avx512::Avx512};
use crate::secret::Scratch;

/// Bytes of a block of B: half of a second level cache.
const RIGHT_BYTES: usize = 512 << 10;
/// Bytes of a line.
const LINE: usize = 64;
/// Steps and places that are transposed at a time.
pub(super) const RUN: usize = 8;

/// A side of a product as it lies in memory.
#[derive(Clone, Copy)]
pub struct Side<'a, W> {
    /// From the first element to the last.
    pub(super) words: &'a [W],
    /// From one row of the matrix, as it lies there, to the next.
    pub(super) stride: usize,
    /// A row of it is the inputs of a place, and not the places of an input.
    pub(super) along: bool,
}

impl<'a, W> Side<'a, W> {
    /// The side from a place on.
    #[cfg(any(test, feature = "parallel"))]
    pub(super) fn skip(self, places: usize) -> Self {
        let words = &self.words[places * if self.along { self.stride } else { 1 }..];
        Self { words, ..self }
    }

    /// Inputs `inputs` of a place, whose inputs are neighbours.
    #[inline(always)]
    fn row(self, place: usize, inputs: &Range<usize>) -> &'a [W] {
        &self.words[place * self.stride..][inputs.clone()]
    }
}

/// `c += a · b`: a of `[rows, inner]`, b of `[inner, columns]`, `c: [rows, columns]` as rows. No shape is empty.
pub(super) fn product_add<W: Cells, K: Kernel<W>>(
    kernel: K,
    inner: usize,
    a: Side<'_, W>,
    b: Side<'_, W>,
    c: &mut [&mut [W]],
) {
    let (rows, columns, steps) = (c.len(), c[0].len(), inner.div_ceil(W::GROUP));
    let cell = W::GROUP * size_of::<W>();
    let block = block([rows, steps, columns.div_ceil(W::CELLS)], cell);
    let tall = even(rows, (LEFT_BYTES / (block * cell)).max(1)).next_multiple_of(K::ROWS).min(rows);
    let panel = PANEL * W::CELLS;
    let broad = even(columns.div_ceil(panel), (RIGHT_BYTES / (block * PANEL * LINE)).max(1)) * panel;
    let mut cells = Scratch::<W::Cell>::zeros(tall * block);
    let mut lines = Scratch::<Line<W>>::zeros(broad.min(columns).div_ceil(W::CELLS) * block);
    for first in (0..columns).step_by(broad) {
        let places = first..columns.min(first + broad);
        for from in (0..steps).step_by(block) {
            let steps = block.min(steps - from);
            let inputs = from * W::GROUP..inner.min((from + steps) * W::GROUP);
            let lines = &mut lines[..places.len().div_ceil(W::CELLS) * steps];
            pack_lines(b, places.clone(), inputs.clone(), lines);
            for (c, above) in c.chunks_mut(tall).zip((0..).step_by(tall)) {
                let cells = &mut cells[..c.len() * steps];
                pack_cells(a, above..above + c.len(), inputs.clone(), K::ROWS, cells);
                for (lines, at) in lines.chunks(PANEL * steps).zip((first..).step_by(panel)) {
                    column(kernel, cells, lines, lines.len() / steps, &[], c, at);
                }
            }
        }
    }
}

/// Steps of a block, for `[rows, steps, lines]` of C.
///
/// So many that a panel is one and a half first level caches: it is read from the second level without a stall, and C is read and
/// written less often. With few rows more, as in [`blocked`](super::blocked). Somewhat fewer where all columns of a block of B then
/// fit: B is read in whole rows, and A is packed once.
fn block([rows, steps, lines]: [usize; 3], cell: usize) -> usize {
    let [least, longest] = [PANEL_BYTES, LONG_PANEL_BYTES].map(|bytes| bytes / (PANEL * LINE));
    let most = (LEFT_BYTES / (rows * cell)).clamp(least, longest) * 3 / 2;
    let fit = RIGHT_BYTES / (lines * LINE);
    even(steps, if (least / 2..most).contains(&fit) { fit } else { most })
}

/// Parts of `all` that are as long as one another, as far as may be, and no longer than `most`.
fn even(all: usize, most: usize) -> usize {
    all.div_ceil(all.div_ceil(most))
}

/// Sets the cells of rows `places` of A: tile by tile, in a tile step by step, in a step row by row.
fn pack_cells<W: Cells>(
    side: Side<'_, W>,
    places: Range<usize>,
    inputs: Range<usize>,
    most: usize,
    cells: &mut [W::Cell],
) {
    let steps = inputs.len().div_ceil(W::GROUP);
    let (mut cells, mut first) = (cells, places.start);
    while first < places.end {
        let rows = tile_rows(places.end - first, most);
        let (tile, rest) = cells.split_at_mut(rows * steps);
        let places = first..first + rows;
        match rows {
            8 => pack(side, places, &inputs, rows, tile.as_chunks_mut::<8>().0, |step| W::words_of(step)),
            4 => pack(side, places, &inputs, rows, tile.as_chunks_mut::<4>().0, |step| W::words_of(step)),
            2 => pack(side, places, &inputs, rows, tile.as_chunks_mut::<2>().0, |step| W::words_of(step)),
            _ => pack(side, places, &inputs, rows, tile.as_chunks_mut::<1>().0, |step| W::words_of(step)),
        }
        (cells, first) = (rest, first + rows);
    }
}

/// Sets the lines of columns `places` of B: panel by panel, as in [`Packed`](super::Packed).
fn pack_lines<W: Cells>(
    side: Side<'_, W>,
    places: Range<usize>,
    inputs: Range<usize>,
    lines: &mut [Line<W>],
) {
    let steps = inputs.len().div_ceil(W::GROUP);
    let panels = lines.chunks_mut(PANEL * steps).zip(places.clone().step_by(PANEL * W::CELLS));
    for (panel, first) in panels {
        let width = panel.len() / steps;
        for line in 0..width {
            let first = first + line * W::CELLS;
            let places = first..places.end.min(first + W::CELLS);
            if width == PANEL {
                let panel = panel.as_chunks_mut::<PANEL>().0;
                pack(side, places, &inputs, PANEL * W::CELLS, panel, |step| step[line].0.as_mut());
            } else {
                pack(side, places, &inputs, PANEL * W::CELLS, panel, |step| step.0.as_mut());
            }
        }
    }
}

/// Sets the cells of some places, in each step to what `words` finds in it: as many cells, or more, of which the last are anything.
/// Meanwhile fetches what lies `ahead` places further.
fn pack<W: Cells, T>(
    side: Side<'_, W>,
    places: Range<usize>,
    inputs: &Range<usize>,
    ahead: usize,
    steps: &mut [T],
    words: impl Fn(&mut T) -> &mut [W],
) {
    let last = inputs.len() % W::GROUP;
    if last > 0
        && let Some(step) = steps.last_mut()
    {
        // Nothing is where inputs would be that there are not.
        words(step).fill(W::zero());
    }
    if side.along {
        for (first, at) in places.clone().step_by(RUN).zip((0..).step_by(RUN)) {
            if places.end - first >= RUN {
                let rows = core::array::from_fn(|i| side.row(first + i, inputs));
                let last = (side.words.len() - inputs.end) / side.stride;
                let next = core::array::from_fn(|i| side.row((first + RUN + i).min(last), inputs));
                transpose(rows, next, at, steps, &words);
            } else {
                (first..places.end)
                    .zip(at..)
                    .for_each(|(place, at)| spread(side.row(place, inputs), at, steps, &words));
            }
        }
        return;
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = ahead;
    for (step, first) in steps.iter_mut().zip(inputs.clone().step_by(W::GROUP)) {
        let step = words(step);
        for (input, at) in (first..inputs.end.min(first + W::GROUP)).zip(0..) {
            let from = input * side.stride + places.start;
            let row = &side.words[from..from + places.len()];
            #[cfg(target_arch = "x86_64")]
            side.words.get(from + ahead).into_iter().for_each(fetch);
            if row.len() == step.len() / W::GROUP {
                // The usual case: a loop of constant length.
                for place in 0..step.len() / W::GROUP {
                    step[place * W::GROUP + at] = row[place];
                }
            } else {
                for (cell, &word) in step.chunks_exact_mut(W::GROUP).zip(row) {
                    cell[at] = word;
                }
            }
        }
    }
}

/// Sets cells `at..` of the steps from as many rows of inputs.
fn transpose<W: Cells, T>(
    rows: [&[W]; RUN],
    next: [&[W]; RUN],
    at: usize,
    steps: &mut [T],
    words: impl Fn(&mut T) -> &mut [W],
) {
    #[cfg(target_arch = "x86_64")]
    let done = Avx512::detect().map_or(0, |cpu| {
        cpu.transpose(rows, next, steps, |step| &mut words(step)[at * W::GROUP..][..RUN * W::GROUP])
    });
    #[cfg(not(target_arch = "x86_64"))]
    let (done, _) = (0, next);
    for (row, at) in rows.iter().zip(at..) {
        spread(&row[done * W::GROUP..], at, &mut steps[done..], &words);
    }
}

/// Sets cell `at` of the steps from a row of inputs.
fn spread<W: Cells, T>(row: &[W], at: usize, steps: &mut [T], words: impl Fn(&mut T) -> &mut [W]) {
    for (step, group) in steps.iter_mut().zip(row.chunks(W::GROUP)) {
        words(step)[at * W::GROUP..][..group.len()].copy_from_slice(group);
    }
}
