//! Convolutions in the clear and on shares, against the sums that define them.
#![cfg(feature = "std")]

mod naive;

use crate::common::{Program, Random, all, input, open, wide};
use naive::{plain, unfolded};
use proptest::prelude::*;
use ringshare::correlation::matrix::MatrixProductRequest;
use ringshare::linalg::{Filters, Window};
use ringshare::protocol::{Error, Party, WriteRow};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

/// A window that fits its image, whose channels fall into the groups; and outputs that do.
fn shapes() -> impl Strategy<Value = (Window, usize, usize)> {
    let pair = |range: core::ops::Range<usize>| [range.clone(), range];
    let sizes = (pair(1..9), 1usize..4, pair(1..4), pair(1..4), pair(0..3), pair(1..3), 1usize..4, 1usize..4);
    sizes.prop_filter_map("no place", |(image, part, size, stride, padding, dilation, outputs, groups)| {
        let image = [image[0], image[1], part * groups];
        let window = Window { image, size, stride, padding, dilation };
        window.places().ok().map(|_| (window, outputs * groups, groups))
    })
}

fn inputs(window: &Window, groups: usize) -> usize {
    window.size[0] * window.size[1] * window.image[2] / groups
}

/// A convolution in the clear, in the words of W.
fn convolves<W: Word>(window: &Window, [outputs, groups, images]: [usize; 3], seed: u64) {
    let mut random = Random(seed);
    let x: Vec<W> = random.words(images * window.image.iter().product::<usize>());
    let w: Vec<W> = random.words(outputs * inputs(window, groups));
    let expected = plain(window, &wide(&x), &wide(&w), outputs, groups);
    let mut filters = Filters::zeros(outputs, inputs(window, groups), groups);
    // In strips that the groups do not know of.
    let strip = 1 + random.below(outputs);
    for (i, rows) in w.chunks(strip * inputs(window, groups)).enumerate() {
        filters.set_rows(i * strip, rows);
    }
    let before: Vec<W> = random.words(expected.len());
    let mut c = before.clone();
    filters.convolve_add(window, &x, &mut c);
    let expected: Vec<W> =
        before.iter().zip(&expected).map(|(c, z)| c.wrapping_add(&W::truncate(*z))).collect();
    assert!(c == expected, "{window}, {outputs} outputs, {groups} groups, {images} images");
}

