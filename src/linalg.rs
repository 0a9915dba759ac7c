//! Wrapping matrix products.
//!
//! A product of matrices over Z_2^k is a sum of products of words, all of which may wrap:
//! reduction modulo 2^w of a w-bit word, w ≥ k, is a homomorphism, so nothing has to be carried
//! into wider words. So these products are exact, and as cheap as those of floating point numbers
//! of the same size.
//!
//! All matrices are row-major. The right side of a product is *packed* once and used often: it is
//! what the weights of a layer are. [`Packed`] holds it in the order in which the kernels read it;
//! [`multiply_add`] multiplies by it; [`multiply`] is for two matrices that are met once. [`Filters`] are
//! weights in groups, and multiply rows or, through a [`Window`], images.
//!
//! The instruction set is chosen at run time: AVX-512 with or without VNNI, AVX2, or what the
//! compiler makes of portable code. All of them run the same blocked algorithm, with different
//! innermost steps. With the feature `parallel`, large products are split among the threads
//! of the current rayon pool; the results are the same, bit for bit.
//!
//! Running times depend on shapes alone, never on values.

mod blocked;
mod depthwise;
mod dispatch;
mod filters;
mod gather;
mod packed;
mod portable;
mod unfold;
mod unfolded;
mod window;
mod word;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(feature = "parallel")]
mod parallel;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crate::ring::Word;
use dispatch::Backend;

pub use filters::Filters;
pub use packed::Packed;
pub use window::{Window, WindowError};
pub use word::Product;

/// `c += a · bᵀ`, wrapping: `a: [rows, inputs]`, `b: [outputs, inputs]`, `c: [rows, outputs]`.
///
/// One row is a matrix-vector product, which takes the time of reading `b` once from memory; a few
/// rows take hardly more.
///
/// # Panics
/// If the lengths do not fit the shapes.
pub fn multiply_add<W: Word>(a: &[W], b: &Packed<W>, c: &mut [W]) {
    multiply_add_by(Backend::detect(), a, b, c);
}

/// [`multiply_add`] by the kernels of one instruction set.
fn multiply_add_by<W: Word>(backend: Backend, a: &[W], b: &Packed<W>, c: &mut [W]) {
    let (inputs, outputs) = (b.inputs(), b.outputs());
    let rows = a.len().checked_div(inputs).or(c.len().checked_div(outputs)).unwrap_or(0);
    assert_eq!(a.len(), rows * inputs, "the left side is not whole rows of {inputs}");
    assert_eq!(c.len(), rows * outputs, "the product has {rows} rows of {outputs}");
    if a.is_empty() || c.is_empty() {
        return;
    }
    let mut c: Vec<&mut [W]> = c.chunks_exact_mut(outputs).collect();
    #[cfg(feature = "parallel")]
    parallel::multiply_add(backend, a, b.panels(), &mut c);
    #[cfg(not(feature = "parallel"))]
    W::multiply_add(backend, a, b.panels(), &mut c);
}

/// Asks the CPU to bring `bytes` near, if it is one that can be asked.
#[inline(always)]
pub(crate) fn fetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    bytes.chunks(64).for_each(|line| avx2::fetch(&line[0]));
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// `a · b`, wrapping: `a: [rows, inputs]`, `b: [inputs, outputs]`, for `shape = [rows, inputs, outputs]`.
///
/// Packs `b` for this one use. Where it is used again, pack it by [`Packed::from_columns`] and use
/// [`multiply_add`].
///
/// # Panics
/// If the lengths do not fit the shape.
pub fn multiply<W: Word>([rows, inputs, outputs]: [usize; 3], a: &[W], b: &[W]) -> Vec<W> {
    assert_eq!(a.len(), rows * inputs, "the left side is [{rows}, {inputs}]");
    let mut c = alloc::vec![W::zero(); rows * outputs];
    multiply_add(a, &Packed::from_columns(outputs, inputs, b), &mut c);
    c
}
