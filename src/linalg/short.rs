//! Products modulo 2^24 of words of 32 bits.
//!
//! With a = a₀ + 2^16·a₁ and b = b₀ + 2^16·b₁, where a₀ and b₀ are signed numbers of 16 bits,
//!
//! a·b = a₀·b₀ + 2^16·(a₁·b₀ + a₀·b₁) modulo 2^24,
//!
//! and the bracket counts modulo 2^8, so that of its factors the low bytes do. VNNI multiplies and adds up two pairs of 16 bits in
//! each lane of 32 (`vpdpwssd`), and four pairs of bytes (`vpdpbusd`): four instructions for 64 products, where 32-bit words
//! take four multiplications, of two steps each, and four additions.
//!
//! Four inputs of an output are a *step* of four words, of which each is in a line of its own:
//!
//! | word | of a | of b |
//! | --- | --- | --- |
//! | 0, 1 | a₀ of inputs 0 and 1, of 2 and 3 | b₀ of inputs 0 and 1, of 2 and 3 |
//! | 2 | low bytes of a₁ | low bytes of b₀ |
//! | 3 | low bytes of a₀ | low bytes of b₁ |

use alloc::vec::Vec;

use super::Product;
use super::avx512::Vnni;
use super::blocked::{PANEL, tile_rows};
use super::word::Line;
use crate::secret::Scratch;

/// Products are right modulo 2^BITS.
pub(super) const BITS: u32 = 24;
/// Inputs of a step.
const STEP: usize = 4;
/// Outputs of a line.
const LANES: usize = 16;
/// Rows of a tile.
const ROWS: usize = 4;
/// Rows that are packed at a time.
const TALL: usize = 128;
/// Bytes of packed rows: a part of a second level cache. Of as many rows as that, so many steps of a panel fill a first level
/// cache.
const BLOCK_BYTES: usize = 128 << 10;

/// Four inputs of a row or of an output: of a row, words 2 and 3 are the other way round.
type Cell = [u32; 4];

/// Four inputs of the outputs of a line.
pub(super) type Lines = [Line<u32>; 4];

/// a₀ and a₁ as they lie in a word.
fn halves(word: u32) -> [u32; 2] {
    let low = word as i16;
    [u32::from(low as u16), word.wrapping_sub(low as u32) >> 16]
}

/// A cell of b.
fn cell(inputs: &[u32]) -> Cell {
    let mut halves_of = [[0; 2]; STEP];
    for (halves_of, &input) in halves_of.iter_mut().zip(inputs) {
        *halves_of = halves(input);
    }
    let [a, b, c, d] = halves_of;
    let bytes = |i: usize| u32::from_le_bytes([a[i] as u8, b[i] as u8, c[i] as u8, d[i] as u8]);
    [a[0] | b[0] << 16, c[0] | d[0] << 16, bytes(0), bytes(1)]
}

/// A matrix `[outputs, inputs]` for products modulo 2^24.
///
/// It is wiped when dropped.
pub(super) struct Short {
    cpu: Vnni,
    outputs: usize,
    inputs: usize,
    /// Panels of `[steps, lines of the panel]`.
    lines: Vec<Lines>,
}

impl Short {
    /// An all-zero matrix, whose rows are to be set; none where the CPU has no instructions for it, or words are as good.
    pub(super) fn new<W: Product>(outputs: usize, inputs: usize) -> Option<Self> {
        let cpu = Vnni::detect().filter(|_| W::wide(&[]).is_some())?;
        let lines = outputs.div_ceil(LANES) * inputs.div_ceil(STEP);
        Some(Self { cpu, outputs, inputs, lines: alloc::vec![[Line::default(); 4]; lines] })
    }

    /// Where the lines of an output are: the first, and from one step to the next.
    fn place(&self, output: usize) -> [usize; 2] {
        let steps = self.inputs.div_ceil(STEP);
        let (panel, line) = (output / LANES / PANEL * PANEL, output / LANES % PANEL);
        [panel * steps + line, PANEL.min(self.outputs.div_ceil(LANES) - panel)]
    }

    /// Sets rows `first..`.
    pub(super) fn set_rows<W: Product>(&mut self, first: usize, rows: &[W]) {
        let Some(rows) = W::wide(rows) else { return };
        for (output, row) in (first..).zip(rows.chunks_exact(self.inputs.max(1))) {
            let [start, step] = self.place(output);
            for (lines, inputs) in self.lines[start..].iter_mut().step_by(step).zip(row.chunks(STEP)) {
                for (line, word) in lines.iter_mut().zip(cell(inputs)) {
                    line.0[output % LANES] = word;
                }
            }
        }
    }

