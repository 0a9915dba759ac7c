//! Formats derived from ranges and norms measured on images; the module [`quantised`](super) has the mathematics.

use alloc::vec;
use alloc::vec::Vec;

use super::choosing::{Bound, Choosing, Chosen, TABLE_FRACTION};
use super::clip::ends;
use super::curve::Curve;
use super::error::QuantiseError;
use super::format::{Format, Formats, exact_fraction, integer_bits, width, word};
use super::graph::{Graph, Wanted, others, taken};
use super::matrix::threshold;
use super::options::Options;
use super::ranges::{Range, Ranges, integers};
use crate::nn::Rounding;
use crate::nn::op::Role;
use crate::ring::{nearest, power_of_two};

/// The most fractional bits of weights between 1/2 and 1, the precision of single precision numbers. Smaller ones have more.
const WEIGHT_FRACTION: i32 = 24;
/// The most fractional bits of the input.
const INPUT_FRACTION: i32 = 16;
/// Bits of a value that an operation made of whole numbers, when it makes fractions.
const FINE: i32 = 10;
/// The most fractional bits of a function's values, if they are small.
const SMALL_FRACTION: i32 = 24;
/// The most bits of a value that takes up half an accumulator.
const HALF: i32 = 14;
/// The most fractional bits that accumulators are given.
const MOST_FRACTION: i32 = 48;

/// Everything that the formats are derived from.
pub(super) struct Choice<'a> {
    graph: &'a Graph<'a>,
    ranges: &'a Ranges,
    margin: f64,
    /// Bits of the accumulators, N.
    bits: u32,
    /// How many more fractional bits activations get than weights to make up for stochastic rounding: 1/2, or 0 under
    /// floor rounding.
    chance: f64,
    /// Integer bits of every value in addition to those that its range needs.
    extra: &'a [u32],
    integers: Vec<i32>,
    /// The fractional bits that products want of every value, the one that wants most.
    wanted: Vec<Option<i32>>,
    /// Whether the bits of a value suffice for all inputs.
    bounded: Vec<bool>,
}

impl<'a> Choice<'a> {
    /// For accumulators of `bits` bits and measured ranges times a margin, where every value has `extra` more integer bits.
    pub(super) fn new(
        graph: &'a Graph<'a>,
        ranges: &'a Ranges,
        options: &Options,
        bits: u32,
        extra: &'a [u32],
    ) -> Self {
        let margin = options.margin;
        let chance = if options.rounding == Rounding::Stochastic { 0.5 } else { 0. };
        let integers = integers(graph, ranges, margin, extra);
        let mut this =
            Self { graph, ranges, margin, bits, chance, extra, integers, wanted: vec![], bounded: vec![] };
        this.wanted = graph.wanted(&|layer| this.wanted_by(layer));
        this.find_bounded();
        this
    }

    /// The formats.
    ///
    /// # Errors
    /// If the results of a layer leave no bits for the fractional bits of its input.
    pub(super) fn formats(&self) -> Result<Formats, QuantiseError> {
        let (input, bound) = self.input();
        let mut values = Vec::from([(input, bound)]);
        for layer in 0..self.graph.model.nodes().len() {
            let format = self.layer(layer, &values)?;
            values.push(format);
        }
        let mut formats = values.into_iter().map(|(format, _)| format);
        Ok(Formats { input: formats.next().unwrap_or(input), layers: formats.collect() })
    }

    fn input(&self) -> Chosen {
        let range = self.range(0);
        if self.ranges.whole {
            let most = range.largest() as i64;
            return (Format { fraction: 0, bits: signed(most.into()).max(2) }, Some(most));
        }
        // Without any, it would be for whole numbers only.
        let fraction = self.wanted(0).unwrap_or(INPUT_FRACTION).clamp(1, INPUT_FRACTION);
        let Format { fraction, bits } = self.held(0, fraction as u32);
        // To the nearest, an end may be rounded up.
        let ends = ends(Format { fraction, bits }, range.low, range.high).map(width);
        (Format { fraction, bits: ends.into_iter().fold(bits, u32::max) }, None)
    }

