//! Products of two matrices that are both met once.

use alloc::vec::Vec;

use super::Product;
use super::dispatch::Backend;
use super::sides::Side;

/// `c += op(a) · op(b)`, wrapping, modulo 2^bits (above that c gets anything): op(a) is `[rows, inner]`, op(b) is `[inner, columns]`,
/// `c: [rows, columns]`, for `shape = [rows, inner, columns]`. All are row-major; op is the transposition where `transposed` says so:
///
/// | `transposed` | a | b | |
/// | --- | --- | --- | --- |
/// | `[false, false]` | `[rows, inner]` | `[inner, columns]` | a · b |
/// | `[false, true]` | `[rows, inner]` | `[columns, inner]` | a · bᵀ |
/// | `[true, false]` | `[inner, rows]` | `[inner, columns]` | aᵀ · b |
/// | `[true, true]` | `[inner, rows]` | `[columns, inner]` | aᵀ · bᵀ |
///
/// Both sides are packed for this one use, as training has it: with weights W: `[outputs, inputs]` the product of a batch X is
/// X·Wᵀ, and with the gradient G of that the gradients of X and of W are G·W and Gᵀ·X. A side that is used often is packed once by
/// [`Packed`](super::Packed).
///
/// ```
/// use ringshare::linalg::product_add;
///
/// let (a, b) = ([1u64, 2, 3, 4], [5, 6, 7, 8]);
/// let mut c = [0; 4];
/// product_add(64, [false, true], [2, 2, 2], &a, &b, &mut c);
/// assert_eq!(c, [17, 23, 39, 53]);
/// ```
///
/// # Panics
/// If the lengths do not fit the shape.
pub fn product_add<W: Product>(
    bits: u32,
    transposed: [bool; 2],
    shape: [usize; 3],
    a: &[W],
    b: &[W],
    c: &mut [W],
) {
    let [rows, inner, columns] = shape;
    assert_eq!(Some(a.len()), rows.checked_mul(inner), "the left side is [{rows}, {inner}]");
    assert_eq!(Some(b.len()), inner.checked_mul(columns), "the right side is [{inner}, {columns}]");
    assert_eq!(Some(c.len()), rows.checked_mul(columns), "the product is [{rows}, {columns}]");
    let stride = |transposed: bool, rows: usize, columns: usize| if transposed { rows } else { columns };
    let strides = [stride(transposed[0], rows, inner), stride(transposed[1], inner, columns), columns];
    product_add_strided(bits, transposed, shape, strides, a, b, c);
}

/// As [`product_add`], of matrices whose rows, as they are stored, are `strides` words apart, those of a, of b and of c: columns of
/// larger matrices, such as those of a group. Each slice is from the first element of its matrix on; what is between the rows, and
/// beyond the last, is neither read nor written.
///
/// # Panics
/// If a stride is less than a row, or a slice ends before its matrix.
pub fn product_add_strided<W: Product>(
    bits: u32,
    transposed: [bool; 2],
    shape: [usize; 3],
    strides: [usize; 3],
    a: &[W],
    b: &[W],
    c: &mut [W],
) {
    product_add_by(Backend::modulo::<W>(bits), transposed, shape, strides, a, b, c);
}

/// [`product_add_strided`] by the kernels of one instruction set.
pub(super) fn product_add_by<W: Product>(
    backend: Backend,
    transposed: [bool; 2],
    [rows, inner, columns]: [usize; 3],
    strides: [usize; 3],
    a: &[W],
    b: &[W],
    c: &mut [W],
) {
    let stored = |transposed: bool, [rows, columns]: [usize; 2]| {
        if transposed { [columns, rows] } else { [rows, columns] }
    };
    check(a.len(), stored(transposed[0], [rows, inner]), strides[0], "the left side");
    check(b.len(), stored(transposed[1], [inner, columns]), strides[1], "the right side");
    check(c.len(), [rows, columns], strides[2], "the product");
    if rows == 0 || inner == 0 || columns == 0 {
        return;
    }
    let a = Side { words: a, stride: strides[0], along: !transposed[0] };
    let b = Side { words: b, stride: strides[1], along: transposed[1] };
    let mut c: Vec<&mut [W]> = c.chunks_mut(strides[2]).take(rows).map(|row| &mut row[..columns]).collect();
    #[cfg(any(test, feature = "parallel"))]
    if super::parallel::share_out_sides(inner, a, b, &mut c, |a, b, c| {
        W::product_add(backend, inner, a, b, c)
    }) {
        return;
    }
    W::product_add(backend, inner, a, b, &mut c);
}

/// Whether a matrix fits its slice.
///
/// # Panics
/// If it does not.
fn check(len: usize, [rows, columns]: [usize; 2], stride: usize, what: &str) {
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(stride >= columns, "{what} has rows of {columns} elements, {stride} apart");
    let least = (rows - 1).checked_mul(stride).and_then(|above| above.checked_add(columns));
    assert!(
        least.is_some_and(|least| least <= len),
        "{what} is [{rows}, {columns}], {stride} apart, and has {len} elements"
    );
}
