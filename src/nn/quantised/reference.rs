//! Exact evaluation of the integer program in the clear.
//!
//! Products are computed by [`Filters`] in the smallest word that holds every result for inputs of the declared bits, so
//! they are exact for all inputs that fit. Every value is checked to fit its bits.

use alloc::vec;
use alloc::vec::Vec;

use super::error::Overflow;
use super::format::{Format, width};
use super::matrix::{Matrix, word};
use super::program::{Program, Step};
use super::ranges::for_windows;
use crate::linalg::{Filters, Window};
use crate::nn::{Layer, Model, softmax_reference, step};
use crate::ring::Word;

/// Images that are evaluated at once.
const BLOCK: usize = 32;
/// Rows of weights that are packed at once.
const STRIP: usize = 16;

/// A function for x / 2^shift; `None` rounds down.
pub(super) type Round<'a> = Option<&'a mut dyn FnMut(i64, u32) -> i64>;

/// The program of a model, ready to be evaluated.
pub(super) struct Reference<'a> {
    model: &'a Model,
    program: &'a Program,
    products: Vec<Product>,
    input: Format,
}

/// A packed matrix.
enum Product {
    U16(Filters<u16>),
    U32(Filters<u32>),
    U64(Filters<u64>),
    U128(Filters<u128>),
}

impl<'a> Reference<'a> {
    pub(super) fn new(model: &'a Model, program: &'a Program, input: Format) -> Self {
        let mut matrices = program.matrices.iter();
        let mut products = Vec::with_capacity(matrices.len());
        for (i, layer) in program.layers.iter().enumerate() {
            let groups = match layer {
                Layer::Linear(_) => 1,
                Layer::Convolution(step::Convolution { groups, .. }) => *groups,
                _ => continue,
            };
            let Some(matrix) = matrices.next() else { break };
            let bits = i.checked_sub(1).map_or(input, |before| program.steps[before].format).bits;
            products.push(Product::new(matrix, groups, matrix.bound(1 << (bits - 1))));
        }
        Self { model, program, products, input }
    }

    /// From `[images, inputs]` to `[images, outputs]`.
    pub(super) fn run(&self, images: &[i64], mut round: Round<'_>) -> Result<Vec<i64>, Overflow> {
        let inputs: usize = self.model.input().iter().product();
        assert_eq!(images.len() % inputs, 0, "the images are not whole ones of {inputs} elements");
        check("input", images, self.input.bits)?;
        let mut out =
            Vec::with_capacity(images.len() / inputs * self.model.output().iter().product::<usize>());
        for block in images.chunks(BLOCK * inputs) {
            out.extend(self.block(block, &mut round)?);
        }
        Ok(out)
    }

    fn block(&self, images: &[i64], round: &mut Round<'_>) -> Result<Vec<i64>, Overflow> {
        let layers = &self.program.layers;
        let mut kept: Vec<Vec<i64>> = vec![Vec::new(); layers.len() + 1];
        let mut wanted = vec![false; layers.len() + 1];
        for layer in layers {
            if let Layer::Add(step::Add { value }) | Layer::From(step::From { value }) = *layer {
                wanted[value] = true;
            }
        }
        let mut products = self.products.iter().zip(&self.program.matrices);
        let mut x = images.to_vec();
        for (i, (layer, step)) in layers.iter().zip(&self.program.steps).enumerate() {
            if wanted[i] {
                kept[i] = x.clone();
            }
            x = match layer {
                Layer::Linear(_) | Layer::Convolution(_) => {
                    let Some((product, matrix)) = products.next() else { continue };
                    self.product(layer, step, product, matrix, &x)?
                }
                Layer::Add(step::Add { value }) => {
                    x.iter_mut().zip(&kept[*value]).for_each(|(x, other)| *x += *other);
                    x
                }
                Layer::From(step::From { value }) => kept[*value].clone(),
                layer => self.local(i, layer, x, round)?,
            };
            check(self.name(step), &x, step.format.bits)?;
        }
        Ok(x)
    }

