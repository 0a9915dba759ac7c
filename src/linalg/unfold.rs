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

use super::{Product, Window};

/// Neighbouring words from which on it pays to call for their copy.
const LONG_RUN: usize = 16;

impl Window {
    /// Rows `rows` of the unfolded `images: [images, height, width, channels]`, of some `channels`, to
    /// `out: [rows, size[0], size[1], channels]`.
    ///
    /// # Panics
    /// If the window does not fit its image, `images` is not whole images, there are no such rows or channels, or
    /// `out` has another length.
    pub fn unfold<W: Product>(
        &self,
        images: &[W],
        channels: Range<usize>,
        rows: Range<usize>,
        out: &mut [W],
    ) {
        self.grid();
        let depth = self.image[2];
        let image: usize = self.image.iter().product();
        assert_eq!(images.len() % image, 0, "the images are not whole ones of {image} elements");
        assert!(channels.start <= channels.end && channels.end <= depth, "channels {channels:?} of {depth}");
        assert!(rows.end <= self.places_in(images.len() / image), "rows {rows:?} reach past the last image");
        let inputs = self.size[0] * self.size[1] * channels.len();
        assert_eq!(
            Some(out.len()),
            rows.len().checked_mul(inputs),
            "the unfolded rows are [{}, {inputs}]",
            rows.len()
        );
        if inputs > 0 {
            self.unfold_rows(images, &channels, rows, inputs, out);
        }
    }

    /// [`unfold`](Self::unfold) with rows `stride` words apart, and zeros between them.
    pub(super) fn unfold_rows<W: Product>(
        &self,
        images: &[W],
        channels: &Range<usize>,
        rows: Range<usize>,
        stride: usize,
        mut out: &mut [W],
    ) {
        let image: usize = self.image.iter().product();
        for (number, row, places) in self.lines(rows) {
            let (now, later) = out.split_at_mut(places.len() * stride);
            let image = &images[number * image..][..image];
            self.unfold_across(image, channels, (row, places), stride, now);
            out = later;
        }
    }

    /// The places `rows` of all images, those side by side together: image, row of places, and the places in it.
    pub(super) fn lines(
        &self,
        mut rows: Range<usize>,
    ) -> impl Iterator<Item = (usize, usize, Range<usize>)> + use<> {
        let [down, across] = self.grid();
        core::iter::from_fn(move || {
            let (above, from) = (rows.start / across, rows.start % across);
            let to = across.min(from + rows.len());
            rows.start += to - from;
            (from < to).then_some((above / down, above % down, from..to))
        })
    }

    /// The values below the window at some places in one row of an image's places.
    fn unfold_across<W: Product>(
        &self,
        image: &[W],
        channels: &Range<usize>,
        (row, places): (usize, Range<usize>),
        stride: usize,
        out: &mut [W],
    ) {
        let line = self.image[1] * self.image[2];
        let below = self.size[1] * channels.len();
        let is_run = self.dilation[1] == 1 && channels.len() == self.image[2];
        for k in 0..self.size[0] {
            let columns = k * below..(k + 1) * below;
            let rows = out.chunks_exact_mut(stride).map(|row| &mut row[columns.clone()]);
            match self.source(0, row, k) {
                None => rows.for_each(|row| row.fill(W::zero())),
                Some(y) if is_run && below >= LONG_RUN => {
                    let line = &image[y * line..][..line];
                    rows.zip(places.clone()).for_each(|(row, place)| self.unfold_run(line, place, row));
                }
                Some(y) => {
                    let line = &image[y * line..][..line];
                    self.unfold_columns(line, channels, &places, (stride, columns.start), out);
                }
            }
        }
        let inputs = self.size[0] * below;
        out.chunks_exact_mut(stride).for_each(|row| row[inputs..].fill(W::zero()));
    }

    /// The values below one row of the window at one place, which are neighbours.
    fn unfold_run<W: Product>(&self, line: &[W], place: usize, out: &mut [W]) {
        let (first, padding, depth) = (place * self.stride[1], self.padding[1], self.image[2]);
        let [from, to] =
            [padding, padding + self.image[1]].map(|edge| edge.clamp(first, first + self.size[1]));
        let (before, rest) = out.split_at_mut((from - first) * depth);
        let (inside, after) = rest.split_at_mut((to - from) * depth);
        before.fill(W::zero());
        after.fill(W::zero());
        if from < to {
            inside.copy_from_slice(&line[(from - padding) * depth..][..inside.len()]);
        }
    }

    /// The values below one row of the window, column by column at all places: a loop for each, not a call.
    fn unfold_columns<W: Product>(
        &self,
        line: &[W],
        channels: &Range<usize>,
        places: &Range<usize>,
        (stride, first): (usize, usize),
        out: &mut [W],
    ) {
        let depth = self.image[2];
        // A step that cannot be counted is beyond the line, as is any of its length.
        let step = self.stride[1].saturating_mul(depth);
        for k in 0..self.size[1] {
            let inside = self.inside(k, places);
            let (before, after) = (inside.start - places.start, inside.end - places.start);
            for (channel, at) in channels.clone().zip(first + k * channels.len()..) {
                let out = &mut out[at..];
                let zero = |word: &mut W| *word = W::zero();
                out.iter_mut().step_by(stride).take(before).for_each(zero);
                out.iter_mut().step_by(stride).skip(after).for_each(zero);
                if inside.is_empty() {
                    continue;
                }
                let x = inside.start * self.stride[1] + k * self.dilation[1] - self.padding[1];
                let values = line[x * depth + channel..].iter().step_by(step);
                let out = out.iter_mut().step_by(stride).take(after).skip(before);
                out.zip(values).for_each(|(out, &value)| *out = value);
            }
        }
    }

    /// The places among some at which column `k` of the window is in the image.
    fn inside(&self, k: usize, places: &Range<usize>) -> Range<usize> {
        let (stride, offset) = (self.stride[1], k * self.dilation[1]);
        let [from, to] = [self.padding[1], self.padding[1] + self.image[1]]
            .map(|edge| edge.saturating_sub(offset).div_ceil(stride).clamp(places.start, places.end));
        from..to
    }
}
