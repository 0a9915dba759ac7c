//! Piecewise linear functions of integers.

mod build;
pub(crate) mod functions;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::TableFormat;

/// The most index bits of a [`Piecewise`]: 2^12 nodes.
pub const MAX_NODE_BITS: u32 = 12;

/// The most bits of x within a segment: 2^10 values.
pub const MAX_LOW_BITS: u32 = 10;

/// A function that is linear between equally spaced nodes, for [`piecewise`](crate::protocol::Party::piecewise).
///
/// With l low bits, node j is at x = j·2^l, for j in −2^(m−1)..2^(m−1), and has a value N_j, an integer with g more
/// fractional bits than the result. For x = s·2^l + t with 0 ≤ t < 2^l,
///
/// v = 2^l·N_s + t·(N_{s+1} − N_s), and f(x) = ⌊v / 2^(l+g) + 1/2⌋.
///
/// Beyond the first and the last node the function goes on in a straight line, of slope 0, 1 or −1: constant, as that of
/// a sigmoid, or x itself, as that of GELU on the right. With l = 0 it is a table.
///
/// All of this is exact in integers, and [`evaluate`](Self::evaluate) is the reference for what is computed on shares.
///
/// ```
/// use ringshare::function::{Piecewise, TableFormat};
/// let input = TableFormat { bits: 15, fraction: 8 };
/// let output = TableFormat { bits: 14, fraction: 11 };
/// let tanh = Piecewise::tanh(input, output);
/// assert_eq!(tanh.evaluate(128), 947); // tanh(0.5) · 2^11 = 946.4, to a unit
/// assert!(tanh.error() <= 1.0); // units of the last place, over all x
/// ```
#[derive(Clone)]
pub struct Piecewise {
    input: TableFormat,
    output: TableFormat,
    index: u32,
    low: u32,
    guard: u32,
    /// What the tails on both sides add to v for each unit of x.
    slopes: [i64; 2],
    /// From node −2^(m−1) on.
    nodes: Arc<[i64]>,
    /// Bits of v, sign included, with what is added for rounding.
    bits: u32,
    /// Bits of N, D_{j−1} and D_j − D_{j−1} less their least values; without low bits, of N alone.
    widths: [u32; 3],
    error: f64,
}

/// What is wrong with the nodes of a [`Piecewise`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PiecewiseError {
    /// Not 2, 4, 8, … or 4096 nodes.
    Nodes {
        /// How many there are.
        found: usize,
    },
    /// Bits that are not taken.
    Bits {
        /// Of input and output, low and guard bits.
        found: [u32; 4],
    },
    /// The sum v needs more than 62 bits.
    Sum,
}

impl fmt::Display for PiecewiseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nodes { found } => {
                write!(f, "nodes: expected a power of two, at most 2^{MAX_NODE_BITS}, found {found}")
            }
            Self::Bits { found: [input, output, low, guard] } => write!(
                f,
                "bits of a piecewise function: expected 1 to 32 of input and output, up to {MAX_LOW_BITS} low bits and \
                 16 guard bits, found {input}, {output}, {low} and {guard}"
            ),
            Self::Sum => f.write_str("nodes and tails of a piecewise function need more than 62 bits"),
        }
    }
}

impl core::error::Error for PiecewiseError {}

/// What a [`Piecewise`] takes from a lookup of node j: with 2^l·t the distance of x from the node,
/// v = 2^l·N_j + t·D_{j−1} + max(t, 0)·(D_j − D_{j−1}), where D_j = N_{j+1} − N_j.
pub(crate) struct Coefficients {
    /// What is subtracted from N, D_{j−1} and D_j − D_{j−1}, so that none is negative.
    pub offsets: [i64; 3],
    /// `[3, 2^m]`, by j mod 2^m.
    pub words: [Vec<u64>; 3],
}

impl Piecewise {
    /// The format of x.
    pub fn input(&self) -> TableFormat {
        self.input
    }

    /// The format of the result.
    pub fn output(&self) -> TableFormat {
        self.output
    }

    /// m: the number of nodes is 2^m.
    pub fn node_bits(&self) -> u32 {
        self.index
    }

    /// l: a segment has 2^l values of x.
    pub fn low_bits(&self) -> u32 {
        self.low
    }

    /// The values at the nodes, from node −2^(m−1) on, with [`guard_bits`](Self::guard_bits) more fractional bits than the
    /// result.
    pub fn nodes(&self) -> &[i64] {
        &self.nodes
    }

    /// g: fractional bits of the nodes beyond those of the result.
    pub fn guard_bits(&self) -> u32 {
        self.guard
    }

    /// The largest difference between [`evaluate`](Self::evaluate) and the real function that was found when this was
    /// built, in units of the result's last place. Up to 16 bits of input all x were tried. Beyond, those of up to 12 bits
    /// were, and 2^12 x of each sign and length, a step apart.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// The least and the greatest x between the nodes.
    pub fn ends(&self) -> [i64; 2] {
        let half = 1i64 << (self.index + self.low - 1);
        [-half, half - (1 << self.low)]
    }

