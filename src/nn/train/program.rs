//! The layers to train, found from a model.
//!
//! Values have F_x fractional bits between layers. A product has F_x + F_w until a ReLU, a clip, a sign or a mean truncates it; in front of
//! any other layer a truncation is put, and behind a product that another layer adds. A ReLU in front of a maximum is moved behind it: they commute, and there are fewer values there. The
//! last value has as many fractional bits as gradients, for the loss.

mod builder;
mod normalise;
mod stage;

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use self::builder::Builder;
pub use self::stage::ParameterShape;
pub(super) use self::stage::{Norm, Stage, unfit};
use super::TrainError;
use super::layer::{Layer, Product};
use super::options::{Loss, TrainOptions, in_range};
use crate::function::MAX_INDEX_BITS;
use crate::nn::{Model, Op};

/// A network to train: the layers of a [`Model`], without its weights.
pub struct Program {
    pub(super) options: TrainOptions,
    pub(super) stages: Vec<Stage>,
    pub(super) shapes: Vec<ParameterShape>,
    /// Elements of an example and of its result.
    pub(super) sizes: [usize; 2],
    /// Which values later layers add.
    pub(super) kept: Vec<bool>,
    /// The normalisations.
    pub(super) normalised: Vec<Norm>,
}

impl Program {
    /// The layers of a model, with all weights to be trained.
    ///
    /// # Errors
    /// If a layer can't be trained, or the options do not fit.
    pub fn new(model: &Model, options: TrainOptions) -> Result<Self, TrainError> {
        Self::tuning(model, options, &|_| true)
    }

    /// As [`new`](Self::new), where only the weights of the layers with these names are trained: the others stay as they are.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if none is trained.
    pub fn tuning(
        model: &Model,
        options: TrainOptions,
        trained: &dyn Fn(&str) -> bool,
    ) -> Result<Self, TrainError> {
        options.check()?;
        let (formats, kept) = (options.formats, Vec::from([false]));
        let (stages, shapes) = (Vec::new(), Vec::new());
        let normalised = Vec::new();
        let (dropped, excess, below, is_added) = (options.dropped(), 0, false, false);
        let mut builder = Builder {
            formats,
            trained,
            stages,
            shapes,
            kept,
            normalised,
            dropped,
            excess,
            below,
            is_added,
            is_narrow: false,
        };
        // The value of the program that a value of the model is.
        let mut values = Vec::from([0]);
        let nodes = model.nodes();
        let other = |op: &Op| if let Op::Add(add) = op { model.value(&add.layer) } else { None };
        let added: Vec<usize> = nodes.iter().filter_map(|node| other(&node.op)).collect();
        for (number, node) in nodes.iter().enumerate() {
            let input = number.checked_sub(1).map_or(model.input(), |before| nodes[before].shape);
            builder.is_added = added.iter().any(|value| values.get(*value) == Some(&builder.stages.len()));
            builder.layer(&node.name, &node.op, input, &mut |layer| {
                let value = model.value(layer).and_then(|value| values.get(value).copied());
                value.ok_or_else(|| unfit(&node.name, format!("expected an earlier layer, found {layer}")))
            })?;
            // A value that another layer adds: that layer knows nothing of its excess.
            if added.contains(&(number + 1)) {
                builder.settle_added(&node.name)?;
            }
            values.push(builder.stages.len());
        }
        if !builder.below {
            let reason = "expected a layer with weights that is trained, found none".to_string();
            return Err(unfit("the model", reason));
        }
        builder.last();
        let size = |shape: [usize; 3]| shape.iter().product();
        let sizes = [size(model.input()), size(model.output())];
        if options.loss == Loss::CrossEntropy {
            in_range("classes of a cross-entropy", 1., f64::from(1u32 << MAX_INDEX_BITS), sizes[1] as f64)?;
        }
        let Builder { stages, shapes, kept, normalised, .. } = builder;
        Ok(Self { options, stages, shapes, sizes, kept, normalised })
    }

    /// The options.
    pub fn options(&self) -> &TrainOptions {
        &self.options
    }

    /// Elements of an example.
    pub fn inputs(&self) -> usize {
        self.sizes[0]
    }

    /// Elements of a result: classes.
    pub fn outputs(&self) -> usize {
        self.sizes[1]
    }

    /// Bits of a result, as what follows takes them.
    pub fn output_bits(&self) -> u32 {
        let formats = &self.options.formats;
        formats.gradient + formats.range + 1
    }

    /// The layers with weights, as the stages that they are.
    pub(super) fn products(&self) -> impl Iterator<Item = &Product> {
        self.stages.iter().filter_map(|stage| match &stage.layer {
            Layer::Product(product) => Some(product),
            _ => None,
        })
    }

    /// The normalisation that has a layer with weights, and its number.
    pub(super) fn norm(&self, product: usize) -> Option<(usize, &Norm)> {
        self.normalised.iter().enumerate().find(|(_, norm)| norm.product == product)
    }

    /// The layers with weights.
    pub fn parameters(&self) -> &[ParameterShape] {
        &self.shapes
    }
}
