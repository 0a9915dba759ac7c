//! Sums over windows.

use super::Share;
use crate::linalg::{Window, WindowError};
use crate::ring::Ring;

impl<R: Ring> Share<R> {
    /// The sum over every window of this share of images `[images, height, width, channels]`, channel by channel;
    /// padding counts as zero. The result is `[images, places[0], places[1], channels]`. This is local, because sums of
    /// shares are shares of sums.
    ///
    /// # Panics
    /// If the window does not fit its image, or these are not whole images.
    pub fn sum_pool(&self, window: &Window) -> Self {
        let [down, across] = window.grid();
        let [_, width, channels] = window.image;
        let image: usize = window.image.iter().product();
        assert_eq!(self.len() % image, 0, "the images are not whole ones of {image} elements");
        let Some(elements) = window.places_in(self.len() / image).checked_mul(channels) else {
            panic!("{}", WindowError::Overflow)
        };
        let mut sums = Self::zeros(elements);
        let rows = sums.expose_mut().chunks_exact_mut(across * channels).enumerate();
        for (row, sums) in rows {
            let image = &self.words[row / down * image..][..image];
            for y in (0..window.size[0]).filter_map(|k| window.source(0, row % down, k)) {
                let line = &image[y * width * channels..][..width * channels];
                for (at, sums) in sums.chunks_exact_mut(channels).enumerate() {
                    for x in (0..window.size[1]).filter_map(|k| window.source(1, at, k)) {
                        super::add(sums, &line[x * channels..][..channels]);
                    }
                }
            }
        }
        sums
    }
}
