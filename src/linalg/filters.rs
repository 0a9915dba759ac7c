//! The weights of a layer: right sides of products, group by group.
//!
//! A matrix W: `[outputs, inputs]` in g groups is g matrices one below the other, each of which sees its own part of
//! a row of x: output o, of group γ = ⌊o·g / outputs⌋, is W_o · x_γ, where x is cut into g parts of `inputs` elements. One
//! group is the plain product.
//!
//! As the weights of a convolution, W is `[outputs, size[0], size[1], channels / g]`: the parts are those of the
//! channels, and the row is what [`Window::unfold`] makes of an image at one place. All of it is linear in x, so a
//! party computes its share of a product with *public* weights from its share of x alone:
//!
//! ```
//! use ringshare::linalg::{Filters, Window};
//! use ringshare::{ring::Z2, share::Share};
//!
//! let sums = Filters::from_rows(1, 4, 1, &[1u16; 4]);
//! let window = Window::new([3, 3, 1], [2, 2]);
//! let image = [1u16, 2, 3, 4, 5, 6, 7, 8, 9];
//! let (mask, masked) = ([7u16; 9], image.map(|x| x.wrapping_sub(7)));
//! let shares = [mask, masked].map(|x| Share::<Z2<16>>::from_words(x.to_vec()));
//! let [a, b] = shares.map(|x| {
//!     let mut z = Share::<Z2<16>>::zeros(4);
//!     sums.convolve_add(&window, x.expose(), z.expose_mut());
//!     z
//! });
//! let z: Vec<u16> = a.expose().iter().zip(b.expose()).map(|(a, b)| a.wrapping_add(*b)).collect();
//! assert_eq!(z, [12, 16, 24, 28]);
//! ```

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

#[cfg(any(test, feature = "parallel"))]
use rayon::prelude::*;

use super::dispatch::Backend;
#[cfg(target_arch = "x86_64")]
use super::short::{self, Short};
#[cfg(target_arch = "x86_64")]
use super::signs::Signs;
use super::{Packed, Product, Window, depthwise, multiply, winograd};
use crate::secret::Scratch;

/// Places of a convolution that are unfolded at a time, for weights that are no words.
#[cfg(target_arch = "x86_64")]
const UNFOLDED: usize = 64;

/// Whether there is one thread for a product. With more, a convolution by its definition is shared out among them.
fn alone() -> bool {
    #[cfg(any(test, feature = "parallel"))]
    if rayon::current_num_threads() > 1 {
        return false;
    }
    true
}

/// A matrix in groups, packed for products and convolutions.
///
/// The words are wiped when dropped, and [`Debug`](fmt::Debug) prints the shape alone.
pub struct Filters<W: Product> {
    shape: [usize; 3],
    /// Products are right modulo 2^bits.
    bits: u32,
    weights: Weights<W>,
}

enum Weights<W: Product> {
    /// A matrix for every group.
    Groups(Vec<Packed<W>>),
    /// Of several groups of one output each, the transpose: `[inputs, outputs]`.
    Taps(Scratch<W>),
    /// One group of signs.
    #[cfg(target_arch = "x86_64")]
    Signs(Signs),
    /// One group for products modulo fewer bits.
    #[cfg(target_arch = "x86_64")]
    Short(Short),
}

impl<W: Product> Filters<W> {
    /// Bits of a word.
    const WORD: u32 = 8 * size_of::<W>() as u32;

    /// An all-zero matrix: `[outputs, inputs]` in `groups` groups, whose rows are to be set.
    ///
    /// # Panics
    /// If there are no groups, or the outputs do not fall into as many.
    pub fn zeros(outputs: usize, inputs: usize, groups: usize) -> Self {
        assert!(groups > 0 && outputs.is_multiple_of(groups), "{outputs} outputs in {groups} groups");
        let weights = if groups > 1 && groups == outputs {
            Weights::Taps(Scratch::zeros(inputs * outputs))
        } else {
            Weights::Groups((0..groups).map(|_| Packed::zeros(outputs / groups, inputs)).collect())
        };
        Self { shape: [outputs, inputs, groups], bits: Self::WORD, weights }
    }