    /// Whether some x of the input lie beyond the nodes.
    pub fn is_clipped(&self) -> bool {
        (1i64 << (self.input.bits - 1)) > self.ends()[1] + 1
    }

    /// f(x), as it is computed on shares with rounding to nearest, halves upwards. An x beyond the input's format is on
    /// the tails.
    pub fn evaluate(&self, x: i64) -> i64 {
        (self.sum(x) + self.half()) >> self.shift()
    }

    /// v.
    pub(crate) fn sum(&self, x: i64) -> i64 {
        let [low, high] = self.ends();
        let inside = x.clamp(low, high);
        let (segment, t) = (inside >> self.low, inside & ((1 << self.low) - 1));
        let place = (segment + (1 << (self.index - 1))) as usize;
        let node = self.nodes[place];
        let slope = self.nodes.get(place + 1).map_or(0, |next| next - node);
        let tails = self.slopes[0] * (x.min(low) - low) + self.slopes[1] * (x.max(high) - high);
        (node << self.low) + t * slope + tails
    }

    /// The bits of v that are dropped.
    pub(crate) fn shift(&self) -> u32 {
        self.low + self.guard
    }

    /// Bits that x needs and, where it is clipped, its differences from the ends.
    pub(crate) fn needed_bits(&self) -> u32 {
        let places = self.index + self.low;
        if self.is_clipped() { self.input.bits.max(places) + 1 } else { places }
    }

    /// By how many units the result changes at most for a unit of x.
    pub(crate) fn steepest(&self) -> f64 {
        // For a unit of x, v changes by a difference of nodes, which are 2^l units of x apart and 2^l times as large in v, or by
        // the slope of a tail.
        let steps = self.nodes.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
        let tails = self.slopes.map(i64::unsigned_abs);
        steps.chain(tails).max().unwrap_or(0) as f64 / (1u64 << self.shift()) as f64
    }

    /// What is added to v before the bits are dropped.
    pub(crate) fn half(&self) -> i64 {
        (1 << self.shift()) >> 1
    }

    pub(crate) fn slopes(&self) -> [i64; 2] {
        self.slopes
    }

    /// Bits of v.
    pub(crate) fn sum_bits(&self) -> u32 {
        self.bits
    }

    pub(crate) fn coefficients(&self) -> Coefficients {
        let size = self.nodes.len();
        let slope = |place: usize| self.nodes[place + 1] - self.nodes[place];
        let mut words = [(); 3].map(|()| Vec::with_capacity(size));
        for index in 0..size {
            // Two's complement: the nodes begin with the middle index.
            let place = index ^ size >> 1;
            // Left of the first node and right of the last there is nothing to be looked up.
            let right = if place + 1 < size { slope(place) } else { slope(size - 2) };
            let left = if place > 0 { slope(place - 1) } else { right };
            for (words, value) in words.iter_mut().zip([self.nodes[place], left, right - left]) {
                words.push(value);
            }
        }
        let offsets = words.each_ref().map(|words| words.iter().copied().min().unwrap_or(0));
        let from = |which: usize| words[which].iter().map(|&value| value.abs_diff(offsets[which])).collect();
        Coefficients { offsets, words: [from(0), from(1), from(2)] }
    }

    /// Bits of N, D_{j−1} and D_j − D_{j−1} less their least values; without low bits, of N alone.
    pub(crate) fn widths(&self) -> [u32; 3] {
        self.widths
    }

    fn widths_of_words(&self) -> [u32; 3] {
        let words = self.coefficients().words;
        let width = |words: &[u64]| 64 - words.iter().fold(0, |all, word| all | word).leading_zeros();
        let [nodes, slopes, bends] = words.each_ref().map(|words| width(words));
        if self.low == 0 { [nodes, 0, 0] } else { [nodes, slopes, bends] }
    }
}

/// Whether they are the same function of the same formats; the measured error does not count.
impl PartialEq for Piecewise {
    fn eq(&self, other: &Self) -> bool {
        let all = |f: &Self| (f.input, f.output, f.low, f.guard, f.slopes);
        all(self) == all(other) && self.nodes == other.nodes
    }
}

impl Eq for Piecewise {}

impl fmt::Debug for Piecewise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { input, output, index, low, guard, error, .. } = self;
        write!(f, "Piecewise({input:?} to {output:?}, 2^{index} nodes of {guard} more bits, ")?;
        write!(f, "2^{low} values each, error {error})")
    }
}

#[cfg(test)]
mod tests {
    use super::{Piecewise, TableFormat};

    #[test]
    fn tails_are_no_steeper_than_their_slopes() {
        let [input, output] = [24, 26].map(|bits| TableFormat { bits, fraction: 12 });
        let silu = Piecewise::silu(input, output);
        assert!(silu.low > 0 && silu.is_clipped());
        // The slope of SiLU is at most 1.1, where nodes have twelve bits and more.
        assert!((1. ..1.11).contains(&silu.steepest()), "{}", silu.steepest());
    }
}
