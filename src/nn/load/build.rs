//! From a description and tensors to a model.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::description::{BatchNorm, Conv2d, Description, Kind, Layer, Linear, Pool};
use super::error::LoadError;
use super::order::{self, Order};
use super::tensors::Tensors;
use crate::linalg::Window;
use crate::nn::{Model, Op, Weight, limits};

/// Builds the model, and checks that every tensor has its place.
///
/// # Errors
/// If layers, tensors and shapes do not fit each other.
pub(super) fn build(description: &Description, mut tensors: Tensors<'_>) -> Result<Model, LoadError> {
    let image = match *description.shape {
        [channels, height, width] => [height, width, channels],
        [length] => [1, 1, length],
        _ => [0; 3],
    };
    let wrong = |reason| LoadError::Description { reason: format!("input: {reason}") };
    check_elements(image).map_err(wrong)?;
    limits::image(&image).map_err(|error| wrong(too_large(&error)))?;
    let mut model = Model::new(image);
    // By the numbers of values.
    let mut orders: Vec<Order> = vec![None];
    for layer in &description.layers {
        let order = orders.last().copied().flatten();
        let mut step = Step { name: &layer.name, image: model.output(), order, tensors: &mut tensors };
        let after = step.order_after(layer, |name| model.value(name).map(|value| orders[value]))?;
        let op = step.op(layer)?;
        model.push(&layer.name, op)?;
        orders.push(after);
    }
    if let (Some(Some([height, width, channels])), Some(layer)) = (orders.last(), description.layers.last()) {
        let reason = format!(
            "expected a linear layer behind the flatten, found the end: \
             [{channels}, {height}, {width}] would come out in another order"
        );
        return Err(LoadError::Layer { layer: layer.name.clone(), reason });
    }
    tensors.finish()?;
    Ok(model)
}

/// Checks that an image is neither empty nor larger than any network's. What layers make of it, the model checks.
fn check_elements([height, width, channels]: [usize; 3]) -> Result<(), String> {
    let all = height.checked_mul(width).and_then(|places| places.checked_mul(channels));
    let most = Model::MOST_ELEMENTS;
    if all.is_some_and(|all| (1..=most).contains(&all)) {
        return Ok(());
    }
    Err(format!("expected a shape of 1 to {most} elements, found [{channels}, {height}, {width}]"))
}

fn too_large(limits::TooLarge { what, most, found }: &limits::TooLarge) -> String {
    format!("{what}: expected at most {most}, found {found}")
}

/// A layer that is being built: its name, the value it takes, and the tensors.
struct Step<'a, 'b> {
    name: &'a str,
    image: [usize; 3],
    order: Order,
    tensors: &'a mut Tensors<'b>,
}

impl Step<'_, '_> {
    /// The order of the layer's result.
    fn order_after(&self, layer: &Layer, known: impl Fn(&str) -> Option<Order>) -> Result<Order, LoadError> {
        match &layer.kind {
            Kind::Linear(_) => Ok(None),
            Kind::Flatten => Ok(order::flattened(self.image).or(self.order)),
            // A name that is unknown is refused by the model.
            Kind::From(other) => Ok(known(&other.layer).flatten()),
            Kind::Add(other) if known(&other.layer).is_some_and(|other| other != self.order) => {
                Err(self.wrong("expected a value that was flattened likewise, found another"))
            }
            Kind::Conv2d(_) | Kind::MaxPool2d(_) | Kind::AvgPool2d(_) | Kind::GlobalAvgPool2d
                if self.order.is_some() =>
            {
                Err(self.wrong("expected an image, found one that was flattened"))
            }
            _ => Ok(self.order),
        }
    }

