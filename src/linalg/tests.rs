//! Every kernel against the product as it is defined.

mod product_add;

use alloc::vec::Vec;

use super::dispatch::Backend;
use super::multiply::multiply_add_by;
use super::{Filters, Packed, Window, multiply, multiply_add};
use crate::ring::Word;

/// Runs a test on one thread and on three, which share the larger products out.
fn on_threads(test: impl Fn() + Sync) {
    for threads in [1, 3] {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(&test);
    }
}

/// Words with all bits in play, different for each seed.
fn words<W: Word>(seed: u64, count: usize) -> Vec<W> {
    let mut state = u128::from(seed) << 64 | 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state =
            state.wrapping_mul(0xda94_2042_e4dd_58b5).wrapping_add(0x5851_f42d_4c95_7f2d_1405_7b7e_f767_814f);
        W::truncate(state ^ state >> 67)
    };
    (0..count).map(|_| next()).collect()
}

/// `c + a · bᵀ`.
fn defined<W: Word>([rows, inputs, outputs]: [usize; 3], a: &[W], b: &[W], c: &[W]) -> Vec<W> {
    let mut c = c.to_vec();
    for i in 0..rows {
        for j in 0..outputs {
            let (a, b) = (&a[i * inputs..][..inputs], &b[j * inputs..][..inputs]);
            let sum = a.iter().zip(b).fold(W::zero(), |sum, (a, b)| sum.wrapping_add(&a.wrapping_mul(b)));
            c[i * outputs + j] = c[i * outputs + j].wrapping_add(&sum);
        }
    }
    c
}

/// Checks one shape, with B packed in strips of `strip` rows.
fn check<W: Word>(backend: Backend, shape: [usize; 3], strip: usize) {
    let [rows, inputs, outputs] = shape;
    let (a, b) = (words::<W>(1, rows * inputs), words::<W>(2, outputs * inputs));
    let mut c = words::<W>(3, rows * outputs);
    let expected = defined(shape, &a, &b, &c);
    let mut packed = Packed::zeros(outputs, inputs);
    for first in (0..outputs).step_by(strip) {
        packed.set_rows(first, &b[first * inputs..(first + strip).min(outputs) * inputs]);
    }
    multiply_add_by(backend, &a, &packed, &mut c);
    assert!(c == expected, "{backend:?}, {} bits, {shape:?}, strips of {strip}", W::BITS);
}

/// Small shapes: all of the tails, and none of the blocks.
fn small<W: Word>(backend: Backend) {
    for rows in [0, 1, 2, 3, 5, 7, 8, 9, 15, 17] {
        for inputs in [0, 1, 2, 3, 4, 5, 7, 31] {
            for outputs in [0, 1, 3, 10, 16, 17, 31, 32, 33, 47, 67] {
                check::<W>(backend, [rows, inputs, outputs], outputs.max(1));
            }
        }
    }
}

/// Shapes beyond one block of inputs, of rows, and of both; and what a long row takes with few rows.
fn large<W: Word>(backend: Backend) {
    for shape in [
        [3, 1031, 37],
        [13, 2053, 19],
        [1031, 17, 5],
        [521, 521, 11],
        [9, 257, 301],
        [1, 70001, 3],
        [6, 12289, 3],
    ] {
        check::<W>(backend, shape, 7);
    }
}

/// Rows come back as they were set, whole and in strips, those of the others untouched.
fn read_back<W: Word>() {
    for (height, groups) in [(0, 1), (1, 1), (33, 1), (67, 1), (130, 1), (1, 5), (3, 4), (40, 3)] {
        for inputs in [0, 1, 2, 3, 4, 5, 7, 31, 300] {
            let outputs = height * groups;
            let rows = words::<W>(5, outputs * inputs);
            let filters = Filters::from_rows(outputs, inputs, groups, &rows);
            for strip in [1, 7, outputs.max(1)] {
                let mut found = alloc::vec![W::zero(); rows.len()];
                for first in (0..outputs).step_by(strip) {
                    let last = (first + strip).min(outputs);
                    filters.copy_rows(first, &mut found[first * inputs..last * inputs]);
                }
                assert!(found == rows, "{} bits, [{outputs}, {inputs}] in {groups}", W::BITS);
            }
            filters.copy_rows(outputs, &mut []);
        }
    }
}

