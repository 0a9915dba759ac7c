//! What elements are above the mean of their group: the first half of layer, group and instance normalisation
//! (<https://arxiv.org/abs/1607.06450>, <https://arxiv.org/abs/1803.08494>); the second is
//! [`InverseRms`](super::InverseRms).
//!
//! The value is truncated to the fractional bits of the result. The sum over a group of n elements is truncated by ⌊log2 n⌋
//! bits and, unless n is a power of two, multiplied by c ≈ 2^13·2^⌊log2 n⌋/n. Truncations are of sums, one for each group, so
//! that the mean costs little.
//!
//! **Error.** In units of the result's last place less than 1 from the value, and from the mean less than 3 and 2^−13 of
//! itself.

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::Operation;
use super::groups::Groups;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::step;
use crate::ring::{nearest, power_of_two};

/// Fractional bits of what the sum is multiplied by.
const FACTOR: u32 = 13;

/// x less the mean of its group.
#[derive(Clone, PartialEq, Eq)]
pub struct Centre {
    /// The groups.
    pub groups: Groups,
}

impl Operation for Centre {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        self.groups.of(x)
    }

    fn evaluate(&self, mut x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        let means = self.groups.means(&x, batch, |x| x);
        x.iter_mut().zip(means).for_each(|(x, mean)| *x = (f64::from(*x) - mean) as f32);
        x
    }

    fn summary(&self) -> String {
        "less the mean".into()
    }

    fn truncates(&self) -> bool {
        true
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        _: Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let value = layer + 1;
        Ok((choice.held(value, choice.half(value)), None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let x = builder.refine(x, want.fraction)?;
        let shift = builder.shift(x.format, want)?;
        let x = if shift > 0 { builder.truncate(x, shift) } else { x };
        let elements = self.groups.elements(x.shape);
        let mut sum = self.groups.sums(builder, x, 62);
        let (format, shift) = (sum.format, elements.ilog2());
        if shift > 0 {
            // A sum has more bits than it loses.
            let layer = step::Truncate { bits: format.bits, shift };
            sum = builder.emit(sum, layer, sum.shape, Format { bits: format.bits - shift + 1, ..format });
        }
        let minus = match elements.is_power_of_two() {
            true => builder.emit(sum, step::Scale { factor: -1 }, sum.shape, sum.format),
            false => {
                let real = power_of_two((FACTOR + shift) as i32) / elements as f64;
                let factor = -(nearest(real, 0, 63).0 as i64);
                let format =
                    Format { fraction: want.fraction + FACTOR, bits: (sum.format.bits + FACTOR).min(63) };
                let product = builder.emit(sum, step::Scale { factor }, sum.shape, format);
                builder.truncate(product, FACTOR)
            }
        };
        let minus = self.groups.spread(builder, minus, x.shape);
        Ok(builder.sum(minus, x, want))
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    groups: Option<usize>,
}

#[cfg(feature = "safetensors")]
impl File for Centre {
    const TYPES: &'static [&'static str] = &["centre"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { groups } = layer.options()?;
        Groups::read(groups, layer).map(|groups| Self { groups })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("centre");
        self.groups.write(layer);
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        self.groups.order(x)
    }
}