    fn op(&mut self, layer: &Layer) -> Result<Op, LoadError> {
        Ok(match &layer.kind {
            Kind::Linear(options) => self.linear(options)?,
            Kind::Conv2d(options) => self.convolution(options)?,
            Kind::BatchNorm(options) => self.normalise(options)?,
            Kind::Relu => Op::Relu,
            Kind::Relu6 => Op::Clip { low: 0.0, high: 6.0 },
            Kind::Clip(bounds) => Op::Clip { low: bounds.low, high: bounds.high },
            Kind::Sign => Op::Sign,
            Kind::Sigmoid => Op::Sigmoid,
            Kind::Tanh => Op::Tanh,
            Kind::Gelu => Op::Gelu,
            Kind::Softmax => Op::Softmax,
            Kind::MaxPool2d(options) => Op::MaxPool { window: self.pool(options)? },
            Kind::AvgPool2d(options) => Op::AveragePool { window: self.pool(options)? },
            Kind::GlobalAvgPool2d => {
                Op::AveragePool { window: Window::new(self.image, [self.image[0], self.image[1]]) }
            }
            Kind::Flatten => Op::Flatten,
            Kind::Dropout => Op::Dropout,
            Kind::Add(other) => Op::Add { layer: other.layer.clone() },
            Kind::From(other) => Op::From { layer: other.layer.clone() },
        })
    }

    fn linear(&mut self, options: &Linear) -> Result<Op, LoadError> {
        let [height, width, inputs] = self.image;
        if height * width != 1 {
            return Err(self.wrong(format!(
                "expected a flatten before a linear layer, found an image [{inputs}, {height}, {width}]"
            )));
        }
        let channels = self.order.map_or(1, |[_, _, channels]| channels);
        if self.tensors.has(self.name, "weight_bits") {
            let tensor = self.tensors.take(self.name, "weight_bits")?;
            let bits = tensor.bits(inputs)?;
            let bits = order::each_row(&bits, inputs, |row| order::channels_last(row, channels));
            let bias = self.bias(options.bias, tensor.shape()[0])?;
            return Ok(Op::Linear { weight: Weight::Signs(bits), bias });
        }
        let tensor = self.tensors.take(self.name, "weight")?;
        let outputs = match *tensor.shape() {
            [outputs, found] if outputs > 0 && found == inputs => outputs,
            _ => return Err(tensor.wrong_shape(format!("[out, {inputs}] for the {inputs} values before it"))),
        };
        let weight = rows_channels_last(tensor.reals()?, inputs, channels);
        Ok(Op::Linear { weight: Weight::Real(weight), bias: self.bias(options.bias, outputs)? })
    }

    fn convolution(&mut self, options: &Conv2d) -> Result<Op, LoadError> {
        let channels = self.image[2];
        let groups = options.groups;
        if groups == 0 || !channels.is_multiple_of(groups) {
            return Err(
                self.wrong(format!("expected groups that divide {channels} channels, found {groups}"))
            );
        }
        let seen = channels / groups;
        let (image, &Conv2d { stride, padding, dilation, .. }) = (self.image, options);
        let window = |size| Window { image, size, stride, padding, dilation };
        self.checked(window(options.size.unwrap_or([1; 2])))?;
        let (weight, outputs, size) = if self.tensors.has(self.name, "weight_bits") {
            self.packed_convolution(options, seen)?
        } else {
            self.real_convolution(options, seen)?
        };
        let window = self.checked(window(size))?;
        Ok(Op::Convolution { window, groups, weight, bias: self.bias(options.bias, outputs)? })
    }

    fn real_convolution(
        &mut self,
        options: &Conv2d,
        channels: usize,
    ) -> Result<(Weight, usize, [usize; 2]), LoadError> {
        let tensor = self.tensors.take(self.name, "weight")?;
        let (outputs, size) = match *tensor.shape() {
            [outputs, found, height, width]
                if ![outputs, height, width].contains(&0)
                    && found == channels
                    && options.size.is_none_or(|size| size == [height, width]) =>
            {
                (outputs, [height, width])
            }
            _ => {
                let [height, width] =
                    options.size.map_or(["kh".into(), "kw".into()], |size| size.map(|n| format!("{n}")));
                let groups = options.groups;
                return Err(tensor.wrong_shape(format!(
                    "[out, {channels}, {height}, {width}] for {channels} channels in each of {groups} groups"
                )));
            }
        };
        let row = channels * size[0] * size[1];
        Ok((Weight::Real(rows_channels_last(tensor.reals()?, row, channels)), outputs, size))
    }

