//! Which nodes for a real function.
//!
//! A line from node to node lies on one side of a curve that bends one way: it is off by f''·w² / 8 in the middle of a
//! segment of width w, and not at all at its ends. With each node moved half of that towards the curve, the error is
//! f''·w² / 16 everywhere. A constant tail is best half way between the function's values at its two ends. Such nodes
//! are tried besides the function's own values, and what is off least is taken.
//!
//! Candidates differ in the nodes' distance, in how far the nodes go, and in guard bits. They are tried in the order of
//! what they cost, and the first is taken whose error is at most a unit of the result's last place.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{MAX_LOW_BITS, MAX_NODE_BITS, Piecewise, PiecewiseError};
use crate::function::TableFormat;
use crate::ring::power_of_two;

/// The most bits of input and of output.
const MAX_BITS: u32 = 32;
/// The most fractional bits of both.
const MAX_FRACTION: u32 = 32;
/// Inputs of this length are all tried.
const ALL: u32 = 16;
/// Of longer ones 2^EACH of each sign and length.
const EACH: u32 = 12;
/// Samples are tried in strides of this many.
const STEP: usize = 251;
/// The most bits of v: a truncation takes one more, and a ring of 64 has them.
const MAX_SUM: u32 = 62;
/// The most guard bits.
const MAX_GUARD: u32 = 16;
/// Guard bits that are tried with low bits.
const GUARDS: core::ops::RangeInclusive<u32> = 1..=3;
/// What a clip costs: some 30 bytes from the dealer and 50 opened bits, and three rounds, each as much as a dozen of either.
const CLIP: f64 = 116.;

impl Piecewise {
    /// A function of the reals, clamped to the range of the output's format; NaN is zero.
    ///
    /// The nodes are the cheapest that are found with an error of at most one unit of the result's last place, or, if
    /// there are none, those with the least error. [`error`](Self::error) tells which.
    ///
    /// ```
    /// use ringshare::function::{Piecewise, TableFormat};
    /// let input = TableFormat { bits: 12, fraction: 8 };
    /// let sine = Piecewise::real(input, TableFormat { bits: 10, fraction: 8 }, libm::sin);
    /// assert_eq!(sine.evaluate(402), 256); // the sine of 1.57
    /// assert!(sine.error() <= 1.0);
    /// ```
    ///
    /// # Panics
    /// If input or output have not 1 to 32 bits, or more than 32 fractional bits.
    pub fn real(input: TableFormat, output: TableFormat, f: impl Fn(f64) -> f64) -> Self {
        for TableFormat { bits, fraction } in [input, output] {
            assert!((1..=MAX_BITS).contains(&bits), "{bits} bits of a number, not 1 to {MAX_BITS}");
            assert!(fraction <= MAX_FRACTION, "{fraction} fractional bits, not 0 to {MAX_FRACTION}");
        }
        Builder::new(input, output, &f).best()
    }

