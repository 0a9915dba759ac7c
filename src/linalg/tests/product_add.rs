//! Products of two matrices that are both met once.

use alloc::vec::Vec;

use super::super::dispatch::Backend;
use super::super::product_add::product_add_by;
use super::super::{product_add, product_add_strided};
use super::{defined, on_threads, words};
use crate::ring::Word;

/// The transpose of `matrix: [rows, columns]`.
fn transpose<W: Word>(rows: usize, columns: usize, matrix: &[W]) -> Vec<W> {
    (0..columns * rows).map(|i| matrix[i % rows * columns + i / rows]).collect()
}

/// `matrix: [rows, columns]` with rows `stride` apart and junk between them, none behind the last.
fn apart<W: Word>(columns: usize, stride: usize, matrix: &[W]) -> Vec<W> {
    let mut all = Vec::new();
    for row in matrix.chunks(columns.max(1)) {
        all.resize(all.len().next_multiple_of(stride.max(1)), W::max_value());
        all.extend_from_slice(row);
    }
    all
}

/// One shape, transposed in all ways, as it lies and with words between the rows.
fn check<W: Word>(backend: Backend, bits: u32, shape: [usize; 3]) {
    let [rows, inner, columns] = shape;
    let (a, b, c) =
        (words::<W>(1, rows * inner), words::<W>(2, columns * inner), words::<W>(3, rows * columns));
    let low = |words: &[W]| -> Vec<W> { words.iter().map(|&word| word & W::mask(bits)).collect() };
    let expected = low(&defined(shape, &a, &b, &c));
    for transposed in [[false, false], [false, true], [true, false], [true, true]] {
        // `b` is `[columns, inner]`.
        let (a, a_row) = if transposed[0] { (transpose(rows, inner, &a), rows) } else { (a.clone(), inner) };
        let (b, b_row) =
            if transposed[1] { (b.clone(), inner) } else { (transpose(columns, inner, &b), columns) };
        for more in [0, 3] {
            let strides = [a_row + more, b_row + more, columns + more];
            let (a, b) = (apart(a_row, strides[0], &a), apart(b_row, strides[1], &b));
            let mut found = apart(columns, strides[2], &c);
            product_add_by(backend, transposed, shape, strides, &a, &b, &mut found);
            let mut gathered = Vec::new();
            for row in found.chunks(strides[2].max(1)) {
                gathered.extend_from_slice(&row[..columns.min(row.len())]);
                assert!(row.iter().skip(columns).all(|&word| word == W::max_value()), "words between rows");
            }
            assert!(
                low(&gathered) == expected,
                "{backend:?}, {bits} bits, {shape:?}, {transposed:?}, {strides:?}"
            );
        }
    }
}

/// The backend for products modulo 2^bits, and all of them where no bits are left out.
fn backends<W: Word>(bits: u32) -> impl Iterator<Item = Backend> {
    Backend::available().filter(move |_| bits == W::BITS).chain([Backend::modulo::<W>(bits)])
}

fn small<W: Word>(bits: u32) {
    for backend in backends::<W>(bits) {
        for rows in [0, 1, 7, 8, 17] {
            for inner in [0, 1, 3, 8, 9, 17] {
                for columns in [0, 1, 7, 9, 16, 33] {
                    check::<W>(backend, bits, [rows, inner, columns]);
                }
            }
        }
    }
}

/// Shapes beyond a block in each direction, and those around one of 64.
fn large<W: Word>(bits: u32) {
    for backend in backends::<W>(bits) {
        for shape in [[63, 64, 65], [65, 63, 64], [300, 70, 33], [9, 1100, 21], [5, 131, 600], [40, 403, 150]]
        {
            check::<W>(backend, bits, shape);
        }
    }
}

macro_rules! every_width {
    ($($word:ident: $($bits:literal)*),*) => {$(
        mod $word {
            #[test]
            fn fresh_products_of_few_are_exact() {
                for bits in [$($bits),*] {
                    super::small::<$word>(bits);
                }
            }

            #[test]
            fn fresh_products_of_many_are_exact() {
                super::on_threads(|| super::large::<$word>($word::BITS));
            }
        }
    )*};
}

every_width!(u8: 8, u16: 16, u32: 7 32, u64: 1 31 32 51 52 53 64, u128: 128);

#[test]
fn fresh_products_of_many_are_exact_modulo_fewer_bits() {
    on_threads(|| large::<u64>(52));
}

#[test]
fn columns_of_larger_matrices_are_multiplied() {
    // Two groups: c = [a₀·b₀, a₁·b₁].
    let (a, b) = ([1u64, 2, 3, 4, 5, 6, 7, 8], [1u64, 2, 3, 4]);
    let mut c = [0; 4];
    for group in 0..2 {
        let (a, b) = (&a[2 * group..], &b[2 * group..]);
        product_add_strided(52, [false, true], [2, 2, 1], [4, 2, 2], a, b, &mut c[group..]);
    }
    assert_eq!(c, [5, 25, 17, 53]);
}

#[test]
#[should_panic(expected = "the right side is [2, 3]")]
fn a_right_side_of_another_shape_is_refused() {
    product_add(32, [false; 2], [1, 2, 3], &[1u32; 2], &[1; 5], &mut [0; 3]);
}

#[test]
#[should_panic(expected = "the product is [2, 3], 4 apart, and has 6 elements")]
fn a_product_that_ends_early_is_refused() {
    product_add_strided(32, [false; 2], [2, 1, 3], [1, 3, 4], &[1u32; 2], &[1; 3], &mut [0; 6]);
}

#[test]
#[should_panic(expected = "the left side has rows of 2 elements, 1 apart")]
fn rows_that_overlap_are_refused() {
    product_add_strided(32, [false; 2], [2, 2, 1], [1, 1, 1], &[1u32; 4], &[1; 2], &mut [0; 2]);
}
