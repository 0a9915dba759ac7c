//! Pooling of shares, against plain integers.
#![cfg(feature = "std")]

use crate::common::{Program, Random, all, canonical, input, open};
use proptest::prelude::*;
use ringshare::linalg::Window;
use ringshare::protocol::Family;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

/// The values of every window that are in the image, `[images, places[0], places[1], channels]` of them.
fn windows(window: &Window, images: &[i128]) -> Vec<Vec<i128>> {
    let [down, across] = window.places().unwrap();
    let [height, width, channels] = window.image;
    let mut all = Vec::new();
    for image in images.chunks(height * width * channels) {
        for (i, j) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
            for channel in 0..channels {
                let mut values = Vec::new();
                for (ky, kx) in (0..window.size[0]).flat_map(|ky| (0..window.size[1]).map(move |kx| (ky, kx)))
                {
                    let y =
                        (i * window.stride[0] + ky * window.dilation[0]) as i64 - window.padding[0] as i64;
                    let x =
                        (j * window.stride[1] + kx * window.dilation[1]) as i64 - window.padding[1] as i64;
                    if (0..height as i64).contains(&y) && (0..width as i64).contains(&x) {
                        values.push(image[(y as usize * width + x as usize) * channels + channel]);
                    }
                }
                all.push(values);
            }
        }
    }
    all
}

/// Whether every window has a value in the image.
fn is_seen(window: &Window) -> bool {
    let image = vec![0; window.image.iter().product()];
    windows(window, &image).iter().all(|values| !values.is_empty())
}

fn shapes() -> impl Strategy<Value = Window> {
    let pair = |range: core::ops::Range<usize>| [range.clone(), range];
    let sizes = (pair(1..9), 1usize..5, pair(1..4), pair(1..4), pair(0..3), pair(1..3));
    sizes.prop_filter_map("no place", |(image, channels, size, stride, padding, dilation)| {
        let image = [image[0], image[1], channels];
        let window = Window { image, size, stride, padding, dilation };
        window.places().ok().map(|_| window)
    })
}

/// Values of up to `bits` − 1 bits, so that all differences fit.
fn values(window: &Window, images: usize, bits: u32, random: &mut Random) -> Vec<i128> {
    let len = images * window.image.iter().product::<usize>();
    let words: Vec<u128> = random.words(len);
    words.into_iter().map(|word| word.signed(bits - 1)).collect()
}

/// Both poolings in a ring that is wider than the values.
fn pools<R: Ring>(simulation: &Simulation, window: &Window, images: usize, bits: u32, seed: u64) {
    let bits = 2 + bits % (R::BITS.min(64) - 1);
    let values = values(window, images, bits, &mut Random(seed));
    let words: Vec<R::Word> = values.iter().map(|&value| R::Word::from_signed(value)).collect();
    let (windows, is_seen) = (windows(window, &values), is_seen(window));
    let program: Program<'_> = &|party| {
        let x = input::<R>(party, 1, &words)?;
        let mut out = open(party, &x.sum_pool(window))?;
        if is_seen {
            let greatest = party.max_pool(&x, window, bits)?;
            out.extend(open(party, &greatest)?);
        }
        Ok(out)
    };
    let sums = windows.iter().map(|values| values.iter().fold(0u128, |sum, &v| sum.wrapping_add(v as u128)));
    let greatest = windows.iter().filter(|_| is_seen).map(|values| *values.iter().max().unwrap() as u128);
    let expected: Vec<u128> = sums.chain(greatest).collect();
    all(simulation, program, &canonical::<R>(&expected));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn pooled_values_are_those_of_the_secrets(
        window in shapes(), parties in 2usize..4, images in 0usize..3, bits: u32, seed: u64,
    ) {
        let simulation = Simulation::new(parties).seed(seed);
        pools::<Z2<5>>(&simulation, &window, images, bits, seed);
        pools::<Z2<13>>(&simulation, &window, images, bits, seed);
        pools::<Z2<16>>(&simulation, &window, images, bits, seed);
        pools::<Z2<27>>(&simulation, &window, images, bits, seed);
        pools::<Z2<64>>(&simulation, &window, images, bits, seed);
    }
}