    /// The function with 2^m nodes, a power of two of them, which are 2^`low` values of x apart and have `guard` more
    /// fractional bits than the output. Beyond the first and the last node, v changes by `slopes` for each unit of x. The
    /// [`error`](Self::error) is not measured.
    ///
    /// ```
    /// use ringshare::function::{Piecewise, TableFormat};
    /// let format = TableFormat { bits: 8, fraction: 0 };
    /// // x in −2..2, constant beyond.
    /// let clip = Piecewise::from_nodes(format, format, [1, 0], [0, 0], [-2, 0, 2, 4])?;
    /// assert_eq!([-100, -4, -1, 1, 2, 100].map(|x| clip.evaluate(x)), [-2, -2, 1, 3, 4, 4]);
    /// # Ok::<(), ringshare::function::PiecewiseError>(())
    /// ```
    ///
    /// # Errors
    /// If there are not 2 to 4096 nodes, a power of two, there are more than 10 low bits or 16 guard bits, input or output
    /// have not 1 to 32 bits, or v needs more than 62 bits.
    pub fn from_nodes(
        input: TableFormat,
        output: TableFormat,
        [low, guard]: [u32; 2],
        slopes: [i64; 2],
        nodes: impl Into<Arc<[i64]>>,
    ) -> Result<Self, PiecewiseError> {
        let nodes: Arc<[i64]> = nodes.into();
        let index = nodes.len().trailing_zeros();
        if !nodes.len().is_power_of_two() || !(1..=MAX_NODE_BITS).contains(&index) {
            return Err(PiecewiseError::Nodes { found: nodes.len() });
        }
        let all =
            [input.bits.clamp(1, MAX_BITS), output.bits.clamp(1, MAX_BITS)] == [input.bits, output.bits];
        if !all || low > MAX_LOW_BITS || guard > MAX_GUARD {
            return Err(PiecewiseError::Bits { found: [input.bits, output.bits, low, guard] });
        }
        let error = f64::NAN;
        let this = Self { input, output, index, low, guard, slopes, nodes, bits: 0, widths: [0; 3], error };
        this.with_bits().ok_or(PiecewiseError::Sum)
    }

    /// As [`from_nodes`](Self::from_nodes), of nodes that are known to fit and x that are known to lie between them.
    pub(crate) fn of_nodes(
        input: TableFormat,
        output: TableFormat,
        [low, guard]: [u32; 2],
        nodes: Vec<i64>,
    ) -> Self {
        let index = nodes.len().trailing_zeros();
        let (nodes, error) = (nodes.into(), f64::NAN);
        let mut this =
            Self { input, output, index, low, guard, slopes: [0; 2], nodes, bits: 0, widths: [0; 3], error };
        (this.bits, this.widths) = (this.bits_of_sum(), this.widths_of_words());
        debug_assert!(this.bits <= MAX_SUM && !this.is_clipped(), "{} bits of a sum", this.bits);
        this
    }

    /// With the bits of v, unless they are too many, and those of the words.
    fn with_bits(mut self) -> Option<Self> {
        self.bits = self.bits_of_sum();
        if self.bits > MAX_SUM {
            return None;
        }
        self.widths = self.widths_of_words();
        Some(self)
    }

    /// Bits of v, and of v with half a unit of the result.
    fn bits_of_sum(&self) -> u32 {
        let [first, last] = self.ends().map(i128::from);
        let far = 1i128 << (self.input.bits - 1);
        let node = |place: usize| i128::from(self.nodes[place]) << self.low;
        let [left, right] = self.slopes.map(i128::from);
        let left = node(0) + left * (-far - first).min(0);
        let right = node(self.nodes.len() - 1) + right * (far - 1 - last).max(0);
        let inside = (0..self.nodes.len()).map(node);
        let all = inside.chain([left, right]);
        let magnitude = all.map(|v| (v + i128::from(self.half())).max(-v - 1)).max().unwrap_or(0);
        129 - magnitude.leading_zeros()
    }
}

/// A function, and what it is at the points that are tried.
struct Builder<'a> {
    input: TableFormat,
    output: TableFormat,
    f: &'a dyn Fn(f64) -> f64,
    /// x, and the function there in units of the output.
    samples: Vec<(i64, f64)>,
    /// Slopes at both ends.
    slopes: [i64; 2],
}

/// How nodes are moved.
#[derive(Clone, Copy)]
struct Moves {
    /// Towards the curve between them.
    inside: bool,
    /// The outermost, to the middle of the tails.
    ends: bool,
}

impl<'a> Builder<'a> {
    fn new(input: TableFormat, output: TableFormat, f: &'a dyn Fn(f64) -> f64) -> Self {
        let mut this = Self { input, output, f, samples: Vec::new(), slopes: [0; 2] };
        let end = 1i64 << (input.bits - 1);
        this.slopes = [[-end, -end / 2], [end / 2, end - 1]].map(|[from, to]| this.slope(from, to));
        let samples: Vec<_> = samples(input.bits).map(|x| (x, this.clamped(this.at(x)))).collect();
        // In strides over the whole range, so that a large error is met early.
        let steps = (0..STEP).flat_map(|first| samples.iter().skip(first).step_by(STEP));
        this.samples = steps.copied().collect();
        this
    }