    fn layer(&self, layer: usize, values: &[Chosen]) -> Result<Chosen, QuantiseError> {
        let model = self.graph.model;
        let others: Vec<Chosen> = others(model, layer).map(|value| values[value]).collect();
        let op = model.nodes()[layer].op.get();
        match (op.role(), op.curve()) {
            (Role::Product, _) => self.product(layer, values[layer]),
            (_, Some(curve)) => Ok((self.curve(layer + 1, curve), None)),
            _ => op.format(self, layer, values[layer], &others),
        }
    }

    /// Finds the values whose bits suffice for all inputs, as those of signs and of their products with integers do.
    fn find_bounded(&mut self) {
        let model = self.graph.model;
        // Whether a value consists of signs or is an input of integers.
        let mut exact = vec![self.ranges.whole];
        self.bounded = exact.clone();
        for (layer, node) in model.nodes().iter().enumerate() {
            let role = node.op.get().role();
            let of_all = |found: &[bool]| role.passes() && taken(model, layer).all(|value| found[value]);
            let product = self.graph.affine(layer).is_some_and(|affine| {
                let whole = affine.whole_bias() || self.graph.only_signs(layer + 1);
                exact[layer] && affine.weights().1 && whole
            });
            let bounded = role == Role::Sign || of_all(&self.bounded) || product;
            exact.push(role == Role::Sign || of_all(&exact));
            self.bounded.push(bounded);
        }
    }

    /// Bits of a product's results.
    fn accumulator(&self, layer: usize) -> u32 {
        match self.graph.last() == Some(layer) {
            true => (self.bits + 4).min(word(self.bits) - 1),
            false => self.bits,
        }
    }

    /// The fractional bits that products want of a value.
    fn wanted(&self, value: usize) -> Option<i32> {
        self.wanted[value]
    }

    /// The fractional bits that a product wants of what it takes.
    fn wanted_by(&self, layer: usize) -> Option<Wanted> {
        let affine = self.graph.affine(layer)?;
        let bits = self.accumulator(layer) as i32;
        let all = (bits - self.integer(layer + 1)).min(MOST_FRACTION);
        let (largest, whole) = affine.weights();
        let whole = whole && !self.graph.has_gain(layer);
        let input = self.range(layer).norm() * libm::sqrt(affine.row as f64);
        let more = libm::log2((input / affine.norm()).clamp(1e-9, 1e9));
        let split = libm::round((f64::from(all) + more - self.chance) / 2.) as i32;
        let most = if whole { all.max(0) / 2 } else { all.max(0) };
        let weights = split.min(most_fraction(largest)).clamp(0, most);
        // Whole weights leave all fractional bits to what they multiply, where nothing else needs any for weights of its own.
        Some(Wanted { alone: if whole { all } else { all - weights }, shared: all - weights })
    }

    fn integer(&self, value: usize) -> i32 {
        self.integers[value]
    }

    fn range(&self, value: usize) -> &Range {
        &self.ranges.values[value]
    }

    /// Of a product's results.
    ///
    /// # Errors
    /// If they leave no bits for the fractional bits of the input.
    fn product(&self, layer: usize, (x, bound): Chosen) -> Result<Chosen, QuantiseError> {
        let Some(affine) = self.graph.affine(layer) else { return Ok((x, bound)) };
        let value = layer + 1;
        let (largest, whole) = affine.weights();
        let whole = whole && !self.graph.has_gain(layer);
        let signs = self.graph.only_signs(value);
        if let (Some(most), true) = (bound, whole) {
            let most = i128::from(most) * largest as i128 * affine.row as i128;
            // Where only signs count, biases are rounded down and nothing is lost.
            let fraction = if signs { 0 } else { exact_fraction(&affine.bias, TABLE_FRACTION as u32) };
            let of = |&b: &f32| match signs {
                true => threshold(b, 0, most.min(1 << 62) as i64).into(),
                false => nearest(b.into(), fraction, 64).0,
            };
            let bias = affine.bias.iter().map(|b| of(b).abs()).max().unwrap_or(0);
            // With half a unit of what is kept, by which biases may be raised.
            let most = (most << fraction) + bias + (1 << fraction) / 2;
            return Ok((Format { fraction, bits: signed(most) }, None));
        }
        let bits = self.accumulator(layer);
        let all = bits as i32 - self.integer(value);
        let most = (all - x.fraction as i32).min(most_fraction(largest));
        // Whole weights need no fractional bits, but biases may.
        let rest = match whole {
            true => (exact_fraction(&affine.bias, TABLE_FRACTION as u32).saturating_sub(x.fraction) as i32)
                .min(most),
            false => most,
        };
        let fraction = x.fraction as i32 + rest;
        if rest < 0 || fraction > all {
            let largest = self.range(value).largest() as f32;
            return Err(QuantiseError::Range {
                layer: self.graph.model.nodes()[layer].name.clone(),
                largest,
                bits,
            });
        }
        Ok((Format { fraction: fraction as u32, bits }, None))
    }

