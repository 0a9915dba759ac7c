//! Loops over a block of values: pure, with no secret-dependent access.

use alloc::vec::Vec;

use super::shape::{BLOCK, Shape};
use crate::ring::Word;
use crate::secret::Scratch;
use crate::simd::wide;

/// Public words W_j as bits, for parities: bit i of plane b is bit b of W_{−i}.
pub(super) struct Planes {
    index: u32,
    /// Words of a plane.
    words: usize,
    /// `[planes, words]`
    planes: Vec<u64>,
}

impl Planes {
    pub(super) fn new(tables: &[Vec<u64>; 3], shape: &Shape) -> Self {
        let words = shape.unit().words;
        let mut planes = Vec::new();
        for (table, &width) in tables.iter().zip(&shape.widths) {
            for bit in 0..width {
                let start = planes.len();
                planes.resize(start + words, 0);
                for (j, word) in table.iter().enumerate() {
                    let i = j.wrapping_neg() & (table.len() - 1);
                    planes[start + i / 64] |= (word >> bit & 1) << (i % 64);
                }
            }
        }
        Self { index: shape.index, words, planes }
    }

    /// Words of the bits of a block.
    pub(super) fn block(&self) -> usize {
        self.planes.len() / self.words * (BLOCK / 64)
    }

    /// The bits of W_{c − h} of every value, where `rows` are unit vectors set at h and `indices` c, into words `at..` of all
    /// planes, by way of `block`.
    pub(super) fn look_up(
        &self,
        rows: &[u64],
        indices: &[u32],
        at: usize,
        block: &mut [u64],
        out: &mut [Scratch<u64>],
    ) {
        block.fill(0);
        parities(&self.planes, self.words, self.index, rows, indices, block);
        let count = indices.len().div_ceil(64);
        for (out, block) in out.iter_mut().zip(block.chunks_exact(BLOCK / 64)) {
            out[at..at + count].copy_from_slice(&block[..count]);
        }
    }
}

wide! {
    /// Of every row turned down by its index: the parities with all planes, `[planes, BLOCK / 64]`.
    fn parities(
        planes: &[u64],
        words: usize,
        index: u32,
        rows: &[u64],
        indices: &[u32],
        out: &mut [u64],
    ) {
        let mut turned = [0u64; 64];
        for (v, (row, &c)) in rows.chunks_exact(words).zip(indices).enumerate() {
            if words == 1 {
                // Shares of shorter vectors have anything above.
                let (size, row) = (1u32 << index, row[0] & u64::mask(1 << index));
                turned[0] = row >> c | row.checked_shl(size - c).unwrap_or(0);
            } else {
                let (whole, part) = (c as usize / 64, c % 64);
                for (k, turned) in turned[..words].iter_mut().enumerate() {
                    let [near, far] = [k + whole, k + whole + 1].map(|k| row[k & (words - 1)]);
                    *turned = near >> part | (far << 1) << (63 - part);
                }
            }
            let turned = &turned[..words];
            for (plane, out) in planes.chunks_exact(words).zip(out.chunks_exact_mut(BLOCK / 64)) {
                let common = plane.iter().zip(turned).fold(0, |all, (plane, row)| all ^ plane & row);
                out[v / 64] |= u64::from(common.count_ones() & 1) << (v % 64);
            }
        }
        turned.fill(0);
    }
}

/// The bit of every row at its public index.
pub(super) fn bit_at(rows: &[u64], indices: &[u32], words: usize, out: &mut [u64]) {
    for (v, (row, &c)) in rows.chunks_exact(words).zip(indices).enumerate() {
        out[v / 64] |= (row[c as usize / 64] >> (c % 64) & 1) << (v % 64);
    }
}

wide! {
    /// Vectors of which bit h is set alone; or, of which those below it are.
    pub(super) fn unit_vectors(h: &[u32], words: usize, below: bool, out: &mut [u64]) {
        for (&h, row) in h.iter().zip(out.chunks_exact_mut(words)) {
            for (k, row) in row.iter_mut().enumerate() {
                // All ones where h is in this word, or in a later one.
                let distance = i64::from(h >> 6) - k as i64;
                let here = !((distance | -distance) >> 63) as u64;
                let later = (-distance >> 63) as u64;
                let bit = 1u64 << (h & 63);
                *row = if below { (bit.wrapping_sub(1) & here) | later } else { bit & here };
            }
        }
    }
}

/// A mask of all ones where bit i is set.
#[inline(always)]
fn mask_of<W: Word>(bits: &[u64], i: usize) -> W {
    W::zero().wrapping_sub(&W::truncate64(bits[i / 64] >> (i % 64) & 1))
}

/// x, or whole − x where the mask is set.
#[inline(always)]
fn flipped<W: Word>(mask: W, x: W, whole: W) -> W {
    (x ^ mask).wrapping_sub(&mask).wrapping_add(&(whole & mask))
}

wide! {
    /// Y·a − b.
    pub(super) fn distance<W: Word>(y: &[W], a: &[W], b: &[W], out: &mut [W]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = y[i].wrapping_mul(&a[i]).wrapping_sub(&b[i]);
        }
    }
}

wide! {
    /// x, or whole − x where the bit is not set.
    pub(super) fn where_set<W: Word>(bits: &[u64], whole: &[W], x: &mut [W]) {
        for (i, x) in x.iter_mut().enumerate() {
            *x = flipped(!mask_of::<W>(bits, i), *x, whole[i]);
        }
    }
}

wide! {
    /// Adds x, or whole − x where the bit is set, times 2^up.
    pub(super) fn add_bit<W: Word>(bits: &[u64], x: &[W], whole: &[W], up: u32, sum: &mut [W]) {
        for (i, sum) in sum.iter_mut().enumerate() {
            let value = flipped(mask_of::<W>(bits, i), x[i], whole[i]);
            *sum = sum.wrapping_add(&(value << up as usize));
        }
    }
}
