//! Wrapping matrix products.
//!
//! All matrices are row-major. The right side of a product is *packed* once and used often: it is
//! what the weights of a layer are.

use alloc::vec::Vec;

/// The words that have matrix kernels. Sealed.
pub trait Product: Sized {}

impl Product for u8 {}
impl Product for u16 {}
impl Product for u32 {}
impl Product for u64 {}
impl Product for u128 {}

/// The matrix `Bᵀ` in the order in which the kernels read it, for products `A · Bᵀ`.
pub struct Packed<W> {
    outputs: usize,
    inputs: usize,
    words: Vec<W>,
}

impl<W: crate::ring::Word> Packed<W> {
    /// An all-zero matrix B: `[outputs, inputs]`, whose rows are to be set.
    pub fn zeros(outputs: usize, inputs: usize) -> Self {
        Self { outputs, inputs, words: alloc::vec![W::zero(); outputs * inputs] }
    }

    /// Packs B: `[outputs, inputs]`.
    ///
    /// # Panics
    /// If `rows` has another length than `outputs · inputs`.
    pub fn from_rows(outputs: usize, inputs: usize, rows: &[W]) -> Self {
        let mut packed = Self::zeros(outputs, inputs);
        packed.set_rows(0, rows);
        packed
    }

    /// Packs the transpose of `columns: [inputs, outputs]`.
    pub fn from_columns(inputs: usize, outputs: usize, columns: &[W]) -> Self {
        let mut packed = Self::zeros(outputs, inputs);
        for i in 0..inputs {
            for o in 0..outputs {
                packed.words[o * inputs + i] = columns[i * outputs + o];
            }
        }
        packed
    }

    /// Sets rows `first..` of B from `rows: [any, inputs]`, so that a large matrix can be packed strip by strip.
    ///
    /// # Panics
    /// If the strip is not whole rows, or reaches past the last row.
    pub fn set_rows(&mut self, first: usize, rows: &[W]) {
        self.words[first * self.inputs..first * self.inputs + rows.len()].copy_from_slice(rows);
    }

    /// Rows of B, columns of the product.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Columns of B and of A.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
}

/// `c += a · bᵀ`, wrapping: `a: [rows, inputs]`, `b: [outputs, inputs]`, `c: [rows, outputs]`.
///
/// # Panics
/// If the lengths do not fit the shapes.
pub fn multiply_add<W: crate::ring::Word>(a: &[W], b: &Packed<W>, c: &mut [W]) {
    if b.inputs == 0 || b.outputs == 0 {
        return;
    }
    for (x, z) in a.chunks_exact(b.inputs).zip(c.chunks_exact_mut(b.outputs)) {
        for (row, z) in b.words.chunks_exact(b.inputs).zip(z) {
            for (&x, w) in x.iter().zip(row) {
                *z = z.wrapping_add(&x.wrapping_mul(w));
            }
        }
    }
}
