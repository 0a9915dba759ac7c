//! The right side of a product.

use alloc::vec::Vec;
use core::fmt;

use super::Product;
use super::blocked::PANEL;
use super::word::{Line, Panels};

/// Steps of a panel that are packed for all of its rows in turn: few enough to stay in the first
/// level cache between rows.
const STRIP: usize = 64;

/// The matrix `Bᵀ` in the order in which the kernels read it, for products `A · Bᵀ`.
///
/// The rows of B, that is, the outputs, are cut into *panels*, and a panel is one run of cache lines in
/// which each step through the inputs has the cells of all outputs of the panel side by side. With
/// two words to a cell, as for `u16`:
///
/// | | output 0 | output 1 | … | output 31 |
/// | --- | --- | --- | --- | --- |
/// | step 0 | b₀₀ b₀₁ | b₁₀ b₁₁ | … | b₃₁,₀ b₃₁,₁ |
/// | step 1 | b₀₂ b₀₃ | b₁₂ b₁₃ | … | b₃₁,₂ b₃₁,₃ |
///
/// A product reads each panel from front to back. The last cell of an output and the last line of
/// the last panel are filled up with zeros: the memory is that of B, its inputs rounded up to 4 bytes
/// and its outputs to 16 (8 of `u64`, 4 of `u128`).
///
/// The words are wiped when dropped, and [`Debug`](fmt::Debug) prints the shape alone.
pub struct Packed<W: Product> {
    outputs: usize,
    inputs: usize,
    lines: Vec<Line<W>>,
}

impl<W: Product> Packed<W> {
    /// An all-zero matrix B: `[outputs, inputs]`, whose rows are to be set.
    pub fn zeros(outputs: usize, inputs: usize) -> Self {
        let lines = outputs.div_ceil(W::CELLS) * inputs.div_ceil(W::GROUP);
        Self { outputs, inputs, lines: alloc::vec![Line::default(); lines] }
    }

    /// Packs B: `[outputs, inputs]`.
    ///
    /// # Panics
    /// If `rows` has another length than `outputs · inputs`.
    pub fn from_rows(outputs: usize, inputs: usize, rows: &[W]) -> Self {
        assert_eq!(rows.len(), outputs * inputs, "the matrix is [{outputs}, {inputs}]");
        let mut packed = Self::zeros(outputs, inputs);
        packed.set_rows(0, rows);
        packed
    }

    /// Packs B given by its transpose Bᵀ: `[inputs, outputs]`, so that products are `A · Bᵀ` of what is given.
    ///
    /// # Panics
    /// If `columns` has another length than `inputs · outputs`.
    pub fn from_columns(outputs: usize, inputs: usize, columns: &[W]) -> Self {
        assert_eq!(columns.len(), inputs * outputs, "the matrix is [{inputs}, {outputs}]");
        let mut packed = Self::zeros(outputs, inputs);
        if columns.is_empty() {
            return packed;
        }
        let steps = inputs.div_ceil(W::GROUP);
        let places = packed.lines.chunks_mut(PANEL * steps).zip((0..).step_by(PANEL * W::CELLS));
        for (panel, first) in places {
            let width = panel.len() / steps;
            let last = (first + width * W::CELLS).min(outputs);
            for (lines, rows) in panel.chunks_exact_mut(width).zip(columns.chunks(W::GROUP * outputs)) {
                for (place, row) in rows.chunks_exact(outputs).enumerate() {
                    for (line, words) in lines.iter_mut().zip(row[first..last].chunks(W::CELLS)) {
                        for (cell, &word) in line.0.as_mut().chunks_exact_mut(W::GROUP).zip(words) {
                            cell[place] = word;
                        }
                    }
                }
            }
        }
        packed
    }

