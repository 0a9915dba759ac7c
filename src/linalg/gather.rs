//! The values of pooling windows, in planes.

use alloc::vec::Vec;

use super::{Product, Window, WindowError};
use crate::secret::Scratch;

/// For every place of an axis and every value of the window there, the row or column of the image to look at.
type Taps = [Vec<usize>; 2];

impl Window {
    /// Where the values of every window come from; in the stead of the padding, the window's first value in the image.
    ///
    /// # Errors
    /// If the window does not fit its image, or is in the padding as a whole at some place.
    pub(crate) fn taps(&self) -> Result<Taps, WindowError> {
        let places = self.places()?;
        let axis = |axis: usize| {
            let size = self.size[axis];
            let mut taps = Vec::with_capacity(places[axis] * size);
            for at in 0..places[axis] {
                let sources = (0..size).map(|k| self.source(axis, at, k));
                let first = sources.clone().flatten().next().ok_or(WindowError::Padding { place: at })?;
                taps.extend(sources.map(|source| source.unwrap_or(first)));
            }
            Ok(taps)
        };
        Ok([axis(0)?, axis(1)?])
    }

    /// Value k of all windows, for every k: `[size[0] · size[1], images, places[0], places[1], channels]`.
    pub(crate) fn gather<W: Copy>(&self, images: &[W], [down, across]: &Taps) -> Vec<W> {
        let [height, width, channels] = self.image;
        let [rows, columns] = self.size;
        let windows = images.len() / (height * width) * (down.len() / rows) * (across.len() / columns);
        // Growing would leave the old place unwiped.
        let mut planes = Vec::with_capacity(windows * rows * columns);
        for k in 0..rows * columns {
            for image in images.chunks_exact(height * width * channels) {
                for y in down.iter().skip(k / columns).step_by(rows) {
                    let line = &image[y * width * channels..][..width * channels];
                    for x in across.iter().skip(k % columns).step_by(columns) {
                        planes.extend_from_slice(&line[x * channels..][..channels]);
                    }
                }
            }
        }
        planes
    }

    /// The transpose of [`gather`](Self::gather), given the planes by their numbers: images of which every value is the sum of those of the planes
    /// that it would have been.
    pub(crate) fn scatter<'a, W: Product>(
        &self,
        plane: impl Fn(usize) -> &'a [W],
        [down, across]: &Taps,
    ) -> Scratch<W> {
        let [height, width, channels] = self.image;
        let [rows, columns] = self.size;
        let places = (down.len() / rows) * (across.len() / columns);
        let number = plane(0).len() / (places * channels).max(1);
        let mut images = Scratch::<W>::zeros(number * height * width * channels);
        for k in 0..rows * columns {
            let mut plane = plane(k).chunks_exact(channels);
            for image in images.chunks_exact_mut(height * width * channels) {
                for y in down.iter().skip(k / columns).step_by(rows) {
                    let line = &mut image[y * width * channels..][..width * channels];
                    let places = across.iter().skip(k % columns).step_by(columns);
                    for (x, values) in places.zip(plane.by_ref()) {
                        let sums = line[x * channels..].iter_mut().zip(values);
                        sums.for_each(|(sum, value)| *sum = sum.wrapping_add(value));
                    }
                }
            }
        }
        images
    }
}