    /// Copies rows `first..`, modulo 2^24.
    pub(super) fn copy_rows<W: Product>(&self, first: usize, rows: &mut [W]) {
        let Some(rows) = W::wide_mut(rows) else { return };
        for (output, row) in (first..).zip(rows.chunks_exact_mut(self.inputs.max(1))) {
            let [start, step] = self.place(output);
            for (lines, inputs) in self.lines[start..].iter().step_by(step).zip(row.chunks_mut(STEP)) {
                let [low, other, _, high] = [0, 1, 2, 3].map(|word| lines[word].0[output % LANES]);
                for (place, input) in inputs.iter_mut().enumerate() {
                    let half = [low, other][place / 2] >> (place % 2 * 16);
                    let top = (high >> (place * 8)) << 16;
                    *input = (half as u16 as i16 as u32).wrapping_add(top) & ((1 << BITS) - 1);
                }
            }
        }
    }

    /// `c += a · bᵀ` modulo 2^24: `a: [rows, inputs]`, `c: [rows, outputs]`.
    pub(super) fn multiply_add<W: Product>(&self, a: &[W], c: &mut [W]) {
        let (false, Some(a), Some(c)) = (a.is_empty() || c.is_empty(), W::wide(a), W::wide_mut(c)) else {
            return;
        };
        let mut c: Vec<&mut [u32]> = c.chunks_exact_mut(self.outputs).collect();
        #[cfg(any(test, feature = "parallel"))]
        {
            let lines = (&self.lines[..], self.inputs.div_ceil(STEP), LANES);
            if super::parallel::share_out(a, lines, &mut c, |a, lines, c| self.add(a, lines, c)) {
                return;
            }
        }
        self.add(a, &self.lines, &mut c);
    }

    /// Adds the product with the outputs of `lines`, whole panels, to as many columns.
    fn add(&self, a: &[u32], lines: &[Lines], c: &mut [&mut [u32]]) {
        let steps = self.inputs.div_ceil(STEP);
        let rows = c.len().min(TALL);
        let block = (BLOCK_BYTES / (rows * size_of::<Cell>())).min(steps);
        let mut cells = Scratch::<Cell>::zeros(rows * block);
        for (a, c) in a.chunks(TALL * self.inputs).zip(c.chunks_mut(TALL)) {
            for from in (0..steps).step_by(block) {
                let to = (from + block).min(steps);
                let cells = &mut cells[..c.len() * (to - from)];
                for (cells, row) in cells.chunks_exact_mut(to - from).zip(a.chunks_exact(self.inputs)) {
                    self.cpu.pack_cells(&row[from * STEP..self.inputs.min(to * STEP)], cells);
                }
                let panels = lines.chunks(PANEL * steps).zip((0..).step_by(PANEL * LANES));
                for (panel, at) in panels {
                    let width = panel.len() / steps;
                    self.column(cells, to - from, &panel[from * width..to * width], width, c, at);
                }
            }
        }
    }

    /// All tiles of a panel: `a: [rows, steps]`, `b: [steps, width]`.
    fn column(
        &self,
        mut a: &[Cell],
        steps: usize,
        b: &[Lines],
        width: usize,
        mut c: &mut [&mut [u32]],
        at: usize,
    ) {
        while !c.is_empty() {
            let rows = tile_rows(c.len(), ROWS);
            let (tile, below) = a.split_at(rows * steps);
            let (sums, rest) = c.split_at_mut(rows);
            let row = |i: usize| &tile[i * steps..][..steps];
            match (rows, width) {
                (4, PANEL) => self.cpu.tile_of_cells::<4, PANEL>(core::array::from_fn(row), b, sums, at),
                (2, PANEL) => self.cpu.tile_of_cells::<2, PANEL>(core::array::from_fn(row), b, sums, at),
                (1, PANEL) => self.cpu.tile_of_cells::<1, PANEL>(core::array::from_fn(row), b, sums, at),
                (4, _) => self.cpu.tile_of_cells::<4, 1>(core::array::from_fn(row), b, sums, at),
                (2, _) => self.cpu.tile_of_cells::<2, 1>(core::array::from_fn(row), b, sums, at),
                _ => self.cpu.tile_of_cells::<1, 1>(core::array::from_fn(row), b, sums, at),
            }
            (a, c) = (below, rest);
        }
    }
}

impl Drop for Short {
    fn drop(&mut self) {
        crate::secret::wipe(self.lines.as_flattened_mut());
    }
}
