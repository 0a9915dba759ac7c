//! Layer by layer, the stages of a program.

use alloc::format;
use alloc::vec::Vec;

use super::stage::{Norm, ParameterShape, Stage, unfit};
use crate::linalg::Window;
use crate::nn::Op;
use crate::nn::op::Weight;
use crate::nn::train::TrainError;
use crate::nn::train::arithmetic::{MOST_BITS, TrainingRing};
use crate::nn::train::layer::{
    Add, AveragePool, Clip, Layer, Lift, MaxPool, Product, Raise, Relu, Sign, Truncate,
};
use crate::nn::train::options::TrainFormats;
use crate::ring::Ring;

/// What the program has so far.
pub(super) struct Builder<'a> {
    pub(super) formats: TrainFormats,
    pub(super) trained: &'a dyn Fn(&str) -> bool,
    pub(super) stages: Vec<Stage>,
    pub(super) shapes: Vec<ParameterShape>,
    pub(super) kept: Vec<bool>,
    pub(super) normalised: Vec<Norm>,
    /// Fractional bits that weights lose on their way to a product.
    pub(super) dropped: u32,
    /// Fractional bits of the last value beyond those of values.
    pub(super) excess: u32,
    /// Whether anything before is trained.
    pub(super) below: bool,
    /// Whether the last value is narrow.
    pub(super) is_narrow: bool,
    /// Whether some layer adds the last value.
    pub(super) is_added: bool,
}