    fn name(&self, step: &Step) -> &str {
        &self.model.nodes()[step.layer].name
    }

    fn product(
        &self,
        layer: &Layer,
        step: &Step,
        product: &Product,
        matrix: &Matrix,
        x: &[i64],
    ) -> Result<Vec<i64>, Overflow> {
        let window = match layer {
            Layer::Convolution(step::Convolution { window, .. }) => Some(window),
            _ => None,
        };
        Ok(match product {
            Product::U16(filters) => multiply(filters, window, &matrix.bias, x),
            Product::U32(filters) => multiply(filters, window, &matrix.bias, x),
            Product::U64(filters) => multiply(filters, window, &matrix.bias, x),
            Product::U128(filters) => {
                let z = words(filters, window, &matrix.bias, x);
                let z = z.into_iter().map(|word| word as i128);
                z.map(|value| fit(self.name(step), value, step.format.bits)).collect::<Result<_, _>>()?
            }
        })
    }

    /// A layer of the last value alone.
    fn local(
        &self,
        i: usize,
        layer: &Layer,
        mut x: Vec<i64>,
        round: &mut Round<'_>,
    ) -> Result<Vec<i64>, Overflow> {
        let step = &self.program.steps[i];
        let (name, bits) = (self.name(step), step.format.bits);
        match layer {
            Layer::Sign(step::Sign { bits }) => {
                check(name, &x, *bits)?;
                x.iter_mut().for_each(|x| *x = 1 - 2 * i64::from(*x < 0));
            }
            Layer::Relu(step::Relu { bits, shift }) => {
                check(name, &x, *bits)?;
                x.iter_mut().for_each(|x| *x = (*x).max(0));
                truncate(&mut x, *shift, round);
            }
            Layer::Truncate(step::Truncate { bits, shift }) => {
                check(name, &x, *bits)?;
                truncate(&mut x, *shift, round);
            }
            Layer::Clip(step::Clip { bits, low, high }) => {
                for end in [low, high] {
                    check_all(name, x.iter().map(|&x| i128::from(x) - i128::from(*end)), *bits)?;
                }
                x.iter_mut().for_each(|x| *x = (*x).clamp(*low, *high));
            }
            Layer::MaxPool(step::MaxPool { window, bits }) => return maxima(name, window, *bits, &x),
            Layer::SumPool(step::SumPool { window }) => return sums(name, window, bits, &x),
            Layer::Scale(step::Scale { factor }) => {
                check_all(name, x.iter().map(|&x| i128::from(x) * i128::from(*factor)), bits)?;
                x.iter_mut().for_each(|x| *x *= factor);
            }
            Layer::Lookup(step::Lookup { table }) => {
                let mask = table.entries().len() - 1;
                check(name, &x, table.index_bits())?;
                x.iter_mut().for_each(|x| *x = table.entries()[*x as usize & mask]);
            }
            Layer::Softmax(step::Softmax { classes, bits, fraction }) => {
                for row in x.chunks(*classes) {
                    let (low, high) = (row.iter().min(), row.iter().max());
                    let most = high.zip(low).map(|(&high, &low)| i128::from(high) - i128::from(low));
                    check_all(name, most.into_iter(), *bits)?;
                }
                x = softmax_reference(&x, *classes, *bits, *fraction);
            }
            _ => {}
        }
        Ok(x)
    }
}

impl Product {
    /// In the smallest word that holds ±`bound`.
    fn new(matrix: &Matrix, groups: usize, bound: i128) -> Self {
        // Its sign takes one bit.
        match 129 - bound.leading_zeros() {
            ..=16 => Self::U16(pack(matrix, groups)),
            17..=32 => Self::U32(pack(matrix, groups)),
            33..=64 => Self::U64(pack(matrix, groups)),
            _ => Self::U128(pack(matrix, groups)),
        }
    }
}

