//! Convolutions by the sums that define them.

use std::ops::Range;

use ringshare::linalg::Window;

/// The value of an image `[height, width, channels]` at a padded row and column; zero outside.
fn value(window: &Window, image: &[u128], [y, x]: [usize; 2], channel: usize) -> u128 {
    let [height, width, channels] = window.image;
    let (y, x) = (y as i64 - window.padding[0] as i64, x as i64 - window.padding[1] as i64);
    let inside = (0..height as i64).contains(&y) && (0..width as i64).contains(&x);
    if inside { image[(y as usize * width + x as usize) * channels + channel] } else { 0 }
}

/// Rows of the unfolded images, of some channels, element by element.
pub(crate) fn unfolded(window: &Window, images: &[u128], channels: Range<usize>) -> Vec<Vec<u128>> {
    let [down, across] = window.places().unwrap();
    let mut rows = Vec::new();
    for image in images.chunks(window.image.iter().product()) {
        for (i, j) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
            let mut row = Vec::new();
            for (ky, kx) in (0..window.size[0]).flat_map(|ky| (0..window.size[1]).map(move |kx| (ky, kx))) {
                let y = i * window.stride[0] + ky * window.dilation[0];
                let x = j * window.stride[1] + kx * window.dilation[1];
                row.extend(channels.clone().map(|channel| value(window, image, [y, x], channel)));
            }
            rows.push(row);
        }
    }
    rows
}

/// The convolution of images, with W: `[outputs, size[0], size[1], channels / groups]`.
pub(crate) fn plain(
    window: &Window,
    images: &[u128],
    w: &[u128],
    outputs: usize,
    groups: usize,
) -> Vec<u128> {
    let part = window.image[2] / groups;
    let rows: Vec<_> =
        (0..groups).map(|group| unfolded(window, images, group * part..(group + 1) * part)).collect();
    let row = |o: usize, place: usize| &rows[o * groups / outputs][place];
    let mut out = Vec::new();
    for place in 0..rows[0].len() {
        for (o, w) in w.chunks(w.len() / outputs).enumerate() {
            let row = row(o, place);
            assert_eq!(row.len(), w.len());
            out.push(row.iter().zip(w).fold(0u128, |sum, (x, w)| sum.wrapping_add(x.wrapping_mul(*w))));
        }
    }
    out
}
