//! Groups of an image's elements that have statistics of their own.

use crate::linalg::Selection;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, LoadError, Order, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::Lowering;
use crate::nn::quantised::{Format, Held};
use crate::nn::step;
use alloc::vec;
use alloc::vec::Vec;

/// Groups of an image's elements that have statistics of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Groups {
    /// The channels of every place, as of layer normalisation.
    Places,
    /// So many groups of neighbouring channels, at all places: one as of layer normalisation of whole images, one for
    /// every channel as of instance normalisation.
    Channels(usize),
}

impl Groups {
    /// Checks that they divide a value, and says what its shape is.
    pub(super) fn of(self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        match (self, x.shape[2]) {
            (Self::Channels(groups), channels) if groups == 0 || !channels.is_multiple_of(groups) => {
                Err(ModelError::Groups { layer: x.layer.into(), channels, outputs: channels, groups })
            }
            _ => Ok(x.shape),
        }
    }

    /// A group's elements.
    pub(super) fn elements(self, [rows, columns, channels]: [usize; 3]) -> usize {
        match self {
            Self::Places => channels,
            Self::Channels(groups) => rows * columns * (channels / groups),
        }
    }

    /// The image with an element for every group.
    fn image(self, [rows, columns, _]: [usize; 3]) -> [usize; 3] {
        match self {
            Self::Places => [rows, columns, 1],
            Self::Channels(groups) => [1, 1, groups],
        }
    }

    /// The mean of f(x) over each group, for every element of a batch.
    pub(super) fn means(self, x: &[f32], batch: Batch<'_>, f: impl Fn(f64) -> f64) -> Vec<f64> {
        let [rows, columns, channels] = batch.shape;
        let group = |i: usize| match self {
            Self::Places => i / channels,
            Self::Channels(groups) => i % channels / (channels / groups),
        };
        let (image, elements) = (rows * columns * channels, self.elements(batch.shape) as f64);
        let mut out = Vec::with_capacity(x.len());
        for x in x.chunks_exact(image) {
            let mut sums = vec![0.; image / self.elements(batch.shape)];
            x.iter().enumerate().for_each(|(i, &x)| sums[group(i)] += f(x.into()));
            out.extend((0..image).map(|i| sums[group(i)] / elements));
        }
        out
    }

    /// Sums over the groups of a value; they take ⌈log2 n⌉ more bits, for n elements of a group.
    pub(super) fn sums(self, builder: &mut dyn Lowering, x: Held, most: u32) -> Held {
        let [rows, columns, channels] = x.shape;
        let layer = match self {
            Self::Places => step::GroupSum { blocks: rows * columns, rows: 1, groups: 1, channels },
            Self::Channels(groups) => {
                step::GroupSum { blocks: 1, rows: rows * columns, groups, channels: channels / groups }
            }
        };
        let bits = (x.format.bits + self.elements(x.shape).next_power_of_two().ilog2()).min(most);
        builder.emit(x, layer, self.image(x.shape), Format { bits, ..x.format })
    }

    /// A number for every group, at each of its elements.
    pub(super) fn spread(self, builder: &mut dyn Lowering, x: Held, shape: [usize; 3]) -> Held {
        let image = self.image(shape);
        let repeat = [0, 1, 2].map(|axis| shape[axis] / image[axis]);
        let selection = Selection { size: shape, repeat, ..Selection::new(image) };
        builder.emit(x, step::Select { selection }, shape, x.format)
    }
}

#[cfg(feature = "safetensors")]
impl Groups {
    /// From the option `groups`, which images alone have.
    pub(super) fn read(groups: Option<usize>, layer: &Described<'_, '_>) -> Result<Self, LoadError> {
        match groups {
            None => Ok(Self::Places),
            Some(groups) => layer.image().map(|_| Self::Channels(groups)),
        }
    }

    pub(super) fn write(self, layer: &mut Saved<'_>) {
        if let Self::Channels(groups) = self {
            layer.option("groups", groups);
        }
    }

    /// Places are what they are in any order.
    pub(super) fn order(self, x: Order) -> Option<Order> {
        match self {
            Self::Places => Some(x),
            Self::Channels(_) => x.is_none().then_some(None),
        }
    }
}
