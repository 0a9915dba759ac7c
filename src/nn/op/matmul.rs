//! Products of two values as matrices, as of attention (<https://arxiv.org/abs/1706.03762>, section 3.2).
//!
//! A value of T rows holds h heads side by side, h matrices of m columns each: its shape is `[T, 1, h·m]` or `[T, h, m]`, which
//! are the same numbers in the same order. With queries and keys as rows, x·Yᵀ are their scores, `[T, h, S]`, and so a
//! softmax over the channels is one for every query and head. These times the values, x·Y, are `[T, 1, h·m]`.
//!
//! The product of values with f_x and f_y fractional bits has f_x + f_y. Rounding x to f_x bits is an error of 2^−f_x·√m·|y|
//! in a sum of m products, if |y| is their root mean square, which is about an eighth of the greatest.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::slice;

use super::contract::Operation;
use super::role::Role;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::step;

/// Bits of a result beyond half an accumulator.
const MORE: u32 = 2;

/// x times the result of the layer of this name, or the input for the name `input`, head by head: x·Y, or x·Yᵀ.
#[derive(Clone, PartialEq, Eq)]
pub struct MatMul {
    /// The layer.
    pub layer: String,
    /// Heads of both.
    pub heads: usize,
    /// Whether the other's rows are multiplied by x's, so that it is transposed.
    pub transposed: bool,
}

impl MatMul {
    /// Columns of a head.
    fn columns(&self, [_, heads, channels]: [usize; 3]) -> Option<usize> {
        match heads {
            _ if heads == self.heads => Some(channels),
            1 if self.heads > 0 && channels.is_multiple_of(self.heads) => Some(channels / self.heads),
            _ => None,
        }
    }

    /// Rows, inner elements and columns of the product of two values.
    fn dims(&self, x: [usize; 3], other: [usize; 3]) -> Option<[usize; 3]> {
        let (inner, columns) = (self.columns(x)?, self.columns(other)?);
        let (found, columns) = if self.transposed { (columns, other[0]) } else { (other[0], columns) };
        (found == inner).then_some([x[0], inner, columns])
    }

    fn layer(&self, value: usize, [rows, inner, columns]: [usize; 3]) -> step::MatMul {
        step::MatMul { value, heads: self.heads, rows, inner, columns, transposed: self.transposed }
    }
}

impl Operation for MatMul {
    fn others(&self) -> &[String] {
        slice::from_ref(&self.layer)
    }

    fn others_mut(&mut self) -> &mut [String] {
        slice::from_mut(&mut self.layer)
    }

    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        let found = x.others[0];
        match self.dims(x.shape, found) {
            Some([rows, _, columns]) if self.transposed => Ok([rows, self.heads, columns]),
            Some([rows, _, columns]) => Ok([rows, 1, self.heads.saturating_mul(columns)]),
            None => {
                let [rows, channels] = [x.shape[0], x.shape[1] * x.shape[2]];
                let expected = match self.transposed {
                    true => [found[0], 1, channels],
                    false => [channels / self.heads.max(1), 1, found[1] * found[2]],
                };
                let what = "a value to multiply by, whose heads fit";
                let layer = x.layer.into();
                if rows == 0 || self.columns(x.shape).is_none() {
                    let (channels, groups) = (x.shape[2], self.heads);
                    return Err(ModelError::Groups { layer, channels, outputs: found[2], groups });
                }
                Err(ModelError::Shape { layer, what, expected, found })
            }
        }
    }

    fn evaluate(&self, x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        if x.is_empty() {
            return x;
        }
        let (count, other) = (batch.count, batch.others[0]);
        let inner = self.columns(batch.shape).unwrap_or(1);
        let elements = other.len() / count;
        let columns = elements / (self.heads * inner);
        let layer = self.layer(0, [batch.shape[0], inner, columns]);
        let mut out = Vec::with_capacity(batch.count * batch.shape[0] * self.heads * columns);
        for (x, y) in x.chunks_exact(x.len() / count).zip(other.chunks_exact(elements)) {
            let mut product = vec![0f64; batch.shape[0] * self.heads * columns];
            layer.each(|place, i, j| product[place] += f64::from(x[i]) * f64::from(y[j]));
            out.extend(product.into_iter().map(|x| x as f32));
        }
        out
    }

    fn summary(&self) -> String {
        let transposed = if self.transposed { " transposed" } else { "" };
        format!("matrices times {}{transposed}, {} heads", self.layer, self.heads)
    }

    fn role(&self) -> Role {
        Role::Factors
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        (x, _): Chosen,
        others: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let (value, (other, _)) = (layer + 1, others[0]);
        let most = choice.half(value) + MORE;
        let whole = choice.held(value, most.min(x.fraction + other.fraction));
        Ok((choice.held(value, choice.dropped(value, whole)), None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        others: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let other = others[0];
        // The model's layers fit each other.
        let dims = self.dims(x.shape, other.shape).unwrap_or([1; 3]);
        // The fractional bits that count in sums of so many products with values of a format.
        let more = dims[1].next_power_of_two().ilog2().div_ceil(2);
        let enough = |by: Format| (want.fraction + by.bits + more).saturating_sub(by.fraction + 3);
        let [short, factor] = builder.factors(x, other, enough);
        let fraction = short.format.fraction + factor.format.fraction;
        builder.fraction(want, 0, fraction)?;
        let most = short.format.bits + factor.format.bits + dims[1].next_power_of_two().ilog2();
        let format = Format { fraction, bits: (want.bits + fraction - want.fraction).min(most) };
        let product = builder.emit(short, self.layer(factor.value, dims), builder.shape(), format);
        builder.finish(Held { gain: short.gain * factor.gain, ..product }, want)
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    layer: String,
    #[serde(default = "one")]
    heads: usize,
    #[serde(default)]
    transposed: bool,
}

#[cfg(feature = "safetensors")]
fn one() -> usize {
    1
}

#[cfg(feature = "safetensors")]
impl File for MatMul {
    const TYPES: &'static [&'static str] = &["matmul"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { layer, heads, transposed } = layer.options()?;
        Ok(Self { layer, heads, transposed })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("matmul");
        layer.option("layer", self.layer.as_str());
        layer.option("heads", self.heads);
        layer.option("transposed", self.transposed);
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, others: &[Order]) -> Option<Order> {
        (x.is_none() && others[0].is_none()).then_some(None)
    }
}
