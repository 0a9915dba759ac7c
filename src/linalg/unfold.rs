//! Images unfolded into the rows of a product.
//!
//! At place p a convolution multiplies the values below its window by the weights: a row of a matrix by W. Row p of
//! the unfolded images is `[size[0], size[1], channels]`, the values below the window at place p, zeros where it reaches
//! into the padding; images follow one another, `[images, places[0], places[1]]`. Nothing is computed, so what is
//! linear in an image is linear in its unfolded rows: a party may unfold its share.
//!
//! Neighbouring values of a window's row are neighbours in the image, unless there is dilation or only some of the
//! channels are taken: then they are copied at once.

use core::ops::Range;

use super::Window;
use crate::ring::Word;

impl Window {
    /// Rows `rows` of the unfolded `images: [images, height, width, channels]`, of some `channels`, to
    /// `out: [rows, size[0], size[1], channels]`.
    ///
    /// # Panics
    /// If the window does not fit its image, `images` is not whole images, there are no such rows or channels, or
    /// `out` has another length.
    pub fn unfold<W: Word>(&self, images: &[W], channels: Range<usize>, rows: Range<usize>, out: &mut [W]) {
        let [down, across] = self.grid();
        let [height, width, depth] = self.image;
        let image = height * width * depth;
        let inputs = self.size[0] * self.size[1] * channels.len();
        assert_eq!(images.len() % image, 0, "the images are not whole ones of {image} elements");
        assert!(channels.start <= channels.end && channels.end <= depth, "channels {channels:?} of {depth}");
        assert!(rows.end <= images.len() / image * down * across, "rows {rows:?} reach past the last image");
        assert_eq!(out.len(), rows.len() * inputs, "the unfolded rows are [{}, {inputs}]", rows.len());
        if inputs == 0 {
            return;
        }
        for (row, out) in rows.zip(out.chunks_exact_mut(inputs)) {
            let (place, number) = (row % (down * across), row / (down * across));
            let image = &images[number * image..][..image];
            self.unfold_place(image, &channels, [place / across, place % across], out);
        }
    }

    /// The values below the window at one place of one image.
    fn unfold_place<W: Word>(&self, image: &[W], channels: &Range<usize>, at: [usize; 2], out: &mut [W]) {
        let line = self.image[1] * self.image[2];
        for (k, out) in out.chunks_exact_mut(self.size[1] * channels.len()).enumerate() {
            match self.source(0, at[0], k) {
                Some(y) => self.unfold_line(&image[y * line..][..line], channels, at[1], out),
                None => out.fill(W::zero()),
            }
        }
    }

    /// The values below one row of the window: `line: [width, channels]`.
    fn unfold_line<W: Word>(&self, line: &[W], channels: &Range<usize>, at: usize, out: &mut [W]) {
        let depth = self.image[2];
        if self.dilation[1] == 1 && channels.len() == depth {
            let (first, padding) = (at * self.stride[1], self.padding[1]);
            let [from, to] =
                [padding, padding + self.image[1]].map(|edge| edge.clamp(first, first + self.size[1]));
            let (before, rest) = out.split_at_mut((from - first) * depth);
            let (inside, after) = rest.split_at_mut((to - from) * depth);
            before.fill(W::zero());
            after.fill(W::zero());
            if from < to {
                inside.copy_from_slice(&line[(from - padding) * depth..][..inside.len()]);
            }
            return;
        }
        for (k, out) in out.chunks_exact_mut(channels.len()).enumerate() {
            match self.source(1, at, k) {
                Some(x) => out.copy_from_slice(&line[x * depth..][channels.clone()]),
                None => out.fill(W::zero()),
            }
        }
    }

    /// The row (axis 0) or column (axis 1) of the image below value `k` of the window at place `at`; `None` in the
    /// padding.
    pub(crate) fn source(&self, axis: usize, at: usize, k: usize) -> Option<usize> {
        let padded = at * self.stride[axis] + k * self.dilation[axis];
        padded.checked_sub(self.padding[axis]).filter(|&i| i < self.image[axis])
    }

    /// [`places`](Self::places), of a window that fits.
    ///
    /// # Panics
    /// If it does not.
    pub(crate) fn grid(&self) -> [usize; 2] {
        match self.places() {
            Ok(places) => places,
            Err(error) => panic!("{error}"),
        }
    }
}
