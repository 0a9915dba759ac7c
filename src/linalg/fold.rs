//! The transpose of unfolding.
//!
//! A value of an image is below the windows of several places. Unfolding copies it to a row of each; folding adds up what these rows
//! have in its place: ⟨unfold(x), y⟩ = ⟨x, fold(y)⟩. What lies in the padding is dropped.

use core::ops::Range;

use super::{Product, Window};

impl Window {
    /// Adds rows `rows` of unfolded images, `unfolded: [rows, size[0], size[1], channels]` of some `channels`, to
    /// `images: [images, height, width, channels]`.
    pub(super) fn fold_rows<W: Product>(
        &self,
        unfolded: &[W],
        channels: &Range<usize>,
        rows: Range<usize>,
        images: &mut [W],
    ) {
        let [height, width, depth] = self.image;
        let inputs = self.size[0] * self.size[1] * channels.len();
        if inputs == 0 {
            return;
        }
        let mut unfolded = unfolded.chunks_exact(inputs);
        for (number, row, places) in self.lines(rows) {
            let image = &mut images[number * height * width * depth..][..height * width * depth];
            for (place, values) in places.zip(unfolded.by_ref()) {
                for (k, values) in values.chunks_exact(self.size[1] * channels.len()).enumerate() {
                    let Some(y) = self.source(0, row, k) else { continue };
                    for (k, values) in values.chunks_exact(channels.len()).enumerate() {
                        let Some(x) = self.source(1, place, k) else { continue };
                        let sums = &mut image[(y * width + x) * depth..][channels.clone()];
                        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_add(value));
                    }
                }
            }
        }
    }
}