    /// Sets rows `first..` of B from `rows: [any, inputs]`, so that a large matrix can be packed strip by strip.
    ///
    /// # Panics
    /// If the strip is not whole rows, or reaches past the last row.
    pub fn set_rows(&mut self, first: usize, rows: &[W]) {
        self.check_strip(first, rows);
        if rows.is_empty() {
            return;
        }
        let outputs = PANEL * W::CELLS;
        let steps = self.inputs.div_ceil(W::GROUP);
        for (index, panel) in self.lines.chunks_mut(PANEL * steps).enumerate() {
            let from = (index * outputs).max(first);
            let to = ((index + 1) * outputs).min(first + rows.len() / self.inputs);
            if from < to {
                let rows = &rows[(from - first) * self.inputs..(to - first) * self.inputs];
                set_panel(panel, steps, from - index * outputs, rows, self.inputs);
            }
        }
    }

    /// Copies rows `first..` of B to `rows: [any, inputs]`: the inverse of [`set_rows`](Self::set_rows).
    ///
    /// # Panics
    /// As `set_rows`.
    pub fn copy_rows(&self, first: usize, rows: &mut [W]) {
        self.check_strip(first, rows);
        if rows.is_empty() {
            return;
        }
        let steps = self.inputs.div_ceil(W::GROUP);
        for (output, row) in (first..).zip(rows.chunks_exact_mut(self.inputs)) {
            let (panel, line) = (output / (PANEL * W::CELLS), output / W::CELLS % PANEL);
            let lines = &self.lines[panel * PANEL * steps..];
            // The last panel may have fewer lines.
            let width = (lines.len() / steps).min(PANEL);
            let place = output % W::CELLS * W::GROUP;
            for (cell, line) in row.chunks_mut(W::GROUP).zip(lines[line..].iter().step_by(width)) {
                cell.copy_from_slice(&line.0.as_ref()[place..place + cell.len()]);
            }
        }
    }

    /// Whether `rows` are rows `first..`.
    fn check_strip(&self, first: usize, rows: &[W]) {
        let count = rows.len().checked_div(self.inputs).unwrap_or(0);
        assert_eq!(rows.len(), count * self.inputs, "the strip is not whole rows of {}", self.inputs);
        assert!(
            first <= self.outputs && count <= self.outputs - first,
            "{count} rows from row {first} on reach past the last of {}",
            self.outputs
        );
    }

    /// Rows of B, columns of the product.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Columns of B and of A.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The panels, for the kernels.
    pub(super) fn panels(&self) -> Panels<'_, W> {
        Panels { inputs: self.inputs, lines: &self.lines }
    }
}

/// Sets outputs `first..` of one panel.
fn set_panel<W: Product>(panel: &mut [Line<W>], steps: usize, first: usize, rows: &[W], inputs: usize) {
    let width = panel.len() / steps;
    for (strip, lines) in panel.chunks_mut(STRIP * width).enumerate() {
        let from = strip * STRIP * W::GROUP;
        let to = (from + STRIP * W::GROUP).min(inputs);
        for (output, row) in (first..).zip(rows.chunks_exact(inputs)) {
            if width == PANEL {
                set_output::<W, PANEL>(lines, output, &row[from..to]);
            } else {
                set_output::<W, 1>(lines, output, &row[from..to]);
            }
        }
    }
}

/// Sets one output of some steps of a panel of `P` lines: `lines: [steps, P]`.
fn set_output<W: Product, const P: usize>(lines: &mut [Line<W>], output: usize, row: &[W]) {
    let (line, place) = (output / W::CELLS, output % W::CELLS * W::GROUP);
    let groups = row.chunks_exact(W::GROUP);
    let (whole, last) = lines.as_chunks_mut::<P>().0.split_at_mut(groups.len());
    if let [lines] = last {
        let rest = groups.remainder();
        lines[line].0.as_mut()[place..place + rest.len()].copy_from_slice(rest);
    }
    for (lines, group) in whole.iter_mut().zip(groups) {
        lines[line].0.as_mut()[place..place + W::GROUP].copy_from_slice(group);
    }
}

impl<W: Product> Drop for Packed<W> {
    fn drop(&mut self) {
        crate::secret::wipe(&mut self.lines);
    }
}

impl<W: Product> fmt::Debug for Packed<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed {{ outputs: {}, inputs: {} }}", self.outputs, self.inputs)
    }
}
