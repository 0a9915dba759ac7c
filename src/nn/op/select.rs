//! Parts of values, zeros around images, larger images, and channels that are shuffled.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::contract::Operation;
use super::role::Role;
use crate::linalg::Selection;
#[cfg(feature = "safetensors")]
use crate::linalg::{Outside, SelectionError};
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{Format, Held, Lowering, QuantiseError};
use crate::nn::step;

/// Elements of an image at public places, and zeros.
#[derive(Clone, PartialEq, Eq)]
pub struct Select {
    /// Which elements.
    pub selection: Selection,
}

impl Operation for Select {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.expect("image", self.selection.image)?;
        let wrong = |error| ModelError::Selection { layer: x.layer.into(), error };
        self.selection.elements().map_err(wrong)?;
        Ok(self.selection.size)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        self.selection.apply(&x)
    }

    fn summary(&self) -> String {
        format!("select {}", self.selection)
    }

    fn role(&self) -> Role {
        Role::Same
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let shape = builder.shape();
        let selected = builder.emit(x, step::Select { selection: self.selection }, shape, x.format);
        builder.same(Held { most: x.most, ..selected }, want)
    }
}

/// In the order of a file, channels first.
#[cfg(feature = "safetensors")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    size: [usize; 3],
    #[serde(default)]
    start: [i64; 3],
    #[serde(default = "ones")]
    step: [i64; 3],
    #[serde(default = "once")]
    repeat: [usize; 3],
    #[serde(default = "one")]
    groups: usize,
    #[serde(default)]
    edges: bool,
    #[serde(default)]
    zeros_between: bool,
}

#[cfg(feature = "safetensors")]
fn ones() -> [i64; 3] {
    [1; 3]
}

#[cfg(feature = "safetensors")]
fn once() -> [usize; 3] {
    [1; 3]
}

#[cfg(feature = "safetensors")]
fn one() -> usize {
    1
}

/// From `[C, H, W]` to `[H, W, C]`.
#[cfg(feature = "safetensors")]
fn last<T>([channels, height, width]: [T; 3]) -> [T; 3] {
    [height, width, channels]
}

/// From `[H, W, C]` to `[C, H, W]`.
#[cfg(feature = "safetensors")]
fn first<T>([height, width, channels]: [T; 3]) -> Vec<T> {
    Vec::from([channels, height, width])
}

#[cfg(feature = "safetensors")]
impl File for Select {
    const TYPES: &'static [&'static str] = &["select"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        let Options { size, start, step, repeat, groups, edges, zeros_between } = layer.options()?;
        let outside = match (edges, zeros_between) {
            (false, false) => Outside::Zero,
            (true, false) => Outside::Nearest,
            (false, true) => Outside::ZeroBetween,
            (true, true) => {
                return Err(layer.wrong("expected `edges` or `zeros_between`, found both"));
            }
        };
        let selection = Selection {
            image: layer.image()?,
            size: last(size),
            start: last(start),
            step: last(step),
            repeat: last(repeat),
            groups,
            outside,
        };
        let wrong = |error: SelectionError| layer.wrong(format!("{error}"));
        selection.elements().map_err(wrong)?;
        Ok(Self { selection })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        let Selection { size, start, step, repeat, groups, outside, .. } = self.selection;
        layer.kind("select");
        layer.option("size", first(size));
        layer.option("start", first(start));
        layer.option("step", first(step));
        layer.option("repeat", first(repeat));
        layer.option("groups", groups);
        layer.option("edges", outside == Outside::Nearest);
        layer.option("zeros_between", outside == Outside::ZeroBetween);
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        x.is_none().then_some(None)
    }
}