    /// Of the values of a curve.
    fn curve(&self, value: usize, curve: Curve) -> Format {
        let fraction = self.tabled(value);
        if curve.is_bounded { Format { fraction, bits: fraction + 2 } } else { self.held(value, fraction) }
    }
}

impl Choosing for Choice<'_> {
    fn same(&self, layer: usize, (x, bound): Chosen) -> Chosen {
        match self.graph.rounds(layer) {
            true => (self.held(layer + 1, self.dropped(layer + 1, x)), None),
            false => (x, bound),
        }
    }

    fn maximum(&self, value: usize, x: Format, bound: Bound) -> Chosen {
        let spread = f64::from(self.range(value).spread) * self.margin;
        let seen = integer_bits(spread) + x.fraction as i32 + self.extra[value] as i32;
        // Whatever the input, the difference of two values takes one bit more than they do, and room for what is not compared
        // in front of a truncation another.
        let next = value < self.graph.model.nodes().len() && self.graph.rounds(value);
        let room = next && self.chance > 0.;
        let most = x.bits + 1 + u32::from(room);
        let bits = if self.bounded[value] { most } else { (seen.max(2) as u32).clamp(x.bits, most) };
        (Format { fraction: x.fraction, bits }, bound)
    }

    fn dropped(&self, value: usize, x: Format) -> u32 {
        let most = x.fraction as i32;
        // Less than a unit must not be dropped altogether.
        let least = (most + 1 - x.bits as i32).max(0);
        self.wanted(value).map_or(most, |wanted| wanted.clamp(least, most)) as u32
    }

    fn tabled(&self, value: usize) -> u32 {
        // Values that are all below 1/2 have more.
        let most = (TABLE_FRACTION + (1 - self.integer(value)).max(0)).min(SMALL_FRACTION);
        self.wanted(value).unwrap_or(TABLE_FRACTION).clamp(0, most) as u32
    }

    fn fine(&self, value: usize) -> u32 {
        (FINE - self.integer(value)).clamp(0, TABLE_FRACTION) as u32
    }

    fn half(&self, value: usize) -> u32 {
        let bits = (self.bits as i32 / 2).min(HALF);
        (bits - self.integer(value)).clamp(0, SMALL_FRACTION) as u32
    }

    fn digits(&self, value: usize, bits: u32) -> u32 {
        let least = f64::from(self.range(value).low) / self.margin;
        let fraction = f64::from(bits) - libm::floor(libm::log2(least.max(power_of_two(-30))));
        (fraction as i32).clamp(0, SMALL_FRACTION) as u32
    }

    fn held(&self, value: usize, fraction: u32) -> Format {
        Format { fraction, bits: (self.integer(value) + fraction as i32).clamp(2, 64) as u32 }
    }

    fn grown(&self, layer: usize, values: usize) -> u32 {
        self.graph.grown(layer, values)
    }

    fn rounds(&self, layer: usize) -> bool {
        self.graph.rounds(layer)
    }
}

/// The least b with −2^(b−1) ≤ −x and x < 2^(b−1), but at least 2, since there are no comparisons of one bit.
fn signed(most: i128) -> u32 {
    (129 - most.leading_zeros()).max(2)
}

/// The most fractional bits of weights of this magnitude that say something and fit 31 bits.
fn most_fraction(largest: f32) -> i32 {
    let integer = integer_bits(f64::from(largest));
    (WEIGHT_FRACTION - (integer - 1).min(0)).min(30 - integer).clamp(0, MOST_FRACTION)
}
