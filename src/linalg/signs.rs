//! Products with matrices of −1 and +1, a bit each.
//!
//! With signs s_j the dot product Σ s_j·x_j of n inputs has 2^n values, one for each pattern of signs. They take few additions
//! to write down as a table, and then any number of outputs look theirs up: of five inputs the 32 sums of 16 bits fill one
//! register of AVX-512, and `vpermw` looks up those of 32 outputs at once, a hundred and sixty multiplications and additions
//! by two instructions. A word has the signs of three times five inputs, so that a sign takes a bit and a fifteenth.
//!
//! This is the *method of the four Russians* (Arlazarov, Dinitz, Kronrod, Faradzhev, *On economical construction of the
//! transitive closure of a directed graph*, 1970) with tables of registers: no address depends on a sign.
//!
//! | | lane 0 | lane 1 | … | lane 31 |
//! | --- | --- | --- | --- | --- |
//! | bits 0 to 4 | output 0, inputs 0 to 4 | output 1, inputs 0 to 4 | … | output 31, inputs 0 to 4 |
//! | bits 5 to 9 | output 0, inputs 5 to 9 | … | | |
//! | bits 10 to 14 | output 0, inputs 10 to 14 | … | | |

use alloc::vec::Vec;
use core::ops::Range;

use super::Product;
use super::avx512::Avx512;
use super::word::Line;
use crate::secret::Scratch;

/// Inputs of a table.
pub(super) const TABLE: usize = 5;
/// Tables of a word.
pub(super) const TABLES: usize = 3;
/// Inputs of a word.
const STEP: usize = TABLE * TABLES;
/// Outputs of a line.
pub(super) const LANES: usize = 32;
/// Lines that are looked up together, of as many lines of outputs: each table that is loaded serves them all.
pub(super) const WIDTH: usize = 2;
/// Rows of a tile.
const ROWS: usize = 8;
/// Steps of all rows whose tables are made together: they stay in a first level cache.
const BLOCK: usize = 192;
/// With fewer outputs the tables are not worth while.
const FEWEST: usize = 256;

/// A matrix `[outputs, inputs]` of signs.
///
/// They are wiped when dropped.
pub(super) struct Signs {
    cpu: Avx512,
    outputs: usize,
    inputs: usize,
    /// `[outputs / LANES, inputs / STEP]`
    lines: Vec<Line<u16>>,
}

impl Signs {
    /// A matrix of −1 alone, whose rows are to be set; none where the CPU has no instructions for it, or words are as good.
    pub(super) fn new<W: Product>(outputs: usize, inputs: usize) -> Option<Self> {
        let cpu = Avx512::detect().filter(|_| W::short(&[]).is_some() && outputs >= FEWEST)?;
        let lines = outputs.div_ceil(LANES) * inputs.div_ceil(STEP);
        Some(Self { cpu, outputs, inputs, lines: alloc::vec![Line::default(); lines] })
    }

    /// Sets rows `first..` from rows of −1 and +1.
    pub(super) fn set_rows<W: Product>(&mut self, first: usize, rows: &[W]) {
        let Some(rows) = W::short(rows) else { return };
        let steps = self.inputs.div_ceil(STEP);
        for (output, row) in (first..).zip(rows.chunks_exact(self.inputs.max(1))) {
            let lines = &mut self.lines[output / LANES * steps..][..steps];
            for (line, signs) in lines.iter_mut().zip(row.chunks(STEP)) {
                let bits = signs.iter().rev().fold(0, |bits, &sign| bits << 1 | u16::from(sign == 1));
                line.0[output % LANES] = bits;
            }
        }
    }

    /// Copies rows `first..`, as −1 and +1: the inverse of [`set_rows`](Self::set_rows).
    pub(super) fn copy_rows<W: Product>(&self, first: usize, rows: &mut [W]) {
        let Some(rows) = W::short_mut(rows) else { return };
        let steps = self.inputs.div_ceil(STEP);
        for (output, row) in (first..).zip(rows.chunks_exact_mut(self.inputs.max(1))) {
            let lines = &self.lines[output / LANES * steps..][..steps];
            for (line, signs) in lines.iter().zip(row.chunks_mut(STEP)) {
                let bits = line.0[output % LANES];
                for (place, sign) in signs.iter_mut().enumerate() {
                    *sign = (2 * (bits >> place & 1)).wrapping_sub(1);
                }
            }
        }
    }

    /// `c += a · bᵀ`: `a: [rows, inputs]`, `c: [rows, outputs]`.
    pub(super) fn multiply_add<W: Product>(&self, a: &[W], c: &mut [W]) {
        if let (false, Some(a), Some(c)) = (a.is_empty(), W::short(a), W::short_mut(c)) {
            self.add(a, c);
        }
    }

    fn add(&self, a: &[u16], c: &mut [u16]) {
        let steps = self.inputs.div_ceil(STEP);
        let mut c: Vec<&mut [u16]> = c.chunks_exact_mut(self.outputs).collect();
        let most = c.len().min(ROWS);
        let mut tables = Scratch::<Line<u16>>::zeros(TABLES * BLOCK);
        for (a, c) in a.chunks(ROWS * self.inputs).zip(c.chunks_mut(ROWS)) {
            let block = BLOCK / most.next_power_of_two();
            for from in (0..steps).step_by(block) {
                let range = from..(from + block).min(steps);
                match c.len() {
                    8 => self.block::<8>(a, range, &mut tables, c),
                    4..8 => {
                        let (above, below) = a.split_at(4 * self.inputs);
                        let (c, rest) = c.split_at_mut(4);
                        self.block::<4>(above, range.clone(), &mut tables, c);
                        self.rows(below, range, &mut tables, rest);
                    }
                    _ => self.rows(a, range, &mut tables, c),
                }
            }
        }
    }

    /// Fewer than four rows, one by one.
    fn rows(&self, a: &[u16], range: Range<usize>, tables: &mut [Line<u16>], c: &mut [&mut [u16]]) {
        for (a, c) in a.chunks(self.inputs).zip(c.chunks_mut(1)) {
            self.block::<1>(a, range.clone(), tables, c);
        }
    }

    /// Some steps of R rows.
    fn block<const R: usize>(
        &self,
        a: &[u16],
        range: Range<usize>,
        tables: &mut [Line<u16>],
        c: &mut [&mut [u16]],
    ) {
        let tables = &mut tables.as_chunks_mut::<R>().0[..TABLES * range.len()];
        for (r, row) in a.chunks_exact(self.inputs).enumerate() {
            let inputs = range.start * STEP..(range.end * STEP).min(self.inputs);
            self.cpu.tabulate(&row[inputs], r, tables);
        }
        let steps = self.inputs.div_ceil(STEP);
        let panels = self.lines.chunks(WIDTH * steps);
        for (lines, at) in panels.zip((0..).step_by(WIDTH * LANES)) {
            let part = |line: usize| &lines[line * steps..][range.clone()];
            match lines.len() / steps {
                WIDTH => self.cpu.look_up::<R, WIDTH>(tables, [part(0), part(1)], c, at),
                _ => self.cpu.look_up::<R, 1>(tables, [part(0)], c, at),
            }
        }
    }
}

impl Drop for Signs {
    fn drop(&mut self) {
        crate::secret::wipe(&mut self.lines);
    }
}