#[test]
fn pooling_goes_by_every_comparison() {
    let window = Window { stride: [2, 2], padding: [1, 1], ..Window::new([5, 5, 2], [3, 3]) };
    for family in [Family::default(), Family::Bitwise, Family::Dcf] {
        let values = values(&window, 2, 14, &mut Random(9));
        let words: Vec<u16> = values.iter().map(|&value| value as u16).collect();
        let greatest = windows(&window, &values).into_iter().map(|v| *v.iter().max().unwrap() as u128);
        let expected = canonical::<Z2<16>>(&greatest.collect::<Vec<_>>());
        let program: Program<'_> = &|party| {
            party.set_comparison(family);
            let x = input::<Z2<16>>(party, 0, &words)?;
            let greatest = party.max_pool(&x, &window, 14)?;
            open(party, &greatest)
        };
        all(&Simulation::new(2), program, &expected);
    }
}

#[test]
fn a_window_of_the_image_pools_all_of_it() {
    let window = Window::new([7, 5, 3], [7, 5]);
    pools::<Z2<14>>(&Simulation::new(3), &window, 2, 12, 1);
    assert_eq!(window.places(), Ok([1, 1]));
}

#[test]
fn images_and_windows_that_do_not_fit_are_refused() {
    let window = Window { stride: [2, 2], ..Window::new([4, 4, 2], [2, 2]) };
    let cases = [
        (window, 33, "expected 32, found 33"),
        (Window { size: [5, 2], ..window }, 32, "at most 4 rows or columns, found 5"),
        (Window { stride: [0, 2], ..window }, 32, "stride: expected at least 1, found 0"),
        (Window { padding: [2, 0], ..window }, 32, "place 0 of a window: expected a value of the image"),
    ];
    for (window, len, text) in cases {
        let run = Simulation::new(2)
            .run(|party| party.max_pool(&Share::<Z2<14>>::zeros(len), &window, 14).map(drop));
        let error = run.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

/// The places of the k greatest, the first of equals first.
fn greatest(row: &[i128], k: usize) -> Vec<u128> {
    let mut places: Vec<usize> = (0..row.len()).collect();
    places.sort_by_key(|&place| core::cmp::Reverse(row[place]));
    places.iter().take(k).map(|&place| place as u128).collect()
}

fn finds_the_greatest<R: Ring>(simulation: &Simulation, rows: &[i128], columns: usize, k: usize, bits: u32) {
    let words: Vec<R::Word> = rows.iter().map(|&value| R::Word::from_signed(value)).collect();
    let program: Program<'_> = &|party| {
        let x = input::<R>(party, 1, &words)?;
        let places = party.top_k::<R, Z2<9>>(&x, columns, k, bits)?;
        open(party, &places)
    };
    let expected: Vec<u128> = rows.chunks(columns).flat_map(|row| greatest(row, k)).collect();
    all(simulation, program, &expected);
}

#[test]
fn the_places_of_the_greatest_come_in_order_and_the_first_of_equals_first() {
    let mut random = Random(5);
    for columns in [1, 2, 3, 5, 8, 9, 10, 16, 17, 33] {
        for k in [1, columns / 2, columns - 1, columns] {
            for spread in [1, 3, 100] {
                let mut value = || random.next() as i128 % (2 * spread + 1) - spread;
                let rows: Vec<i128> = (0..4 * columns).map(|_| value()).collect();
                finds_the_greatest::<Z2<14>>(&Simulation::new(2), &rows, columns, k.max(1), 9);
                finds_the_greatest::<Z2<27>>(&Simulation::new(3), &rows, columns, k.max(1), 20);
            }
        }
    }
}

#[test]
fn more_places_than_values_are_refused() {
    for (k, text) in [(0, "expected 1 to 5, found 0"), (6, "expected 1 to 5, found 6")] {
        let run = Simulation::new(2).run(|party| party.top_k::<Z2<14>, Z2<8>>(&Share::zeros(5), 5, k, 14));
        let error = run.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}
