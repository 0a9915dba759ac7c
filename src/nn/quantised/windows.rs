//! Windows over images in the clear.

use alloc::vec::Vec;

use crate::linalg::Window;

/// Calls `f` for every window and channel, with the places of the window's pixels that lie within the image.
pub(in crate::nn) fn for_windows(window: &Window, mut f: impl FnMut(usize, &[usize])) {
    let [_, width, channels] = window.image;
    let Ok([rows, columns]) = window.places() else { return };
    let mut places = Vec::with_capacity(window.size[0] * window.size[1]);
    for row in 0..rows {
        for column in 0..columns {
            places.clear();
            for y in (0..window.size[0]).filter_map(|k| window.source(0, row, k)) {
                let xs = (0..window.size[1]).filter_map(|k| window.source(1, column, k));
                places.extend(xs.map(|x| (y * width + x) * channels));
            }
            (0..channels).for_each(|channel| f(channel, &places));
        }
    }
}
