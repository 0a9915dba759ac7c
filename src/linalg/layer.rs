//! The three products of a layer with weights and of its gradients.
//!
//! With x: `[rows, inputs]`, W: `[outputs, inputs]` and the gradient g of the result: `[rows, outputs]`,
//!
//! z = x·Wᵀ, dx = g·W, dW = gᵀ·x.
//!
//! Through a window, rows are places of images: z = unfold(x)·Wᵀ, dW = gᵀ·unfold(x), and dx = fold(g·W), where folding, the
//! transpose of unfolding, adds up what the windows say of one value. In groups, each group of outputs sees its own inputs.
//! Each product is linear in either factor, so all of them work on shares and masks.
//!
//! Images are unfolded a strip of places at a time: what is unfolded stays in the second level cache.

use core::ops::Range;

use super::{Product, Window, product_add, product_add_strided};
use crate::secret::Scratch;

/// Elements that are unfolded at a time.
const UNFOLDED: usize = 1 << 15;

/// What a layer multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerShape {
    /// The window of a convolution.
    pub window: Option<Window>,
    /// Rows or images of the input.
    pub rows: usize,
    /// Rows of W: channels of the result.
    pub outputs: usize,
    /// Columns of W: what an output sees.
    pub inputs: usize,
    /// Groups of outputs; 1 without a window.
    pub groups: usize,
}

impl LayerShape {
    /// Elements of x, W and z, if they can be counted.
    pub fn sizes(&self) -> Option<[usize; 3]> {
        let (image, places) = match &self.window {
            Some(window) => {
                let [down, across] = window.places().ok()?;
                (
                    window.image.iter().try_fold(1usize, |all, &n| all.checked_mul(n))?,
                    down.checked_mul(across)?,
                )
            }
            None => (self.inputs, 1),
        };
        let weights = self.outputs.checked_mul(self.inputs)?;
        let places = self.rows.checked_mul(places)?;
        Some([self.rows.checked_mul(image)?, weights, places.checked_mul(self.outputs)?])
    }

    /// Multiplications of each product.
    pub fn multiplications(&self) -> f64 {
        let [_, _, product] = self.sizes().unwrap_or_default();
        product as f64 * self.inputs as f64
    }

    /// z += x·Wᵀ modulo 2^bits.
    ///
    /// # Panics
    /// If the lengths do not fit the shape.
    pub fn forward_add<W: Product>(&self, bits: u32, x: &[W], w: &[W], z: &mut [W]) {
        self.check([x.len(), w.len(), z.len()]);
        let Some(window) = &self.window else {
            return product_add(bits, [false, true], [self.rows, self.inputs, self.outputs], x, w, z);
        };
        self.strips(window, |group, places, unfolded| {
            self.unfold(window, x, group, places.clone(), unfolded);
            let (dims, strides) =
                ([places.len(), self.inputs, self.height()], [self.inputs, self.inputs, self.outputs]);
            let z = &mut z[self.first(group, &places)..];
            product_add_strided(bits, [false, true], dims, strides, unfolded, self.weights(w, group), z);
        });
    }

    /// dx += g·W modulo 2^bits.
    ///
    /// # Panics
    /// If the lengths do not fit the shape.
    pub fn input_add<W: Product>(&self, bits: u32, g: &[W], w: &[W], dx: &mut [W]) {
        self.check([dx.len(), w.len(), g.len()]);
        let Some(window) = &self.window else {
            return product_add(bits, [false, false], [self.rows, self.outputs, self.inputs], g, w, dx);
        };
        self.strips(window, |group, places, unfolded| {
            unfolded.fill(W::zero());
            let (dims, strides) =
                ([places.len(), self.height(), self.inputs], [self.outputs, self.inputs, self.inputs]);
            let g = &g[self.first(group, &places)..];
            product_add_strided(bits, [false, false], dims, strides, g, self.weights(w, group), unfolded);
            window.fold_rows(unfolded, &self.channels(window, group), places, dx);
        });
    }

    /// dW += gᵀ·x modulo 2^bits.
    ///
    /// # Panics
    /// If the lengths do not fit the shape.
    pub fn weight_add<W: Product>(&self, bits: u32, g: &[W], x: &[W], dw: &mut [W]) {
        self.check([x.len(), dw.len(), g.len()]);
        let Some(window) = &self.window else {
            return product_add(bits, [true, false], [self.outputs, self.rows, self.inputs], g, x, dw);
        };
        self.strips(window, |group, places, unfolded| {
            self.unfold(window, x, group, places.clone(), unfolded);
            let (dims, strides) =
                ([self.height(), places.len(), self.inputs], [self.outputs, self.inputs, self.inputs]);
            let g = &g[self.first(group, &places)..];
            let strip = self.height() * self.inputs;
            product_add_strided(
                bits,
                [true, false],
                dims,
                strides,
                g,
                unfolded,
                &mut dw[group * strip..][..strip],
            );
        });
    }

    fn check(&self, found: [usize; 3]) {
        assert_eq!(self.sizes(), Some(found), "elements of x, W and z of {self:?}");
    }

    /// Outputs of a group.
    fn height(&self) -> usize {
        self.outputs / self.groups
    }

    fn channels(&self, window: &Window, group: usize) -> Range<usize> {
        let channels = window.image[2] / self.groups;
        group * channels..(group + 1) * channels
    }

    fn weights<'a, W>(&self, w: &'a [W], group: usize) -> &'a [W] {
        let strip = self.height() * self.inputs;
        &w[group * strip..][..strip]
    }

    /// Where a group's columns of some rows of z begin.
    fn first(&self, group: usize, places: &Range<usize>) -> usize {
        places.start * self.outputs + group * self.height()
    }

    /// Group by group, strips of places and room for what is below the window there.
    fn strips<W: Product>(&self, window: &Window, mut f: impl FnMut(usize, Range<usize>, &mut [W])) {
        let places = window.places_in(self.rows);
        let step = (UNFOLDED / self.inputs.max(1)).clamp(1, places.max(1));
        let mut unfolded = Scratch::zeros(step * self.inputs);
        for group in 0..self.groups {
            for from in (0..places).step_by(step) {
                let strip = from..(from + step).min(places);
                let len = strip.len() * self.inputs;
                f(group, strip, &mut unfolded[..len]);
            }
        }
    }

    fn unfold<W: Product>(
        &self,
        window: &Window,
        x: &[W],
        group: usize,
        places: Range<usize>,
        out: &mut [W],
    ) {
        if self.inputs > 0 {
            window.unfold_rows(x, &self.channels(window, group), places, self.inputs, out);
        }
    }
}
