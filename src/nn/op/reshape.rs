//! Images whose places lie in other rows and columns, as those of patches that become a row of tokens.

use alloc::format;
use alloc::string::String;

use super::contract::Operation;
use super::role::Role;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{ModelError, Value};

/// The same places, row by row, in other rows and columns.
#[derive(Clone, PartialEq, Eq)]
pub struct Reshape {
    /// Height and width of the result.
    pub size: [usize; 2],
}

impl Operation for Reshape {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        let [height, width] = self.size;
        let expected = x.shape[0] * x.shape[1];
        x.length("places", expected, height.saturating_mul(width))?;
        Ok([height, width, x.shape[2]])
    }

    fn summary(&self) -> String {
        format!("as {}×{} places", self.size[0], self.size[1])
    }

    fn role(&self) -> Role {
        Role::Same
    }
}

#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    size: [usize; 2],
}

#[cfg(feature = "safetensors")]
impl File for Reshape {
    const TYPES: &'static [&'static str] = &["reshape"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { size } = layer.options()?;
        Ok(Self { size })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("reshape");
        layer.option("size", self.size.to_vec());
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        x.is_none().then_some(None)
    }
}