macro_rules! every_backend {
    ($($word:ident)*) => {$(
        mod $word {
            use super::*;

            #[test]
            fn rows_are_read_back_as_they_were_set() {
                read_back::<$word>();
            }

            #[test]
            fn small_products_are_exact() {
                Backend::available().for_each(small::<$word>);
            }

            #[test]
            fn large_products_are_exact() {
                on_threads(|| Backend::available().for_each(large::<$word>));
            }

            #[test]
            fn strips_of_any_height_pack_the_same() {
                for strip in [1, 2, 5, 16, 31, 33, 64] {
                    check::<$word>(Backend::detect(), [3, 29, 83], strip);
                }
            }

            #[test]
            fn rows_may_be_set_again() {
                let (old, new) = (words::<$word>(4, 40 * 131), words::<$word>(5, 40 * 131));
                let mut packed = Packed::from_rows(40, 131, &old);
                packed.set_rows(17, &new[17 * 131..21 * 131]);
                let b = [&old[..17 * 131], &new[17 * 131..21 * 131], &old[21 * 131..]].concat();
                let a = words::<$word>(6, 2 * 131);
                let mut c = alloc::vec![0; 80];
                multiply_add(&a, &packed, &mut c);
                assert_eq!(c, defined([2, 131, 40], &a, &b, &[0; 80]));
            }

            #[test]
            fn products_of_unpacked_matrices_are_exact() {
                for shape in [[5, 7, 37], [1, 129, 65], [0, 3, 2], [2, 0, 3], [2, 3, 0]] {
                    let [rows, inputs, outputs] = shape;
                    let (a, b) = (words::<$word>(7, rows * inputs), words::<$word>(8, inputs * outputs));
                    let mut transpose = Vec::new();
                    for j in 0..outputs {
                        transpose.extend((0..inputs).map(|k| b[k * outputs + j]));
                    }
                    let zeros = alloc::vec![0; rows * outputs];
                    assert_eq!(multiply(shape, &a, &b), defined(shape, &a, &transpose, &zeros));
                }
            }
        }
    )*};
}

every_backend!(u8 u16 u32 u64 u128);

#[test]
fn debug_prints_the_shape_alone() {
    let packed = Packed::<u16>::from_rows(1, 2, &[12345, 54321]);
    assert_eq!(alloc::format!("{packed:?}"), "Packed { outputs: 1, inputs: 2 }");
}

#[test]
#[should_panic(expected = "whole rows")]
fn a_left_side_of_broken_rows_is_refused() {
    multiply_add(&[1u16, 2, 3], &Packed::zeros(1, 2), &mut [0]);
}

#[test]
#[should_panic(expected = "past the last")]
fn rows_past_the_last_are_refused() {
    Packed::<u32>::zeros(3, 2).set_rows(2, &[0; 4]);
}

#[test]
#[should_panic(expected = "2 rows from row 3 on reach past the last of 4")]
fn rows_that_are_not_there_are_not_read() {
    Filters::from_rows(4, 3, 2, &[1u16; 12]).copy_rows(3, &mut [0; 6]);
}

#[test]
#[should_panic(expected = "the strip is not whole rows of 3")]
fn parts_of_rows_are_not_read() {
    Filters::from_rows(4, 3, 2, &[1u16; 12]).copy_rows(0, &mut [0; 4]);
}

#[test]
#[should_panic(expected = "the product has 2 rows of 3")]
fn a_product_of_nothing_has_whole_rows_too() {
    Filters::<u32>::modulo(3, 0, 1, 24).multiply_add(&[], &mut [0; 7]);
}

/// Signs against words.
fn check_signs<W: Word>(rows: usize, inputs: usize, outputs: usize) {
    let a = words::<W>(1, rows * inputs);
    let minus = W::zero().wrapping_sub(&W::one());
    let signs: Vec<W> =
        words::<u8>(2, outputs * inputs).iter().map(|x| if x & 64 == 0 { minus } else { W::one() }).collect();
    let mut c = words::<W>(3, rows * outputs);
    let expected = defined([rows, inputs, outputs], &a, &signs, &c);
    let mut filters = Filters::signs(outputs, inputs);
    for (first, rows) in (0..).step_by(7).zip(signs.chunks(7 * inputs.max(1))) {
        filters.set_rows(first, rows);
    }
    filters.multiply_add(&a, &mut c);
    assert!(c == expected, "{} bits, [{rows}, {inputs}] by {outputs} outputs", W::BITS);
    let mut copied = words::<W>(4, outputs * inputs);
    filters.copy_rows(0, &mut copied);
    assert!(copied == signs, "{} bits, {outputs} rows of {inputs}", W::BITS);
}