    fn packed_convolution(
        &mut self,
        options: &Conv2d,
        channels: usize,
    ) -> Result<(Weight, usize, [usize; 2]), LoadError> {
        let Some(size) = options.size else {
            return Err(self.wrong("expected the key `size` beside packed weights, found none"));
        };
        let row = channels.checked_mul(size[0]).and_then(|n| n.checked_mul(size[1])).filter(|&n| n > 0);
        let Some(row) = row else {
            return Err(
                self.wrong(format!("expected a size of at least 1 that can be counted, found {size:?}"))
            );
        };
        let tensor = self.tensors.take(self.name, "weight_bits")?;
        let bits = tensor.bits(row)?;
        let bits = order::each_row(&bits, row, |row| order::channels_last(row, channels));
        Ok((Weight::Signs(bits), tensor.shape()[0], size))
    }

    /// x ↦ (x − mean) / √(var + eps) · weight + bias as x·scale + shift.
    fn normalise(&mut self, options: &BatchNorm) -> Result<Op, LoadError> {
        let n = self.image[2];
        let mut vector = |tensor, default: Option<f32>| match default {
            Some(default) => Ok(vec![default; n]),
            None => {
                let tensor = self.tensors.take(self.name, tensor)?;
                tensor.vector(n, &format!("{n} channels"))
            }
        };
        let (weight, bias) = (
            vector("weight", (!options.affine).then_some(1.0))?,
            vector("bias", (!options.affine).then_some(0.0))?,
        );
        let (mean, variance) = (vector("running_mean", None)?, vector("running_var", None)?);
        self.tensors.skip(self.name, "num_batches_tracked");
        if let Some(place) = variance.iter().position(|&v| f64::from(v) + options.eps <= 0.0) {
            let (name, found) = (format!("{}.running_var", self.name), variance[place].into());
            return Err(LoadError::Value { name, place, expected: "positive variances", found });
        }
        let one = |i: usize| {
            let scale = f64::from(weight[i]) / libm::sqrt(f64::from(variance[i]) + options.eps);
            (scale as f32, (f64::from(bias[i]) - f64::from(mean[i]) * scale) as f32)
        };
        let (scale, shift): (Vec<f32>, Vec<f32>) = (0..n).map(one).unzip();
        let channels = self.order.map_or(1, |[_, _, channels]| channels);
        Ok(Op::Normalise {
            scale: order::channels_last(&scale, channels),
            shift: order::channels_last(&shift, channels),
        })
    }

    fn pool(&self, options: &Pool) -> Result<Window, LoadError> {
        self.checked(Window {
            image: self.image,
            size: options.size,
            stride: options.stride.unwrap_or(options.size),
            padding: options.padding,
            dilation: options.dilation,
        })
    }

    /// A window whose numbers are not too large.
    fn checked(&self, window: Window) -> Result<Window, LoadError> {
        limits::window(&window).map_err(|error| self.wrong(too_large(&error))).map(|()| window)
    }

    fn bias(&mut self, there: bool, outputs: usize) -> Result<Vec<f32>, LoadError> {
        if !there {
            return Ok(vec![0.0; outputs]);
        }
        let tensor = self.tensors.take(self.name, "bias")?;
        tensor.vector(outputs, &format!("the {outputs} outputs of its weights"))
    }

    fn wrong(&self, reason: impl Into<String>) -> LoadError {
        LoadError::Layer { layer: self.name.into(), reason: reason.into() }
    }
}

/// Rows of `width` weights over `[C, places]` to rows over `[places, C]`.
fn rows_channels_last(weights: Vec<f32>, width: usize, channels: usize) -> Vec<f32> {
    if channels == 1 || channels == width {
        return weights;
    }
    weights.chunks_exact(width).flat_map(|row| order::channels_last(row, channels)).collect()
}
