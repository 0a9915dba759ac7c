//! The inverse of the root of the mean square of groups of elements: the second half of layer, group and instance
//! normalisation, behind [`Centre`](super::Centre), and all of the root mean square normalisation
//! (<https://arxiv.org/abs/1910.07467>). A value times it is normalised.
//!
//! With v the mean of n squares, r = 1 / √(v + ε). The result has r ≥ 2^(9 − f) for f fractional bits, so v ≤ 2^(2f − 18): that
//! is how formats say for which v this is to work, and calibration chooses them by the least r.
//!
//! 1. The value is truncated until the sum of squares fits 31 bits. Rounding hardly counts in a sum of many.
//! 2. The sum of squares is truncated, and r taken from it by lines between up to 2^12 nodes. The nodes reach four times as
//!    far as the greatest v, on both sides of zero, so that nothing is to be clipped.
//!
//! **Error.** With nodes w apart the lines are too high by 3/32·(w/v)² of r at most. w is an eighth of the least v for which r
//! fits its format or, if that takes too many nodes, 2^−10 of the greatest; below w, r is at most doubled.

#[cfg(feature = "safetensors")]
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::contract::Operation;
use super::groups::Groups;
use crate::function::{Piecewise, TableFormat};
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::{Rounding, step};
use crate::ring::power_of_two;

/// Bits of the least r, the sign not counted.
const LEAST: u32 = 9;
/// The most bits of r: 2^6 times the least.
const MOST: u32 = LEAST + 8;
/// Bits of sums of squares.
const SUM: u32 = 31;
/// Bits of a sum of squares between two nodes.
const LOW: u32 = 8;
/// The most bits of nodes.
const NODES: u32 = 12;
/// Fractional bits of nodes beyond those of r.
const GUARD: u32 = 2;

/// 1 / √(m + eps) at every element, where m is the mean of the squares of its group.
#[derive(Clone, PartialEq)]
pub struct InverseRms {
    /// The groups.
    pub groups: Groups,
    /// What is added to the mean, positive.
    pub eps: f32,
}

/// The logarithm of the number of nodes.
fn nodes(want: Format) -> u32 {
    // The least v for which r fits its format is so many bits below the greatest, and eight nodes from zero.
    let spread = 2 * want.bits.saturating_sub(LEAST + 1) + 3;
    // Beyond the greatest v there are as many again, and as many below zero.
    (spread + 2).min(NODES)
}

impl InverseRms {
    /// r for integers u < 2^`bits`, with bits for at most [`LOW`] below the nodes, of which each unit is `unit` of v.
    fn lines(&self, bits: u32, unit: f64, middle: f64, want: Format) -> Piecewise {
        let low = (bits + 2).saturating_sub(nodes(want));
        let index = bits + 2 - low;
        let r = |u: i64| 1. / libm::sqrt((u as f64 + middle) * unit + f64::from(self.eps));
        let (one, most) =
            (power_of_two((want.fraction + GUARD) as i32), power_of_two(want.bits as i32 - 1) - 1.);
        let first = 2. * r(1 << low);
        let node = |place: i64| match place {
            ..=0 => r(0).min(first),
            _ => r(place << low),
        };
        let half = 1i64 << (index - 1);
        let most = most * power_of_two(GUARD as i32);
        let nodes = (-half..half).map(|place| libm::round((node(place) * one).min(most)) as i64).collect();
        let input = TableFormat { bits: index + low - 1, fraction: 0 };
        let output = TableFormat { bits: want.bits, fraction: want.fraction };
        Piecewise::of_nodes(input, output, [low, GUARD], nodes)
    }
}

impl Operation for InverseRms {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.finite("eps", &[self.eps, 1. / self.eps, libm::sqrtf(self.eps)])?;
        self.groups.of(x)
    }

    fn evaluate(&self, x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        let means = self.groups.means(&x, batch, |x| x * x);
        means.into_iter().map(|mean| (1. / libm::sqrt(mean + f64::from(self.eps))) as f32).collect()
    }

    fn summary(&self) -> String {
        "inverse root mean square".into()
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        _: Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let value = layer + 1;
        let Format { fraction, bits } = choice.held(value, choice.digits(value, LEAST));
        Ok((Format { fraction, bits: bits.clamp(LEAST + 2, MOST) }, None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        builder.bits(want, LEAST + 2, MOST)?;
        let elements = self.groups.elements(x.shape);
        let more = elements.next_power_of_two().ilog2();
        let most = ((SUM - more) / 2).max(4);
        let mut unit = x.gain * power_of_two(-(x.format.fraction as i32));
        let mut short = x;
        if let shift @ 1.. = x.format.bits.saturating_sub(most) {
            // Rounded up, the greatest takes a bit more.
            let shift = shift + 1;
            let format = Format { fraction: x.format.fraction.saturating_sub(shift), bits: most };
            short = builder.emit(x, step::Truncate { bits: x.format.bits, shift }, x.shape, format);
            unit *= power_of_two(shift as i32);
        }
        let [rows, columns, channels] = x.shape;
        let square = step::Multiply { value: short.value, places: rows * columns, channels };
        let format = Format { fraction: 2 * short.format.fraction, bits: 2 * short.format.bits };
        let squares = builder.emit(short, square, x.shape, format);
        let unit = unit * unit / elements as f64;
        // The greatest v in these units.
        let greatest = power_of_two(2 * (want.fraction as i32 - LEAST as i32)) / unit;
        let bits = libm::ceil(libm::log2(greatest)).clamp(1., f64::from(format.bits + more - 1)) as u32;
        let sum = self.groups.sums(builder, squares, bits + 1);
        let shift = bits.saturating_sub(nodes(want) + LOW - 2);
        let (mut short, mut middle) = (sum, 0.);
        if shift > 0 {
            let format = Format { fraction: 0, bits: bits + 2 - shift };
            short = builder.emit(sum, step::Truncate { bits: bits + 1, shift }, sum.shape, format);
            middle = if builder.rounding() == Rounding::Floor { 0.5 } else { 0. };
        }
        let function = self.lines(bits - shift, unit * power_of_two(shift as i32), middle, want);
        let r = builder.emit(short, step::Piecewise { function }, sum.shape, want);
        Ok(self.groups.spread(builder, Held { gain: 1., ..r }, x.shape))
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    groups: Option<usize>,
    #[serde(default = "small")]
    eps: f32,
}

/// PyTorch's.
#[cfg(feature = "safetensors")]
fn small() -> f32 {
    1e-5
}

#[cfg(feature = "safetensors")]
impl File for InverseRms {
    const TYPES: &'static [&'static str] = &["inverse_rms"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { groups, eps } = layer.options()?;
        if eps.is_nan() || eps <= 0. {
            return Err(layer.wrong(format!("expected a positive `eps`, found {eps}")));
        }
        Groups::read(groups, layer).map(|groups| Self { groups, eps })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("inverse_rms");
        self.groups.write(layer);
        layer.option("eps", self.eps);
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        self.groups.order(x)
    }
}
