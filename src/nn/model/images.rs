//! Windows that slide over images of real numbers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use crate::linalg::Window;

/// What a window reads of one axis at a place: numbers of the window's rows that lie within the image, and where in the
/// image the first of them lies.
fn seen(window: &Window, axis: usize, place: usize) -> (Range<usize>, usize) {
    let (padding, dilation) = (window.padding[axis], window.dilation[axis]);
    let start = place * window.stride[axis];
    let first = padding.saturating_sub(start).div_ceil(dilation).min(window.size[axis]);
    let end = (padding + window.image[axis]).saturating_sub(start).div_ceil(dilation).min(window.size[axis]);
    (first..end.max(first), (start + first * dilation).saturating_sub(padding))
}

/// Sets `out`: `[places, size[0], size[1], channels]` to what the window reads of some channels at some places, counted
/// row by row, `columns` a row: 0 where it is padded.
pub(in crate::nn) fn unfold(
    window: &Window,
    image: &[f32],
    channels: Range<usize>,
    places: Range<usize>,
    columns: usize,
    out: &mut [f32],
) {
    let [_, width, all] = window.image;
    let [height_of, width_of] = window.size;
    let count = channels.len();
    // Neighbours in the image are neighbours in the window, so that one copy moves a row of it.
    let whole = count == all && window.dilation[1] == 1;
    out.fill(0.);
    for (place, out) in places.zip(out.chunks_exact_mut(height_of * width_of * count)) {
        let (window_rows, top) = seen(window, 0, place / columns);
        let (window_columns, left) = seen(window, 1, place % columns);
        let (step, copies, run) = match whole {
            true => (0, window_columns.len().min(1), window_columns.len() * all),
            false => (window.dilation[1] * all, window_columns.len(), count),
        };
        for (y, window_row) in window_rows.enumerate() {
            let from = ((top + y * window.dilation[0]) * width + left) * all + channels.start;
            let out = &mut out[(window_row * width_of + window_columns.start) * count..];
            for copy in 0..copies {
                out[copy * count..][..run].copy_from_slice(&image[from + copy * step..][..run]);
            }
        }
    }
}

/// `f` over every window, channel by channel, from `start` on, of any number of images.
pub(in crate::nn) fn fold_windows(
    images: &[f32],
    window: &Window,
    start: f32,
    f: impl Fn(f32, f32) -> f32,
) -> Vec<f32> {
    let Ok([rows, columns]) = window.places() else { return Vec::new() };
    let [height, width, channels] = window.image;
    let mut out = alloc::vec![start; images.len() / (height * width) * rows * columns];
    let mut places = out.chunks_exact_mut(channels);
    for image in images.chunks_exact(height * width * channels) {
        for row in 0..rows {
            let (window_rows, top) = seen(window, 0, row);
            for (column, out) in (0..columns).zip(&mut places) {
                let (window_columns, left) = seen(window, 1, column);
                for y in (0..window_rows.len()).map(|y| top + y * window.dilation[0]) {
                    for x in (0..window_columns.len()).map(|x| left + x * window.dilation[1]) {
                        let pixel = &image[(y * width + x) * channels..][..channels];
                        out.iter_mut().zip(pixel).for_each(|(out, &x)| *out = f(*out, x));
                    }
                }
            }
        }
    }
    out
}

/// For example `3×3, stride 2, padding 1`; what is usual is left out.
pub(in crate::nn) fn geometry(window: &Window) -> String {
    let mut text = pair(window.size);
    let named =
        [("stride", window.stride, 1), ("padding", window.padding, 0), ("dilation", window.dilation, 1)];
    for (what, [rows, columns], usual) in named {
        if [rows, columns] == [usual; 2] {
            continue;
        }
        let value = if rows == columns { rows.to_string() } else { pair([rows, columns]) };
        text += &format!(", {what} {value}");
    }
    text
}

fn pair([rows, columns]: [usize; 2]) -> String {
    format!("{rows}×{columns}")
}