#[test]
fn products_with_signs_are_those_with_words() {
    on_threads(|| {
        for rows in [0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 16] {
            for inputs in [0, 1, 4, 5, 6, 14, 15, 16, 31, 47] {
                for outputs in [1, 255, 256, 257, 288, 320, 331] {
                    check_signs::<u16>(rows, inputs, outputs);
                }
            }
            // Beyond a block.
            check_signs::<u16>(rows, 3000, 270);
        }
        check_signs::<u8>(3, 20, 300);
        check_signs::<u64>(3, 20, 300);
    });
}

#[test]
fn convolutions_with_signs_are_those_with_words() {
    on_threads(|| {
        let padded = Window { padding: [1, 1], ..Window::new([1, 1, 4], [1, 1]) };
        for window in [Window { padding: [1, 0], ..Window::new([9, 8, 3], [3, 2]) }, padded] {
            let ([down, across], image) = (window.grid(), window.image.iter().product::<usize>());
            let inputs = window.size[0] * window.size[1] * window.image[2];
            let signs = words::<u8>(2, 290 * inputs);
            let signs: Vec<u16> = signs.iter().map(|x| if x & 64 == 0 { u16::MAX } else { 1 }).collect();
            let images = words::<u16>(1, 3 * image);
            let [mut found, mut expected] = [(); 2].map(|()| words::<u16>(3, 3 * down * across * 290));
            let mut filters = Filters::signs(290, inputs);
            filters.set_rows(0, &signs);
            filters.convolve_add(&window, &images, &mut found);
            Filters::from_rows(290, inputs, 1, &signs).convolve_add(&window, &images, &mut expected);
            assert!(found == expected, "{window}");
        }
    });
}

/// Convolutions modulo fewer bits than a word has, against those modulo all.
fn check_modulo<W: Word>() {
    let bits = W::BITS - 6;
    for (image, padding) in [
        ([50, 14, 16], [0, 0]),
        ([3, 190, 17], [0, 0]),
        ([29, 31, 40], [1, 1]),
        ([1, 190, 16], [1, 2]),
        ([45, 17, 33], [3, 0]),
    ] {
        let window = Window { padding, ..Window::new(image, [3, 3]) };
        let ([down, across], size) = (window.grid(), image.iter().product::<usize>());
        for outputs in [16, 21] {
            let images = words::<W>(1, 3 * size);
            let weights = words::<W>(2, outputs * 9 * image[2]);
            let [mut found, mut expected] = [(); 2].map(|()| words::<W>(3, 3 * down * across * outputs));
            let filters = Filters::from_rows(outputs, 9 * image[2], 1, &weights);
            filters.convolve_add_modulo(&window, bits, &images, &mut found);
            filters.convolve_add(&window, &images, &mut expected);
            // Several threads take the definition, as other words do.
            let fewer = rayon::current_num_threads() == 1 && matches!(W::BITS, 32 | 64);
            assert_eq!(
                found != expected,
                fewer,
                "{window}, {} bits: in fewer multiplications or not",
                W::BITS
            );
            let low = |words: Vec<W>| -> Vec<W> { words.iter().map(|&word| word & W::mask(bits)).collect() };
            assert!(low(found) == low(expected), "{} bits, {window}, {outputs} outputs", W::BITS);
        }
    }
}

#[test]
fn convolutions_modulo_fewer_bits_are_right_in_those() {
    on_threads(|| {
        check_modulo::<u8>();
        check_modulo::<u16>();
        check_modulo::<u32>();
        check_modulo::<u64>();
        check_modulo::<u128>();
    });
}

