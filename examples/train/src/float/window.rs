//! What lies below windows, laid out in rows and put back, and pooling.

use core::ops::Range;

use ringshare::linalg::Window;

/// Calls `f` with stretches of neighbours: where one begins in rows of what is below each place, where in the images, unless in
/// the padding, and its length.
fn stretches(
    window: &Window,
    [down, across]: [usize; 2],
    channels: &Range<usize>,
    places: Range<usize>,
    mut f: impl FnMut(usize, Option<usize>, usize),
) {
    let Window { image: [height, width, all], size, stride, padding, dilation } = *window;
    let (count, is_dense) = (channels.len(), dilation[1] == 1 && channels.len() == all);
    let mut at = 0;
    for place in places {
        let (image, place) = (place / (down * across), place % (down * across));
        let (a, b) = (place / across, place % across);
        for i in 0..size[0] {
            let row = (a * stride[0] + i * dilation[0]).checked_sub(padding[0]).filter(|row| *row < height);
            let first = (b * stride[1]).checked_sub(padding[1]).filter(|first| first + size[1] <= width);
            let Some(row) = row else {
                f(at, None, size[1] * count);
                at += size[1] * count;
                continue;
            };
            let row = (image * height + row) * width;
            if let (Some(first), true) = (first, is_dense) {
                f(at, Some((row + first) * all), size[1] * count);
                at += size[1] * count;
                continue;
            }
            for j in 0..size[1] {
                let column = b * stride[1] + j * dilation[1];
                let column = column.checked_sub(padding[1]).filter(|column| *column < width);
                f(at, column.map(|column| (row + column) * all + channels.start), count);
                at += count;
            }
        }
    }
}

/// Rows of what is below some places.
pub(super) fn unfold(
    window: &Window,
    grid: [usize; 2],
    channels: &Range<usize>,
    places: Range<usize>,
    x: &[f32],
    rows: &mut [f32],
) {
    stretches(window, grid, channels, places, |at, from, len| match from {
        // So short that a call would take longer.
        Some(from) if len < 8 => {
            rows[at..at + len].iter_mut().zip(&x[from..from + len]).for_each(|(row, x)| *row = *x);
        }
        Some(from) => rows[at..at + len].copy_from_slice(&x[from..from + len]),
        None => rows[at..at + len].fill(0.),
    });
}

/// Adds such rows to what they are made of.
pub(super) fn fold(
    window: &Window,
    grid: [usize; 2],
    channels: &Range<usize>,
    places: Range<usize>,
    rows: &[f32],
    x: &mut [f32],
) {
    stretches(window, grid, channels, places, |at, from, len| {
        if let Some(from) = from {
            x[from..from + len].iter_mut().zip(&rows[at..at + len]).for_each(|(x, row)| *x += row);
        }
    });
}

/// Maxima or means over windows, channel by channel.
pub(super) struct Pool {
    pub(super) window: Window,
    pub(super) grid: [usize; 2],
    /// Which value of its window each maximum is; of no elements for means.
    chosen: Vec<u32>,
    is_maximum: bool,
}

impl Pool {
    pub(super) fn new(window: Window, grid: [usize; 2], is_maximum: bool) -> Self {
        Self { window, grid, chosen: Vec::new(), is_maximum }
    }

    fn factor(&self) -> f32 {
        1. / (self.window.size[0] * self.window.size[1]) as f32
    }

    pub(super) fn forward(&mut self, x: &[f32], z: &mut [f32]) {
        let channels = self.window.image[2];
        let (all, factor) = (0..channels, self.factor());
        z.fill(if self.is_maximum { f32::NEG_INFINITY } else { 0. });
        self.chosen.resize(if self.is_maximum { z.len() } else { 0 }, 0);
        let values = self.window.size[0] * self.window.size[1];
        let chosen = &mut self.chosen;
        let is_maximum = self.is_maximum;
        stretches(&self.window, self.grid, &all, 0..z.len() / channels, |at, from, len| {
            let Some(from) = from else { return };
            for (x, at) in x[from..from + len].chunks_exact(channels).zip((at / channels)..) {
                let (place, k) = (at / values, (at % values) as u32);
                let z = &mut z[place * channels..][..channels];
                if !is_maximum {
                    z.iter_mut().zip(x).for_each(|(z, x)| *z += x * factor);
                    continue;
                }
                raise(z, x, &mut chosen[place * channels..][..channels], k);
            }
        });
    }

    /// Adds to the gradient of x.
    pub(super) fn backward(&self, g: &[f32], dx: &mut [f32]) {
        let channels = self.window.image[2];
        let (all, factor) = (0..channels, self.factor());
        let values = self.window.size[0] * self.window.size[1];
        stretches(&self.window, self.grid, &all, 0..g.len() / channels, |at, from, len| {
            let Some(from) = from else { return };
            for (dx, at) in dx[from..from + len].chunks_exact_mut(channels).zip((at / channels)..) {
                let (place, k) = (at / values, (at % values) as u32);
                let g = &g[place * channels..][..channels];
                if !self.is_maximum {
                    dx.iter_mut().zip(g).for_each(|(dx, g)| *dx += g * factor);
                    continue;
                }
                pass(dx, g, &self.chosen[place * channels..][..channels], k);
            }
        });
    }
}

/// Puts x in the place of smaller maxima. By masks: the compiler makes no branches of them.
fn raise(z: &mut [f32], x: &[f32], chosen: &mut [u32], k: u32) {
    for ((z, x), chosen) in z.iter_mut().zip(x).zip(chosen) {
        let greater = u32::from(*x > *z).wrapping_neg();
        *z = f32::from_bits(x.to_bits() & greater | z.to_bits() & !greater);
        *chosen = k & greater | *chosen & !greater;
    }
}

/// Adds the gradients of those maxima that are value k of their windows.
fn pass(dx: &mut [f32], g: &[f32], chosen: &[u32], k: u32) {
    for ((dx, g), chosen) in dx.iter_mut().zip(g).zip(chosen) {
        let is_chosen = u32::from(*chosen == k).wrapping_neg();
        *dx += f32::from_bits(g.to_bits() & is_chosen);
    }
}