fn pack<W: Word>(matrix: &Matrix, groups: usize) -> Filters<W> {
    let (outputs, inputs) = (matrix.outputs(), matrix.inputs);
    let mut filters = Filters::zeros(outputs, inputs, groups);
    let mut strip = vec![W::zero(); STRIP.min(outputs) * inputs];
    for first in (0..outputs).step_by(STRIP) {
        let count = STRIP.min(outputs - first);
        for (row, out) in (first..).zip(strip.chunks_exact_mut(inputs)).take(count) {
            matrix.write_row(row, out);
        }
        filters.set_rows(first, &strip[..count * inputs]);
    }
    filters
}

fn words<W: Word>(filters: &Filters<W>, window: Option<&Window>, bias: &[i64], x: &[i64]) -> Vec<W> {
    let x: Vec<W> = x.iter().map(|&x| word(x)).collect();
    let bias: Vec<W> = bias.iter().map(|&b| word(b)).collect();
    let places = match window {
        None => x.len() / filters.inputs(),
        Some(window) => {
            let [rows, columns] = window.places().unwrap_or([0; 2]);
            x.len() / window.image.iter().product::<usize>() * rows * columns
        }
    };
    let mut z = Vec::with_capacity(places * bias.len());
    (0..places).for_each(|_| z.extend_from_slice(&bias));
    match window {
        None => filters.multiply_add(&x, &mut z),
        Some(window) => filters.convolve_add(window, &x, &mut z),
    }
    z
}

/// [`words`] of at most 64 bits as numbers.
fn multiply<W: Word>(filters: &Filters<W>, window: Option<&Window>, bias: &[i64], x: &[i64]) -> Vec<i64> {
    let up = 64 - W::BITS;
    words(filters, window, bias, x).into_iter().map(|z| (z.low64() << up) as i64 >> up).collect()
}

fn truncate(x: &mut [i64], shift: u32, round: &mut Round<'_>) {
    match round {
        _ if shift == 0 => {}
        None => x.iter_mut().for_each(|x| *x >>= shift),
        Some(round) => x.iter_mut().for_each(|x| *x = round(*x, shift)),
    }
}

fn sums(name: &str, window: &Window, bits: u32, images: &[i64]) -> Result<Vec<i64>, Overflow> {
    let mut out = Vec::new();
    for image in images.chunks_exact(window.image.iter().product()) {
        for_windows(window, |channel, places| {
            let sum = places.iter().map(|place| i128::from(image[place + channel])).sum();
            out.push(fit(name, sum, bits));
        });
    }
    out.into_iter().collect()
}

fn maxima(name: &str, window: &Window, bits: u32, images: &[i64]) -> Result<Vec<i64>, Overflow> {
    let (mut out, mut most) = (Vec::new(), 0);
    for image in images.chunks_exact(window.image.iter().product()) {
        for_windows(window, |channel, places| {
            let (mut low, mut high) = (i64::MAX, i64::MIN);
            for &place in places {
                let x = image[place + channel];
                (low, high) = (low.min(x), high.max(x));
            }
            most = most.max(i128::from(high) - i128::from(low));
            out.push(high);
        });
    }
    fit(name, most, bits)?;
    Ok(out)
}

/// Whether all values fit.
fn check(layer: &str, values: &[i64], bits: u32) -> Result<(), Overflow> {
    let magnitude = values.iter().fold(0, |all, &x| all | (x ^ x >> 63));
    if bits > 63 || magnitude >> (bits - 1) == 0 {
        return Ok(());
    }
    check_all(layer, values.iter().map(|&x| x.into()), bits)
}

fn check_all(layer: &str, mut values: impl Iterator<Item = i128>, bits: u32) -> Result<(), Overflow> {
    values.try_for_each(|value| fit(layer, value, bits).map(|_| ()))
}

/// The value, if it fits.
fn fit(layer: &str, value: i128, bits: u32) -> Result<i64, Overflow> {
    let needed = width(value);
    if needed > bits {
        return Err(Overflow { layer: layer.into(), value, bits, needed });
    }
    Ok(value as i64)
}