/// Products modulo 2^24 against those modulo all bits of the word.
#[test]
fn products_modulo_fewer_bits_are_right_in_those() {
    on_threads(|| {
        let low = |words: Vec<u32>| -> Vec<u32> { words.iter().map(|word| word & 0xff_ffff).collect() };
        for rows in [0, 1, 2, 3, 4, 7, 13, 130] {
            for inputs in [0, 1, 3, 4, 5, 31, 300, 1100] {
                for outputs in [1, 15, 16, 17, 32, 33, 50] {
                    let a = words::<u32>(1, rows * inputs);
                    let b = words::<u32>(2, outputs * inputs);
                    let mut c = words::<u32>(3, rows * outputs);
                    let expected = low(defined([rows, inputs, outputs], &a, &b, &c));
                    let mut filters = Filters::modulo(outputs, inputs, 1, 24);
                    for (first, rows) in (0..).step_by(7).zip(b.chunks(7 * inputs.max(1))) {
                        filters.set_rows(first, rows);
                    }
                    filters.multiply_add(&a, &mut c);
                    assert!(low(c) == expected, "[{rows}, {inputs}] by {outputs} outputs");
                    let mut copied = words::<u32>(4, outputs * inputs);
                    filters.copy_rows(0, &mut copied);
                    assert!(low(copied) == low(b), "{outputs} rows of {inputs}");
                }
            }
        }
        let low = |words: Vec<u64>| -> Vec<u64> { words.iter().map(|word| word << 12).collect() };
        for shape in [[1, 300, 9], [130, 31, 33]] {
            let [rows, inputs, outputs] = shape;
            let (a, b) = (words::<u64>(1, rows * inputs), words::<u64>(2, outputs * inputs));
            let mut c = words::<u64>(3, rows * outputs);
            let expected = low(defined(shape, &a, &b, &c));
            let mut filters = Filters::modulo(outputs, inputs, 1, 52);
            filters.set_rows(0, &b);
            filters.multiply_add(&a, &mut c);
            assert!(low(c) == expected, "{shape:?}, 52 bits");
        }
        // Wherever there are no shorter products, words serve.
        let mut c = [0u64; 1];
        let mut filters = Filters::modulo(1, 1, 1, 53);
        filters.set_rows(0, &[1 << 40]);
        filters.multiply_add(&[1 << 20], &mut c);
        assert_eq!(c, [1 << 60]);
    });
}

/// Convolutions by a matrix for products modulo 2^bits.
fn check_shorter<W: Word>(bits: u32) {
    for (image, size, padding) in
        [([9, 8, 3], [3, 2], [1, 0]), ([1, 1, 4], [1, 1], [1, 1]), ([26, 30, 17], [3, 3], [0, 0])]
    {
        let window = Window { padding, ..Window::new(image, size) };
        let ([down, across], image) = (window.grid(), image.iter().product::<usize>());
        let inputs = size[0] * size[1] * window.image[2];
        let (images, weights) = (words::<W>(1, 3 * image), words::<W>(2, 19 * inputs));
        let [mut found, mut expected] = [(); 2].map(|()| words::<W>(3, 3 * down * across * 19));
        let mut filters = Filters::modulo(19, inputs, 1, bits);
        filters.set_rows(0, &weights);
        filters.convolve_add_modulo(&window, bits, &images, &mut found);
        Filters::from_rows(19, inputs, 1, &weights).convolve_add(&window, &images, &mut expected);
        let same = |(&a, &b): (&W, &W)| (a ^ b) & W::mask(bits) == W::zero();
        assert!(found.iter().zip(&expected).all(same), "{window}, {bits} bits of {}", W::BITS);
    }
}

#[test]
fn convolutions_modulo_fewer_bits_are_those_of_words() {
    on_threads(|| {
        check_shorter::<u32>(22);
        // With the bits that fewer multiplications cost, and without, those of one instruction.
        [46, 47, 52, 53].into_iter().for_each(check_shorter::<u64>);
    });
}

#[test]
fn convolutions_modulo_fewer_bits_take_any_number_of_channels() {
    on_threads(|| {
        let window = Window::new([42, 42, 16], [3, 3]);
        let (images, weights) = (words::<u64>(1, 42 * 42 * 16), words::<u64>(2, 560 * 9 * 16));
        let filters = Filters::from_rows(560, 9 * 16, 1, &weights);
        let [mut found, mut expected] = [(); 2].map(|()| words::<u64>(3, 1600 * 560));
        filters.convolve_add_modulo(&window, 58, &images, &mut found);
        filters.convolve_add(&window, &images, &mut expected);
        assert!(found.iter().zip(&expected).all(|(a, b)| (a ^ b) << 6 == 0));
    });
}