    /// The function in units of the output.
    fn at(&self, x: i64) -> f64 {
        let unit = power_of_two(-(self.input.fraction as i32));
        let y = (self.f)(x as f64 * unit) * power_of_two(self.output.fraction as i32);
        if y.is_nan() { 0. } else { y }
    }

    fn clamped(&self, y: f64) -> f64 {
        let end = power_of_two(self.output.bits as i32 - 1);
        y.clamp(-end, end - 1.)
    }

    /// −1, 0 or 1, which is nearest to the slope between two x.
    fn slope(&self, from: i64, to: i64) -> i64 {
        let units = power_of_two(self.input.fraction as i32 - self.output.fraction as i32);
        let slope = (self.clamped(self.at(to)) - self.clamped(self.at(from))) / (to - from).max(1) as f64;
        libm::round((slope * units).clamp(-1., 1.)) as i64
    }

    fn best(&self) -> Piecewise {
        let mut candidates = Vec::new();
        let bits = self.input.bits;
        for low in 0..=MAX_LOW_BITS.min(bits) {
            let longest = bits + u32::from(low > 0);
            for reach in low + 1..=longest.min(low + MAX_NODE_BITS) {
                let guards = if low == 0 { 0..=0 } else { GUARDS };
                for guard in guards {
                    let moves = Moves { inside: low > 0, ends: true };
                    let all =
                        self.candidate([reach - low, low, guard], moves).map(|found| (cost(&found), found));
                    candidates.extend(all);
                }
            }
        }
        candidates.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let candidates: Vec<Piecewise> = candidates.into_iter().map(|(_, found)| found).collect();
        // What is off by more than a unit is soon found to be, so that the errors of all are measured only if they must be.
        let first = candidates.iter().find_map(|found| self.least(found, 1f64.next_up()));
        let least = || {
            let mut best: Option<Piecewise> = None;
            for found in &candidates {
                let enough = best.as_ref().map_or(f64::INFINITY, |best| best.error);
                best = self.least(found, enough).or(best);
            }
            best
        };
        first.or_else(least).unwrap_or_else(|| self.constant())
    }

    /// The candidate, or the same with other moves, whichever is off least, if that is by less than `enough`.
    fn least(&self, found: &Piecewise, mut enough: f64) -> Option<Piecewise> {
        let shape = [found.index, found.low, found.guard];
        let others = [(true, false), (false, true), (false, false)]
            .into_iter()
            .filter_map(|(inside, ends)| self.candidate(shape, Moves { inside, ends }));
        let mut best = None;
        for mut found in [found.clone()].into_iter().chain(others) {
            found.error = self.error(&found, enough);
            if found.error < enough {
                enough = found.error;
                best = Some(found);
            }
        }
        best
    }

    /// If no other fits: a constant, which always does.
    fn constant(&self) -> Piecewise {
        let mut this = Piecewise {
            input: self.input,
            output: self.output,
            index: 1,
            low: 0,
            guard: 0,
            slopes: [0; 2],
            nodes: Arc::from([libm::round(self.clamped(self.at(0))) as i64; 2]),
            bits: self.output.bits + 1,
            widths: [0; 3],
            error: f64::INFINITY,
        };
        this.widths = this.widths_of_words();
        this.error = self.error(&this, f64::INFINITY);
        this
    }