impl Builder<'_> {
    pub(super) fn push(&mut self, name: &str, layer: impl Into<Layer>, excess: u32) {
        let layer = layer.into();
        self.is_narrow =
            !matches!(layer, Layer::Product(_) | Layer::Sign(_) | Layer::Lift(_) | Layer::Normalise(_));
        self.stages.push(Stage { name: name.into(), layer });
        self.kept.push(false);
        self.excess = excess;
    }

    /// Brings a narrow value to the ring.
    pub(super) fn lift(&mut self, name: &str) {
        if self.is_narrow {
            let layer = Lift { bits: self.bits() };
            self.push(name, layer, 0);
        }
    }

    /// Modulo which power of two the last value counts, if it is a product's.
    pub(super) fn held(&self) -> u32 {
        match self.stages.last() {
            Some(Stage { layer: Layer::Product(product), .. }) => TrainingRing::BITS - product.dropped,
            _ => TrainingRing::BITS,
        }
    }

    /// Bits of the last value.
    pub(super) fn bits(&self) -> u32 {
        self.formats.values() + self.excess
    }

    /// Brings the last value to the format of values.
    pub(super) fn settle(&mut self, name: &str) {
        if self.excess > 0 {
            let layer = Truncate { bits: self.bits(), shift: self.excess, held: Some(self.held()) };
            self.push(name, layer, 0);
        }
    }

    /// Settles a value that is added later on.
    pub(super) fn settle_added(&mut self, name: &str) -> Result<(), TrainError> {
        if self.is_of_signs() {
            let reason =
                "expected a layer whose weights are real numbers, since its result is added, found signs";
            return Err(unfit(name, reason.into()));
        }
        self.settle(name);
        Ok(())
    }

    pub(super) fn layer(
        &mut self,
        name: &str,
        op: &Op,
        image: [usize; 3],
        value: &mut dyn FnMut(&str) -> Result<usize, TrainError>,
    ) -> Result<(), TrainError> {
        let (bits, shift) = (self.bits(), self.excess);
        // What is trained is 2^t times smaller than the sum, which serves: of that, signs and maxima are the same.
        if self.is_of_signs() && !matches!(op, Op::Sign(_) | Op::MaxPool(_) | Op::Flatten(_) | Op::Reshape(_))
        {
            return Err(unfit(
                name,
                format!("expected signs behind a layer whose weights are signs, found {op:?}"),
            ));
        }
        match op {
            Op::Linear(linear) => {
                let inputs = image.iter().product();
                self.product(name, &linear.weight, [linear.bias.len(), inputs], None, 1)
            }
            Op::Convolution(convolution) => {
                let (window, groups) = (convolution.window, convolution.groups);
                let inputs = window.size[0] * window.size[1] * (window.image[2] / groups);
                let shape = [convolution.bias.len(), inputs];
                self.product(name, &convolution.weight, shape, Some(window), groups)
            }
            Op::Relu(_) => {
                self.push(name, Relu { bits, shift }, 0);
                Ok(())
            }
            Op::Clip(clip) => {
                let one = f64::from(1u32 << self.formats.activation);
                let ends = [clip.low, clip.high].map(|end| libm::round(f64::from(end) * one));
                if ends.iter().any(|end| libm::fabs(*end) >= libm::exp2(f64::from(bits - shift - 1))) {
                    return Err(unfit(
                        name,
                        format!("expected ends within the range of values, found {ends:?}"),
                    ));
                }
                self.push(name, Clip { bits, shift, ends: ends.map(|end| end as i64) }, 0);
                Ok(())
            }
            Op::Sign(_) => {
                self.push(name, Sign { bits, spare: shift }, 0);
                Ok(())
            }
            Op::MaxPool(pool) => {
                self.max_pool(name, pool.window);
                Ok(())
            }
            Op::AveragePool(pool) if pool.window.padding == [0; 2] => {
                let (_, q) = AveragePool::factor(&pool.window);
                if bits + q > if self.dropped > 0 { 31 } else { MOST_BITS } {
                    self.settle(name);
                }
                // Sums of narrow values may be none.
                self.lift(name);
                let (bits, shift, held) = (self.bits(), self.excess, self.held());
                self.push(name, AveragePool { window: pool.window, bits, shift, held }, 0);
                Ok(())
            }
            Op::Add(add) => {
                self.settle(name);
                let value = value(&add.layer)?;
                self.kept[value] = true;
                self.push(name, Add { value }, 0);
                Ok(())
            }
            Op::Normalise(of) => self.normalise(name, of, image),
            // The order of the elements is the same.
            Op::Flatten(_) | Op::Reshape(_) => Ok(()),
            other => Err(TrainError::Layer { layer: name.into(), found: format!("{other:?}") }),
        }
    }

    pub(super) fn product(
        &mut self,
        name: &str,
        weight: &Weight,
        [outputs, inputs]: [usize; 2],
        window: Option<Window>,
        groups: usize,
    ) -> Result<(), TrainError> {
        self.settle(name);
        self.lift(name);
        let (number, trained) = (self.shapes.len(), (self.trained)(name));
        let wanted = [self.below, trained];
        self.below |= trained;
        let signs = match weight {
            Weight::Real(_) => None,
            // About the root of the number of inputs that are not 0, so that results are about 1: of pixels a few, of signs all.
            Weight::Signs(_) => {
                let root = inputs.max(1).ilog2().div_ceil(2);
                Some(if number == 0 { root.saturating_sub(2) } else { root })
            }
        };
        // A bias is truncated to the bits of its sum, which may be two more.
        let (least, found) = (self.formats.activation + signs.map_or(0, |t| t + 2), self.formats.weight);
        if found < least {
            let reason =
                format!("expected weights of at least {least} fractional bits for its signs, found {found}");
            return Err(unfit(name, reason));
        }
        self.shapes.push(ParameterShape { name: name.into(), outputs, inputs, signs, trained });
        let dropped = if signs.is_none() { self.dropped } else { 0 };
        let excess = signs.unwrap_or(self.formats.weight - dropped);
        self.push(name, Product { number, window, outputs, inputs, groups, signs, dropped, wanted }, excess);
        Ok(())
    }

    /// Whether the last value is the sum of a layer of signs, or maxima of such.
    pub(super) fn is_of_signs(&self) -> bool {
        let mut last = self.stages.iter().rev().map(|stage| &stage.layer);
        let layer = last.find(|layer| !matches!(layer, Layer::MaxPool(_) | Layer::Truncate(_)));
        matches!(layer, Some(Layer::Product(product)) if product.signs.is_some())
    }

    /// In front of a ReLU that nothing else takes, unless there is none.
    pub(super) fn max_pool(&mut self, name: &str, window: Window) {
        let moved = match self.stages.last() {
            Some(Stage { layer: Layer::Relu(_), .. }) if !self.is_added => {
                self.kept.pop();
                self.stages.pop()
            }
            _ => None,
        };
        if let Some(Stage { layer: Layer::Relu(relu), .. }) = &moved {
            self.excess = relu.shift;
        }
        self.settle(name);
        // A difference takes a bit more than the numbers.
        self.push(name, MaxPool { window, bits: self.bits() + 1 }, 0);
        if let Some(Stage { name, .. }) = moved {
            let layer = Relu { bits: self.bits(), shift: 0 };
            self.push(&name, layer, 0);
        }
    }

    /// Brings the last value to the format of gradients.
    pub(super) fn last(&mut self) {
        let TrainFormats { activation, gradient, .. } = self.formats;
        // Outputs that are smaller by two bits: else many signs turn at once.
        if let Some(Stage { layer: Layer::Product(product), .. }) = self.stages.last_mut()
            && let Some(t) = &mut product.signs
        {
            *t += 2;
            self.excess += 2;
            self.shapes[product.number].signs = Some(*t);
        }
        if self.excess + activation > gradient {
            let shift = self.excess + activation - gradient;
            let layer = Truncate { bits: self.bits(), shift, held: None };
            self.push("the loss", layer, 0);
            return;
        }
        self.lift("the loss");
        if self.excess + activation < gradient {
            self.push("the loss", Raise { by: gradient - activation - self.excess }, 0);
        }
    }
}