    /// As [`zeros`](Self::zeros), for products modulo 2^bits alone: above that results are anything. They may take less time,
    /// and rows are [copied](Self::copy_rows) modulo 2^bits.
    ///
    /// # Panics
    /// As `zeros`.
    pub fn modulo(outputs: usize, inputs: usize, groups: usize, bits: u32) -> Self {
        #[cfg(target_arch = "x86_64")]
        if groups == 1
            && bits <= short::BITS
            && let Some(short) = Short::new::<W>(outputs, inputs)
        {
            return Self { shape: [outputs, inputs, 1], bits, weights: Weights::Short(short) };
        }
        Self { bits, ..Self::zeros(outputs, inputs, groups) }
    }

    /// A matrix `[outputs, inputs]` whose rows, of −1 and +1 alone, are to be set. They take a bit each, and products a
    /// fraction of their time, where the CPU has instructions for it, and else are words.
    pub fn signs(outputs: usize, inputs: usize) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(signs) = Signs::new::<W>(outputs, inputs) {
            return Self { shape: [outputs, inputs, 1], bits: Self::WORD, weights: Weights::Signs(signs) };
        }
        Self::zeros(outputs, inputs, 1)
    }

    /// Packs `rows: [outputs, inputs]` in `groups` groups.
    ///
    /// # Panics
    /// As [`zeros`](Self::zeros), or if `rows` has another length than `outputs · inputs`.
    pub fn from_rows(outputs: usize, inputs: usize, groups: usize, rows: &[W]) -> Self {
        assert_eq!(rows.len(), outputs * inputs, "the matrix is [{outputs}, {inputs}]");
        let mut filters = Self::zeros(outputs, inputs, groups);
        filters.set_rows(0, rows);
        filters
    }

    /// Sets rows `first..` from `rows: [any, inputs]`.
    ///
    /// # Panics
    /// If the strip is not whole rows, or reaches past the last row.
    pub fn set_rows(&mut self, first: usize, mut rows: &[W]) {
        for (group, row, len) in self.strips(first, rows.len()) {
            let (now, later) = rows.split_at(len);
            match &mut self.weights {
                Weights::Groups(matrices) => matrices[group].set_rows(row, now),
                Weights::Taps(taps) => {
                    taps.iter_mut()
                        .skip(group)
                        .step_by(self.shape[0])
                        .zip(now)
                        .for_each(|(tap, w)| *tap = *w);
                }
                #[cfg(target_arch = "x86_64")]
                Weights::Signs(signs) => signs.set_rows(row, now),
                #[cfg(target_arch = "x86_64")]
                Weights::Short(short) => short.set_rows(row, now),
            }
            rows = later;
        }
    }

    /// Copies rows `first..` to `rows: [any, inputs]`: the inverse of [`set_rows`](Self::set_rows), modulo 2^bits after
    /// [`modulo`](Self::modulo).
    ///
    /// # Panics
    /// As `set_rows`.
    pub fn copy_rows(&self, first: usize, mut rows: &mut [W]) {
        for (group, row, len) in self.strips(first, rows.len()) {
            let (now, later) = rows.split_at_mut(len);
            match &self.weights {
                Weights::Groups(matrices) => matrices[group].copy_rows(row, now),
                Weights::Taps(taps) => {
                    now.iter_mut()
                        .zip(taps.iter().skip(group).step_by(self.shape[0]))
                        .for_each(|(w, tap)| *w = *tap);
                }
                #[cfg(target_arch = "x86_64")]
                Weights::Signs(signs) => signs.copy_rows(row, now),
                #[cfg(target_arch = "x86_64")]
                Weights::Short(short) => short.copy_rows(row, now),
            }
            rows = later;
        }
    }

    /// `len` elements of the rows from the `first` on, group by group: the group, the row in it, and how many elements.
    fn strips(
        &self,
        mut first: usize,
        mut len: usize,
    ) -> impl Iterator<Item = (usize, usize, usize)> + use<W> {
        let [outputs, inputs, groups] = self.shape;
        let count = len.checked_div(inputs).unwrap_or(0);
        assert_eq!(len, count * inputs, "the strip is not whole rows of {inputs}");
        assert!(
            first <= outputs && count <= outputs - first,
            "{count} rows from row {first} on reach past the last of {outputs}"
        );
        core::iter::from_fn(move || {
            if len == 0 {
                return None;
            }
            let height = outputs / groups;
            let (group, row) = (first / height, first % height);
            let now = len.min((height - row) * inputs);
            (first, len) = (first + now / inputs, len - now);
            Some((group, row, now))
        })
    }

    /// Whether it was made for signs, and holds them as bits.
    pub(crate) fn are_signs(&self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return matches!(self.weights, Weights::Signs(_));
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// Rows of W.
    pub fn outputs(&self) -> usize {
        self.shape[0]
    }

    /// Columns of W: what an output sees.
    pub fn inputs(&self) -> usize {
        self.shape[1]
    }

    /// The number of groups.
    pub fn groups(&self) -> usize {
        self.shape[2]
    }

    /// Outputs, inputs, groups.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// `c += x · Wᵀ`, wrapping (modulo 2^bits alone after [`modulo`](Self::modulo)): `x: [rows, groups · inputs]`, `c: [rows, outputs]`.
    ///
    /// # Panics
    /// If the lengths do not fit the shapes.
    pub fn multiply_add(&self, x: &[W], c: &mut [W]) {
        match &self.weights {
            Weights::Groups(matrices) if matrices.len() == 1 => {
                multiply::multiply_add_by(Backend::modulo::<W>(self.bits), x, &matrices[0], c);
            }
            #[cfg(target_arch = "x86_64")]
            Weights::Short(short) => {
                multiply::check(x, [self.outputs(), self.inputs()], c);
                short.multiply_add(x, c);
            }
            // A row is an image of one place.
            _ if self.inputs() > 0 => {
                self.convolve_add(&Window::new([1, 1, self.groups() * self.inputs()], [1, 1]), x, c);
            }
            _ => assert!(x.is_empty(), "the left side is not whole rows of 0"),
        }
    }

    /// `c +=` the convolution of `images: [images, height, width, channels]`, wrapping:
    /// `c: [images, places[0], places[1], outputs]`, W: `[outputs, size[0], size[1], channels / groups]`.
    ///
    /// # Panics
    /// If the window does not fit its image, or the lengths do not fit the shapes.
    pub fn convolve_add(&self, window: &Window, images: &[W], c: &mut [W]) {
        self.convolve_add_modulo(window, Self::WORD, images, c);
    }

    /// As [`convolve_add`](Self::convolve_add), modulo 2^bits alone, and no more than the matrix is [for](Self::modulo): above that c
    /// gets anything. Where a word of 32 or 64 bits has 6 bits more, windows of 3×3 over many channels take a fraction of the
    /// multiplications, on one thread.
    ///
    /// # Panics
    /// As `convolve_add`.
    pub fn convolve_add_modulo(&self, window: &Window, bits: u32, images: &[W], c: &mut [W]) {
        window.grid();
        let image: usize = window.image.iter().product();
        let places = window.places_in(images.len() / image);
        let row = window.size[0] * window.size[1] * window.image[2];
        assert_eq!(self.inputs() * self.groups(), row, "inputs of all groups and of a window");
        assert_eq!(images.len() % image, 0, "the images are not whole ones of {image} elements");
        assert_eq!(
            Some(c.len()),
            places.checked_mul(self.outputs()),
            "the product has {places} rows of {}",
            self.outputs()
        );
        if c.is_empty() {
            return;
        }
        // Other words have hardly any use for it, and all code for them would have to be compiled.
        if const { matches!(size_of::<W>(), 4 | 8) }
            && self.groups() == 1
            && !self.are_signs()
            && bits <= Self::WORD - winograd::LOST
            && alone()
            && winograd::saves(window, images.len() / image, self.outputs())
        {
            let weights = |rows: &mut [W]| self.copy_rows(0, rows);
            let backend = Backend::modulo::<W>(bits + winograd::LOST);
            return winograd::convolve_add(backend, window, images, self.outputs(), weights, c);
        }
        #[cfg(any(test, feature = "parallel"))]
        if !alone() {
            let share = places.div_ceil(rayon::current_num_threads()).next_multiple_of(8);
            let strips = c.par_chunks_mut(share * self.outputs()).enumerate();
            return strips.for_each(|(strip, c)| self.convolve_strip(window, bits, images, strip * share, c));
        }
        self.convolve_strip(window, bits, images, 0, c);
    }

    /// [`convolve_add_modulo`](Self::convolve_add_modulo) to the places from the `first` on, of all images.
    fn convolve_strip(&self, window: &Window, bits: u32, images: &[W], first: usize, c: &mut [W]) {
        let backend = Backend::modulo::<W>(bits.min(self.bits));
        let (outputs, channels) = (self.outputs(), window.image[2] / self.groups());
        let matrices = match &self.weights {
            Weights::Groups(matrices) => matrices,
            Weights::Taps(taps) => {
                let rows = first..first + c.len() / outputs;
                return depthwise::convolve_add(window, images, taps, rows, c);
            }
            #[cfg(target_arch = "x86_64")]
            Weights::Signs(signs) => {
                return self.convolve_rows(window, images, first, c, |rows, c| signs.multiply_add(rows, c));
            }
            #[cfg(target_arch = "x86_64")]
            Weights::Short(short) => {
                return self.convolve_rows(window, images, first, c, |rows, c| short.multiply_add(rows, c));
            }
        };
        let stride = self.inputs().next_multiple_of(W::GROUP);
        for (group, packed) in matrices.iter().enumerate() {
            let channels = group * channels..(group + 1) * channels;
            let unfold = |rows: Range<usize>, out: &mut [W]| {
                window.unfold_rows(images, &channels, first + rows.start..first + rows.end, stride, out);
            };
            let columns = group * packed.outputs()..(group + 1) * packed.outputs();
            let mut c: Vec<_> = c.chunks_exact_mut(outputs).map(|row| &mut row[columns.clone()]).collect();
            W::multiply_add_unfolded(backend, &unfold, packed.panels(), &mut c);
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl<W: Product> Filters<W> {
    /// As [`convolve_strip`](Self::convolve_strip), by a function that multiplies unfolded rows.
    fn convolve_rows(
        &self,
        window: &Window,
        images: &[W],
        mut first: usize,
        c: &mut [W],
        multiply_add: impl Fn(&[W], &mut [W]),
    ) {
        let (outputs, inputs) = (self.outputs(), self.inputs());
        if window.image == [1, 1, inputs] && window.padding == [0, 0] {
            let rows = c.len() / outputs;
            return multiply_add(&images[first * inputs..][..rows * inputs], c);
        }
        let mut unfolded = Scratch::zeros(UNFOLDED.min(c.len() / outputs) * inputs);
        for c in c.chunks_mut(UNFOLDED * outputs) {
            let rows = c.len() / outputs;
            let unfolded = &mut unfolded[..rows * inputs];
            window.unfold_rows(images, &(0..window.image[2]), first..first + rows, inputs, unfolded);
            multiply_add(unfolded, c);
            first += rows;
        }
    }
}

impl<W: Product> From<Packed<W>> for Filters<W> {
    /// The one group of a plain product.
    fn from(packed: Packed<W>) -> Self {
        let shape = [packed.outputs(), packed.inputs(), 1];
        Self { shape, bits: Self::WORD, weights: Weights::Groups(alloc::vec![packed]) }
    }
}

impl<W: Product> fmt::Debug for Filters<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Filters {{ outputs: {}, inputs: {}, groups: {} }}",
            self.outputs(),
            self.inputs(),
            self.groups()
        )
    }
}