/// A convolution on shares, right modulo 2^bits; two batches with the same matrix, a bias in the first.
fn multiplies<R: Ring>(
    simulation: &Simulation,
    window: &Window,
    [outputs, groups, images]: [usize; 3],
    bits: u32,
    seed: u64,
) {
    let bits = 1 + bits % R::BITS;
    let mut random = Random(seed);
    let k = inputs(window, groups);
    let x: [Vec<R::Word>; 2] = [images, 1].map(|n| random.words(n * window.image.iter().product::<usize>()));
    let (w, bias): (Vec<R::Word>, Vec<R::Word>) = (random.words(outputs * k), random.words(outputs));
    let row = |r: usize, out: &mut [R::Word]| out.copy_from_slice(&w[r * k..][..k]);
    let program: Program<'_> = &|party| {
        let own = (party.id() == 1).then_some(&row as WriteRow<'_, R::Word>);
        let fixed = party.input_filters::<R>(1, [outputs, k], groups, bits, own)?;
        let shared = input::<R>(party, 1, &bias)?;
        let mut first = party.prepare_convolution(&fixed, window, images)?;
        first.add_row(&shared);
        let second = party.prepare_convolution(&fixed, window, 1)?;
        let mut out = Vec::new();
        for (x, prepared) in x.iter().zip([first, second]) {
            let x = input::<R>(party, 0, x)?;
            let z = party.product(&fixed, prepared, &x)?;
            out.extend(open(party, &z)?.into_iter().map(|word| word & u128::mask(bits)));
        }
        Ok(out)
    };
    let mut expected = plain(window, &wide(&x[0]), &wide(&w), outputs, groups);
    for row in expected.chunks_mut(outputs) {
        row.iter_mut().zip(wide(&bias)).for_each(|(z, bias)| *z = z.wrapping_add(bias));
    }
    expected.extend(plain(window, &wide(&x[1]), &wide(&w), outputs, groups));
    expected.iter_mut().for_each(|z| *z &= u128::mask(bits));
    all(simulation, program, &expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn unfolded_rows_are_the_values_below_the_window(
        (window, _, groups) in shapes(), images in 0usize..4, seed: u64,
    ) {
        let mut random = Random(seed);
        let x: Vec<u32> = random.words(images * window.image.iter().product::<usize>());
        let part = window.image[2] / groups;
        let group = random.below(groups);
        let channels = group * part..(group + 1) * part;
        let expected = unfolded(&window, &wide(&x), channels.clone());
        let first = random.below(expected.len() + 1);
        let last = first + random.below(expected.len() + 1 - first);
        let mut out = random.words((last - first) * inputs(&window, groups));
        window.unfold(&x, channels, first..last, &mut out);
        prop_assert_eq!(wide(&out), expected[first..last].concat());
    }

    #[test]
    fn convolutions_in_the_clear_are_the_sums(
        (window, outputs, groups) in shapes(), images in 0usize..4, seed: u64,
    ) {
        let shape = [outputs, groups, images];
        convolves::<u8>(&window, shape, seed);
        convolves::<u16>(&window, shape, seed);
        convolves::<u32>(&window, shape, seed);
        convolves::<u64>(&window, shape, seed);
        convolves::<u128>(&window, shape, seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn convolutions_of_shares_are_those_of_the_secrets(
        (window, outputs, groups) in shapes(), parties in 2usize..4, images in 0usize..4, bits: u32, seed: u64,
    ) {
        let (simulation, shape) = (Simulation::new(parties).seed(seed), [outputs, groups, images]);
        multiplies::<Z2<7>>(&simulation, &window, shape, bits, seed);
        multiplies::<Z2<13>>(&simulation, &window, shape, bits, seed);
        multiplies::<Z2<16>>(&simulation, &window, shape, bits, seed);
        multiplies::<Z2<27>>(&simulation, &window, shape, bits, seed);
        multiplies::<Z2<64>>(&simulation, &window, shape, bits, seed);
        multiplies::<Z2<100>>(&simulation, &window, shape, bits, seed);
    }
}

/// What the strips, tiles and panels of large shapes leave over.
#[test]
fn convolutions_beyond_one_strip_are_the_sums() {
    let padded = |image, size| Window { padding: [1, 1], ..Window::new(image, size) };
    for (window, shape) in [
        (Window::new([28, 28, 1], [3, 3]), [32, 1, 3]),
        (padded([13, 13, 32], [3, 3]), [64, 1, 3]),
        (padded([11, 17, 67], [3, 3]), [5, 1, 2]),
        (Window::new([33, 35, 24], [5, 5]), [48, 3, 2]),
        (padded([30, 30, 64], [3, 3]), [64, 64, 2]),
        (padded([9, 9, 21], [3, 2]), [42, 21, 2]),
        (Window::new([7, 7, 512], [7, 7]), [10, 1, 3]),
        (Window { stride: [2, 3], ..padded([40, 40, 3], [5, 4]) }, [17, 1, 2]),
    ] {
        convolves::<u16>(&window, shape, 1);
        convolves::<u32>(&window, shape, 2);
    }
}

#[test]
fn products_in_groups_are_those_of_the_parts() {
    let (outputs, inputs, groups, rows) = (6, 5, 3, 4);
    let mut random = Random(3);
    let x: Vec<u16> = random.words(rows * groups * inputs);
    let w: Vec<u16> = random.words(outputs * inputs);
    let mut expected = Vec::new();
    for x in x.chunks(groups * inputs) {
        expected.extend((0..outputs).map(|o| {
            let part = &x[o / 2 * inputs..][..inputs];
            part.iter().zip(&w[o * inputs..]).fold(0u16, |sum, (x, w)| sum.wrapping_add(x.wrapping_mul(*w)))
        }));
    }
    let mut c = vec![0; rows * outputs];
    Filters::from_rows(outputs, inputs, groups, &w).multiply_add(&x, &mut c);
    assert_eq!(c, expected);
    let row = |r: usize, out: &mut [u16]| out.copy_from_slice(&w[r * inputs..][..inputs]);
    let run = Simulation::new(3).run(|party| {
        let own = (party.id() == 1).then_some(&row as WriteRow<'_, u16>);
        let fixed = party.input_filters::<Z2<16>>(1, [outputs, inputs], groups, 16, own)?;
        let prepared = party.prepare_product(&fixed, rows)?;
        let x = input::<Z2<16>>(party, 0, &x)?;
        let z = party.product(&fixed, prepared, &x)?;
        party.open(&z)
    });
    assert_eq!(run.unwrap().outputs, [expected.clone(), expected.clone(), expected]);
}

/// What a party says of a program that fails.
fn refused<O: Send>(f: impl Fn(&mut Party) -> Result<O, Error> + Sync) -> String {
    Simulation::new(2).run(|party| f(party).map(drop)).unwrap_err().to_string()
}

#[test]
fn windows_and_groups_that_do_not_fit_are_errors_that_name_both() {
    let window = Window::new([5, 5, 4], [3, 3]);
    let prepare = |window: Window, outputs: usize, groups: usize| {
        refused(move |party| {
            let zeros = |_: &mut _, rows: core::ops::Range<usize>| Ok(Share::zeros(18 * rows.len()));
            let fixed = party.mask_filters::<Z2<14>>([outputs, 18], groups, 14, zeros)?;
            party.prepare_convolution(&fixed, &window, 2)
        })
    };
    let cases = [
        (prepare(Window { size: [6, 3], ..window }, 4, 2), "at most 5 rows or columns, found 6"),
        (prepare(Window { stride: [0, 1], ..window }, 4, 2), "stride: expected at least 1, found 0"),
        (
            prepare(Window { padding: [usize::MAX; 2], ..window }, 4, 2),
            "padding: expected at most 65536, found",
        ),
        (prepare(Window { stride: [1, 1 << 31], ..window }, 4, 2), "stride: expected at most 65536, found"),
        (prepare(window, 3, 2), "groups of one size: expected 2, found 3"),
        (prepare(window, 4, 0), "groups of a matrix: expected 1 to 4, found 0"),
        (prepare(window, 4, 1), "columns of a convolution's matrix: expected 36, found 18"),
        (
            prepare(Window::new([5, 5, 5], [3, 3]), 4, 2),
            "channels in groups of one size: expected 4, found 5",
        ),
    ];
    for (error, text) in cases {
        assert!(error.contains(text), "{error}");
    }
    let images = refused(|party| {
        let fixed = party.mask_matrix::<Z2<14>>([1, 36], 14, |_, _| Ok(Share::zeros(36)))?;
        let prepared = party.prepare_convolution(&fixed, &window, 2)?;
        party.product(&fixed, prepared, &Share::zeros(100))
    });
    assert!(images.contains("expected 200, found 100"), "{images}");
    let many = refused(|party| {
        let fixed = party.mask_matrix::<Z2<14>>([1, 36], 14, |_, _| Ok(Share::zeros(36)))?;
        party.prepare_convolution(&fixed, &window, usize::MAX / 8)
    });
    assert!(many.contains("at most 17179869184 bytes, found"), "{many}");
}

#[test]
fn a_convolution_prepared_through_one_window_is_not_dealt_through_another() {
    let window = Window::new([6, 6, 1], [3, 3]);
    let fix = |party: &mut Party| {
        party.mask_matrix::<Z2<14>>([2, 9], 14, |_, rows| Ok(Share::zeros(9 * rows.len())))
    };
    let run = Simulation::new(2).run(|party| {
        let fixed = fix(party)?;
        let other = if party.is_dry() { window } else { Window { stride: [3, 3], ..window } };
        party.prepare_convolution(&fixed, &other, 2).map(drop)
    });
    let error = run.unwrap_err().to_string();
    assert!(error.contains("2 images through 3x3 of 6x6x1 by matrix 0"), "{error}");
    assert!(error.contains("through 3x3 of 6x6x1, stride 3x3 by"), "{error}");
}

#[test]
fn a_convolution_is_one_item_of_a_recipe() {
    let window = Window::new([6, 6, 2], [3, 3]);
    let run = Simulation::new(2).run(|party| {
        let fixed =
            party.mask_filters::<Z2<14>>([4, 9], 2, 11, |_, rows| Ok(Share::zeros(9 * rows.len())))?;
        let prepared = party.prepare_convolution(&fixed, &window, 3)?;
        party.product(&fixed, prepared, &Share::zeros(3 * 72)).map(drop)
    });
    let recipe = run.unwrap().dry.recipe;
    let names: Vec<String> = recipe.requests().iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "MatrixMask(4x9 in 2 groups, 11 bits in words of 16)",
            "MatrixProduct(3 images through 3x3 of 6x6x2 by matrix 0, 4x9 in 2 groups, 11 bits in words of 16)",
        ]
    );
    assert!(
        recipe.requests()[1]
            .as_kind::<MatrixProductRequest>()
            .is_some_and(|product| product.window == Some(window))
    );
}