    fn candidate(&self, [index, low, guard]: [u32; 3], moves: Moves) -> Option<Piecewise> {
        let half = 1i64 << (index - 1);
        let far = 1i64 << (self.input.bits - 1);
        let [first, last] = [-half << low, (half - 1) << low];
        let is_clipped = first > -far || last < far - 1;
        // A unit of x in those of v.
        let up = (self.output.fraction + guard + low) as i32 - self.input.fraction as i32;
        if is_clipped && self.slopes != [0; 2] && !(0..=40).contains(&up) {
            return None;
        }
        let unit = power_of_two(self.output.fraction as i32 - self.input.fraction as i32);
        let at = |x: i64| self.clamped(self.at(x));
        let sag = |place: i64| {
            let [a, b] = [place, place + 1].map(|place| place << low);
            (at(a) + at(b)) / 2. - at((a + b) / 2)
        };
        let mut nodes: Vec<f64> = (-half..half).map(|place| at(place << low)).collect();
        if moves.inside {
            let sags: Vec<f64> = (-half..half - 1).map(sag).collect();
            for (place, node) in nodes.iter_mut().enumerate() {
                let [left, right] =
                    [place.checked_sub(1), Some(place)].map(|place| place.and_then(|place| sags.get(place)));
                let sum = left.or(right).unwrap_or(&0.) + right.or(left).unwrap_or(&0.);
                *node -= sum / 4.;
            }
        }
        if moves.ends {
            let ends = [(0, first, -far, self.slopes[0]), (nodes.len() - 1, last, far - 1, self.slopes[1])];
            for (place, end, far, slope) in ends {
                if (far < end) == (place == 0) && far != end {
                    let rest = at(far) - slope as f64 * (far - end) as f64 * unit;
                    nodes[place] = (at(end) + rest) / 2.;
                }
            }
        }
        let scale = power_of_two(guard as i32);
        let nodes = nodes.into_iter().map(|node| libm::round(self.clamped(node) * scale) as i64);
        let this = Piecewise {
            input: self.input,
            output: self.output,
            index,
            low,
            guard,
            slopes: self.slopes.map(|slope| if is_clipped && slope != 0 { slope << up } else { 0 }),
            nodes: nodes.collect(),
            bits: 0,
            widths: [0; 3],
            error: f64::INFINITY,
        };
        this.with_bits()
    }

    /// The largest error, in units of the output, or one that is not below `enough`.
    fn error(&self, of: &Piecewise, enough: f64) -> f64 {
        let mut worst = 0f64;
        for &(x, target) in &self.samples {
            worst = worst.max(libm::fabs(of.evaluate(x) as f64 - target));
            if worst >= enough {
                break;
            }
        }
        worst
    }
}

/// Bytes from the dealer and opened bits, and what a clip costs.
fn cost(of: &Piecewise) -> f64 {
    let [nodes, slopes, bends] = of.widths().map(f64::from);
    let (bits, low) = (f64::from(of.bits + 1), f64::from(of.low));
    let mut dealt = power_of_two(of.index as i32) + nodes * (bits - low - nodes / 2.);
    if of.low > 0 {
        let each = |width: f64| width * (bits - width / 2.);
        dealt += power_of_two(of.low as i32) + 2. * each(slopes) + 4. * each(bends) + 3. * bits;
    }
    let opened = f64::from(of.index + of.low) + nodes + slopes + bends + bits;
    dealt / 8. + opened + if of.is_clipped() { CLIP } else { 0. }
}

/// The x that are tried.
fn samples(bits: u32) -> impl Iterator<Item = i64> {
    let dense = bits.min(if bits > ALL { EACH } else { ALL });
    let all = -(1i64 << (dense - 1))..1 << (dense - 1);
    let longer = (dense..bits).flat_map(|length| {
        let (from, step) = (1i64 << (length - 1), 1i64 << length.saturating_sub(EACH + 1));
        // Places within the steps differ, so that they are not all nodes.
        (0..1i64 << EACH).map(move |i| from + i * step + i % step).take_while(move |&x| x < 2 * from)
    });
    let last = (1i64 << (bits - 1)) - 1;
    let far = longer.flat_map(|x| [x, -x - 1]).chain([last, -last - 1]);
    all.chain(far)
}
