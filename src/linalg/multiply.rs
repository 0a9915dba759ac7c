//! Products of whole matrices.

use alloc::vec::Vec;

use super::dispatch::Backend;
use super::{Packed, Product, product_add};

/// `c += a · bᵀ`, wrapping: `a: [rows, inputs]`, `b: [outputs, inputs]`, `c: [rows, outputs]`.
///
/// One row is a matrix-vector product, which takes the time of reading `b` once from memory; a few
/// rows take hardly more.
///
/// # Panics
/// If the lengths do not fit the shapes.
pub fn multiply_add<W: Product>(a: &[W], b: &Packed<W>, c: &mut [W]) {
    multiply_add_by(Backend::detect(), a, b, c);
}

/// [`multiply_add`] by the kernels of one instruction set.
pub(super) fn multiply_add_by<W: Product>(backend: Backend, a: &[W], b: &Packed<W>, c: &mut [W]) {
    let (inputs, outputs) = (b.inputs(), b.outputs());
    check(a, [outputs, inputs], c);
    if a.is_empty() || c.is_empty() {
        return;
    }
    let mut c: Vec<&mut [W]> = c.chunks_exact_mut(outputs).collect();
    #[cfg(any(test, feature = "parallel"))]
    {
        use super::word::Panels;

        let lines = (b.panels().lines, inputs.div_ceil(W::GROUP), W::CELLS);
        let add =
            |a: &[W], lines: &_, c: &mut [&mut [W]]| W::multiply_add(backend, a, Panels { inputs, lines }, c);
        if super::parallel::share_out(a, lines, &mut c, add) {
            return;
        }
    }
    W::multiply_add(backend, a, b.panels(), &mut c);
}

/// Whether these are whole rows of a product with a matrix `[outputs, inputs]`.
///
/// # Panics
/// If they are not.
pub(super) fn check<W>(a: &[W], [outputs, inputs]: [usize; 2], c: &[W]) {
    let rows = a.len().checked_div(inputs).or(c.len().checked_div(outputs)).unwrap_or(0);
    assert_eq!(a.len(), rows * inputs, "the left side is not whole rows of {inputs}");
    assert_eq!(c.len(), rows * outputs, "the product has {rows} rows of {outputs}");
}

/// `a · b`, wrapping: `a: [rows, inputs]`, `b: [inputs, outputs]`, for `shape = [rows, inputs, outputs]`.
///
/// The plain form of [`product_add`]. Where `b` is used again, pack it by [`Packed::from_columns`] and use [`multiply_add`].
///
/// # Panics
/// If the lengths do not fit the shape.
pub fn multiply<W: Product>([rows, inputs, outputs]: [usize; 3], a: &[W], b: &[W]) -> Vec<W> {
    let mut c = alloc::vec![W::zero(); rows * outputs];
    product_add(8 * size_of::<W>() as u32, [false; 2], [rows, inputs, outputs], a, b, &mut c);
    c
}
