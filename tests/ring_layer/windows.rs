//! Windows of any numbers: what does not fit is refused, and what is not refused works.

use proptest::prelude::*;
use ringshare::linalg::{Filters, Window, WindowError};
use ringshare::ring::Z2;
use ringshare::share::Share;

const SIDE: usize = Window::MOST_SIDE;
const STEP: usize = Window::MOST_STEP;

/// Sizes that are usual, and those at which sums and products of some overflow.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 1usize..4,
        1 => Just(0usize),
        1 => (0..usize::BITS).prop_map(|bits| 1 << bits),
        1 => (0usize..5).prop_map(|less| usize::MAX - less),
        1 => prop_oneof![Just(STEP - 1), Just(STEP + 1), Just(SIDE - 1), Just(SIDE + 1)],
    ]
}

/// As [`size`], of pairs.
fn pair() -> impl Strategy<Value = [usize; 2]> {
    prop_oneof![[size(), size()], size().prop_map(|size| [1, size]), size().prop_map(|size| [size, 1])]
}

/// One number of a window that fits is out of the usual.
fn windows() -> impl Strategy<Value = Window> {
    let any = ([size(), size(), size()], pair(), pair(), pair(), pair());
    let one = (0usize..11, size());
    prop_oneof![
        any.prop_map(|(image, size, stride, padding, dilation)| Window {
            image,
            size,
            stride,
            padding,
            dilation
        }),
        one.prop_map(|(field, number)| {
            let mut window = Window { padding: [1, 1], ..Window::new([3, 4, 2], [2, 2]) };
            match field {
                0..3 => window.image[field] = number,
                3..5 => window.size[field - 3] = number,
                5..7 => window.stride[field - 5] = number,
                7..9 => window.padding[field - 7] = number,
                _ => window.dilation[field - 9] = number,
            }
            window
        }),
    ]
}

/// Rows of an axis below the window's value `k` at place `at`, by wide numbers.
fn source(window: &Window, axis: usize, at: usize, k: usize) -> Option<usize> {
    let [at, k, stride, dilation, padding, size] =
        [at, k, window.stride[axis], window.dilation[axis], window.padding[axis], window.image[axis]]
            .map(|number| number as i128);
    let row = at * stride + k * dilation - padding;
    (0..size).contains(&row).then_some(row as usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_window_panics_that_was_not_refused(window in windows()) {
        let Ok([down, across]) = window.places() else { return Ok(()) };
        let image: usize = window.image.iter().product();
        let [height, width, channels] = window.image;
        let inputs = window.size[0] * window.size[1] * channels;
        // What is small enough to be computed.
        if [image, down * across, inputs].into_iter().try_fold(1usize, usize::checked_mul).is_none_or(|n| n > 1 << 16) {
            return Ok(());
        }
        let values: Vec<u32> = (1..=image as u32).collect();
        let mut expected = Vec::new();
        for (row, column) in (0..down).flat_map(|row| (0..across).map(move |column| (row, column))) {
            for (y, x) in (0..window.size[0]).flat_map(|y| (0..window.size[1]).map(move |x| (y, x))) {
                let [y, x] = [source(&window, 0, row, y), source(&window, 1, column, x)];
                let pixel = y.zip(x).map(|(y, x)| &values[(y * width + x) * channels..][..channels]);
                expected.extend((0..channels).map(|channel| pixel.map_or(0, |pixel| pixel[channel])));
            }
        }
        prop_assert!(height * width * channels == image);
        let mut rows = vec![0; expected.len()];
        window.unfold(&values, 0..channels, 0..down * across, &mut rows);
        prop_assert_eq!(&rows, &expected);

        let sums: Vec<u32> = expected.chunks(inputs).map(|row| row.iter().sum()).collect();
        let mut found = vec![0; down * across];
        Filters::from_rows(1, inputs, 1, &vec![1; inputs]).convolve_add(&window, &values, &mut found);
        prop_assert_eq!(found, sums);

        let pooled = Share::<Z2<32>>::from_words(values.clone()).sum_pool(&window);
        let mut found = vec![0; down * across * channels];
        let size = inputs / channels;
        Filters::from_rows(channels, size, channels, &vec![1; inputs]).convolve_add(&window, &values, &mut found);
        prop_assert_eq!(pooled.expose(), &found);
        let per_channel = |at: usize| -> u32 { expected[at / channels * inputs..][..inputs].iter().skip(at % channels).step_by(channels).sum() };
        prop_assert!(found.iter().enumerate().all(|(at, &sum)| sum == per_channel(at)));
    }
}

#[test]
fn limits_are_inclusive_and_named() {
    let window = Window { padding: [1, 1], ..Window::new([3, 4, 2], [2, 2]) };
    assert_eq!(Window { stride: [STEP, STEP], ..window }.places(), Ok([1, 1]));
    assert_eq!(Window { padding: [STEP, 0], ..window }.places(), Ok([2 * STEP + 2, 3]));
    assert_eq!(Window { dilation: [STEP, 1], padding: [STEP, 1], ..window }.places(), Ok([STEP + 3, 5]));
    assert_eq!(Window { size: [STEP, 2], padding: [STEP, 1], ..window }.places(), Ok([STEP + 4, 5]));
    assert_eq!(Window { image: [SIDE, 1, 1], ..window }.places(), Ok([SIDE + 1, 2]));
    let beyond = [STEP + 1, SIDE + 1, 1 << 31, 1 << (usize::BITS - 1), usize::MAX];
    for (axis, found) in (0..2).flat_map(|axis| beyond.map(|found| (axis, found))) {
        let put = |mut pair: [usize; 2]| {
            pair[axis] = found;
            pair
        };
        for (wrong, what) in [
            (Window { size: put(window.size), ..window }, "size of a window"),
            (Window { stride: put(window.stride), ..window }, "stride"),
            (Window { padding: put(window.padding), ..window }, "padding"),
            (Window { dilation: put(window.dilation), ..window }, "dilation"),
        ] {
            assert_eq!(wrong.places(), Err(WindowError::Limit { what, most: STEP, found }));
        }
        if found > SIDE {
            let mut wrong = window;
            wrong.image[axis] = found;
            let what = "size of an image";
            assert_eq!(wrong.places(), Err(WindowError::Limit { what, most: SIDE, found }));
        }
    }
    let wide = Window { image: [3, 4, usize::MAX], ..window };
    assert_eq!(wide.places(), Err(WindowError::Overflow));
    let error = Window { stride: [1, 1 << 31], ..window }.places().unwrap_err();
    assert_eq!(error.to_string(), "stride: expected at most 65536, found 2147483648");
}

#[test]
#[should_panic(expected = "stride: expected at most 65536, found 2147483648")]
fn a_sum_over_a_window_beyond_the_limits_is_refused() {
    let window = Window { stride: [1, 1 << 31], ..Window::new([1, 1, 1], [1, 1]) };
    Share::<Z2<32>>::zeros(1).sum_pool(&window);
}
