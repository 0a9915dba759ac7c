//! Matrix products in single precision.
//!
//! Z += X·Wᵀ. W is packed into *panels* of 16 rows, input by input, so that a vector holds an input's weights of a whole
//! panel. A *tile* of Z, six rows by a panel, stays in registers while the kernel walks through a block of the inputs,
//! and the panel's block stays in the first level cache for all tiles. Sums are thus formed block by block, which loses
//! less precision than one running sum. Sums of integers below 2^24 are exact in any order.

use alloc::vec::Vec;
use core::ops::Range;

use crate::nn::op::Weight;
use crate::simd::wide;

/// Rows of W in a panel.
const LANES: usize = 16;
/// Rows of a tile: six by 16 fill the sixteen vectors of AVX2, with the two of W and one of X.
const ROWS: usize = 6;
/// Inputs of a block: 16 KB of a panel.
const BLOCK: usize = 256;

/// Some rows of W as the kernel reads them.
pub(in crate::nn) struct Panels {
    inputs: usize,
    outputs: usize,
    /// Panel by panel, in a panel input by input; what is beyond the last row is 0.
    lanes: Vec<[f32; LANES]>,
}

impl Panels {
    /// Packs rows `range` of W, each of `inputs` elements, at least one.
    pub(in crate::nn) fn new(weight: &Weight, inputs: usize, range: Range<usize>) -> Self {
        let mut lanes = alloc::vec![[0.; LANES]; range.len().div_ceil(LANES) * inputs];
        let mut row = alloc::vec![0.; inputs];
        for (output, number) in range.clone().enumerate() {
            weight.row(number, &mut row);
            let panel = &mut lanes[output / LANES * inputs..][..inputs];
            panel.iter_mut().zip(&row).for_each(|(lanes, &w)| lanes[output % LANES] = w);
        }
        Self { inputs, outputs: range.len(), lanes }
    }

    /// Adds X·Wᵀ to Z, for X: `[rows, inputs]` and rows of Z that lie `stride` elements apart.
    pub(in crate::nn) fn multiply_add(&self, x: &[f32], z: &mut [f32], stride: usize) {
        for (number, panel) in self.lanes.chunks_exact(self.inputs).enumerate() {
            let at = number * LANES;
            add_panel(x, panel, &mut z[at..], stride, LANES.min(self.outputs - at));
        }
    }
}

wide! {
    /// Adds the product with one panel to the first `width` columns of Z.
    fn add_panel(x: &[f32], panel: &[[f32; LANES]], z: &mut [f32], stride: usize, width: usize) {
        let inputs = panel.len();
        for (number, block) in panel.chunks(BLOCK).enumerate() {
            let from = number * BLOCK;
            let mut left = x;
            let mut at = 0;
            while !left.is_empty() {
                let rows = left.len() / inputs;
                if rows >= ROWS {
                    add_tile::<ROWS>(&left[from..], inputs, block, &mut z[at..], stride, width);
                    (left, at) = (&left[ROWS * inputs..], at + ROWS * stride);
                } else {
                    add_tile::<1>(&left[from..], inputs, block, &mut z[at..], stride, width);
                    (left, at) = (&left[inputs..], at + stride);
                }
            }
        }
    }
}

/// Adds the product of R rows, `inputs` elements apart, with a block of a panel.
#[inline(always)]
fn add_tile<const R: usize>(
    x: &[f32],
    inputs: usize,
    block: &[[f32; LANES]],
    z: &mut [f32],
    stride: usize,
    width: usize,
) {
    // Plain loops: a closure that the compiler does not inline hides the lengths, and with them the vectors.
    let mut rows = [&x[..0]; R];
    for row in 0..R {
        rows[row] = &x[row * inputs..][..block.len()];
    }
    let mut sums = [[0.; LANES]; R];
    for input in 0..block.len() {
        let w = block[input];
        for row in 0..R {
            let x = rows[row][input];
            for lane in 0..LANES {
                sums[row][lane] += x * w[lane];
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        z[row * stride..][..width].iter_mut().zip(sums).for_each(|(z, sum)| *z += sum);
    }
}

/// Adds b after the product, so that integers z give the exact sign of z + b whatever b is.
pub(in crate::nn) fn add_bias(z: &mut [f32], bias: &[f32]) {
    for z in z.chunks_exact_mut(bias.len()) {
        z.iter_mut().zip(bias).for_each(|(z, bias)| *z += bias);
    }
}
