//! Convolutions in which every group has one output: plain loops over the channels.
//!
//! A matrix of one row keeps no kernel busy. But channels are neighbours, in the image and in the result, so that all
//! groups take a step at once: for every value of the window, c += x · w over vectors of channels.

use core::ops::Range;

use super::{Product, Window};
use crate::simd::wide;

/// `c +=` the convolution at places `rows` of all images: `taps: [size[0], size[1], channels / outputs, outputs]`,
/// `c: [rows, outputs]`.
pub(super) fn convolve_add<W: Product>(
    window: &Window,
    images: &[W],
    taps: &[W],
    rows: Range<usize>,
    mut c: &mut [W],
) {
    let image: usize = window.image.iter().product();
    let outputs = c.len() / rows.len();
    for (number, row, places) in window.lines(rows) {
        let (now, later) = c.split_at_mut(places.len() * outputs);
        across(window, &images[number * image..][..image], row, places, taps, now);
        c = later;
    }
}

wide! {
    /// Some places in one row of an image's places.
    fn across<W: Product>(
        window: &Window,
        image: &[W],
        row: usize,
        places: Range<usize>,
        taps: &[W],
        c: &mut [W],
    ) {
        let [_, width, depth] = window.image;
        let outputs = c.len() / places.len();
        let value = depth * window.size[1];
        for (place, c) in places.zip(c.chunks_exact_mut(outputs)) {
            for (k, taps) in taps.chunks_exact(value).enumerate() {
                let Some(y) = window.source(0, row, k) else { continue };
                for (k, taps) in taps.chunks_exact(depth).enumerate() {
                    let Some(x) = window.source(1, place, k) else { continue };
                    let values = &image[(y * width + x) * depth..][..depth];
                    if depth == outputs {
                        for ((c, x), w) in c.iter_mut().zip(values).zip(taps) {
                            *c = c.wrapping_add(&x.wrapping_mul(w));
                        }
                        continue;
                    }
                    for (k, taps) in taps.chunks_exact(outputs).enumerate() {
                        for ((c, x), w) in c.iter_mut().zip(values.chunks_exact(depth / outputs)).zip(taps) {
                            *c = c.wrapping_add(&x[k].wrapping_mul(w));
                        }
                    }
                }
            }
        }
    }
}
