//! Several values as one, as in DenseNets and Inception blocks.
//!
//! Values with fewer fractional bits than another are multiplied by powers of two.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::contract::Operation;
use super::role::Role;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::step;

/// At every place the channels of x, then those of the results of the layers of these names, or of the input for the name
/// `input`.
#[derive(Clone, PartialEq, Eq)]
pub struct Concat {
    /// The layers.
    pub layers: Vec<String>,
}

impl Operation for Concat {
    fn others(&self) -> &[String] {
        &self.layers
    }

    fn others_mut(&mut self) -> &mut [String] {
        &mut self.layers
    }

    fn counts(&self) -> bool {
        true
    }

    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        let [rows, columns, mut channels] = x.shape;
        for &found in x.others {
            let expected = [rows, columns, found[2]];
            if found != expected {
                let what = "a value to be joined";
                return Err(ModelError::Shape { layer: x.layer.into(), what, expected, found });
            }
            channels = channels.saturating_add(found[2]);
        }
        Ok([rows, columns, channels])
    }

    fn evaluate(&self, x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        let places = batch.shape[0] * batch.shape[1] * batch.count;
        let mut out =
            Vec::with_capacity(x.len() + batch.others.iter().map(|other| other.len()).sum::<usize>());
        for place in 0..places {
            for part in [&x[..]].iter().chain(batch.others) {
                let channels = part.len() / places;
                out.extend_from_slice(&part[place * channels..][..channels]);
            }
        }
        out
    }

    fn summary(&self) -> String {
        format!("followed by {}", self.layers.join(", "))
    }

    fn role(&self) -> Role {
        Role::Joined
    }

    fn format(
        &self,
        _: &dyn Choosing,
        _: usize,
        x: Chosen,
        others: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let join = |(all, most): Chosen, &(other, bound): &Chosen| {
            let fraction = all.fraction.max(other.fraction);
            // Whatever each of them holds.
            let bits = [all, other].map(|format| format.bits + fraction - format.fraction);
            let most = most.zip(bound).map(|(a, b)| a.max(b));
            (Format { fraction, bits: bits[0].max(bits[1]) }, most)
        };
        Ok(others.iter().fold(x, join))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        others: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let fraction = others.iter().fold(x.format.fraction, |most, other| most.max(other.format.fraction));
        builder.fraction(want, 0, fraction)?;
        let x = builder.refine(x, fraction)?;
        let others = others.iter().map(|&other| builder.refine(other, fraction));
        let others = others.collect::<Result<Vec<Held>, _>>()?;
        let mut channels = vec![x.shape[2]];
        channels.extend(others.iter().map(|other| other.shape[2]));
        let layer = step::Concat { values: others.iter().map(|other| other.value).collect(), channels };
        let all = || others.iter().chain([&x]);
        let bits = all().map(|part| part.format.bits).max().unwrap_or(want.bits);
        let most = all().map(|part| part.most).max().unwrap_or(x.most);
        let shape = builder.shape();
        let joined = builder.emit(x, layer, shape, Format { fraction, bits });
        let joined = Held { most, ..joined };
        builder.same(joined, want)
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    layers: Vec<String>,
}

#[cfg(feature = "safetensors")]
impl File for Concat {
    const TYPES: &'static [&'static str] = &["concat"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { layers } = layer.options()?;
        Ok(Self { layers })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("concat");
        layer.option("layers", self.layers.clone());
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, others: &[Order]) -> Option<Order> {
        others.iter().chain([&x]).all(Option::is_none).then_some(None)
    }
}
