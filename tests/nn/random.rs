//! Random models.

use ringshare::linalg::Window;
use ringshare::nn::op::Groups;
use ringshare::nn::{Model, Op, Weight, op};

use crate::common::Random;
use crate::parts;

/// How a model's numbers are drawn.
pub(crate) struct Draw {
    pub(crate) random: Random,
    /// Whether all numbers are small integers.
    pub(crate) integers: bool,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random(seed), integers: false }
    }

    /// A number from −1 to 1, or from −3 to 3 if it is an integer.
    pub(crate) fn number(&mut self) -> f32 {
        if self.integers {
            return self.random.below(7) as f32 - 3.;
        }
        self.random.below(1 << 20) as f32 / (1 << 19) as f32 - 1.
    }

    pub(crate) fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.number()).collect()
    }

    pub(crate) fn weight(&mut self, outputs: usize, inputs: usize) -> Weight {
        if self.random.below(3) == 0 {
            return self.signs(outputs, inputs);
        }
        // So that values neither grow nor vanish from layer to layer.
        let size = if self.integers { 1. } else { (1.5 / inputs as f32).sqrt() };
        Weight::Real(self.numbers(outputs * inputs).iter().map(|w| w * size).collect())
    }

    pub(crate) fn signs(&mut self, outputs: usize, inputs: usize) -> Weight {
        Weight::Signs((0..outputs * inputs.div_ceil(8)).map(|_| self.random.next() as u8).collect())
    }

    /// A window over an image; one for pooling sees the image at every place.
    pub(crate) fn window(&mut self, image: [usize; 3]) -> Window {
        let mut window = Window::new(image, [1; 2]);
        for (axis, &side) in image[..2].iter().enumerate() {
            window.size[axis] = 1 + self.random.below(side.min(3));
            window.padding[axis] = self.random.below(window.size[axis]).min(window.size[axis] / 2);
            window.stride[axis] = 1 + self.random.below(2);
            if window.padding[axis] == 0 && window.size[axis] == 2 && side > 2 {
                window.dilation[axis] = 1 + self.random.below(2);
            }
        }
        window
    }

    pub(crate) fn convolution(&mut self, image: [usize; 3]) -> Op {
        let channels = image[2];
        let groups = [1, channels][self.random.below(2)];
        let outputs = groups * (1 + self.random.below(3));
        let window = self.window(image);
        let weight = self.weight(outputs, window.size[0] * window.size[1] * channels / groups);
        Op::Convolution(op::Convolution { window, groups, weight, bias: self.numbers(outputs) })
    }

    pub(crate) fn linear(&mut self, inputs: usize) -> Op {
        let outputs = 1 + self.random.below(24);
        Op::Linear(op::Linear { weight: self.weight(outputs, inputs), bias: self.numbers(outputs) })
    }

    /// Channel by channel; some scales are negative and some may be 0.
    pub(crate) fn normalise(&mut self, channels: usize) -> Op {
        let mut scale = self.numbers(channels);
        match self.random.below(3) {
            0 => scale.iter_mut().for_each(|s| *s = s.abs()),
            1 => scale[self.random.below(channels)] = 0.,
            _ => {}
        }
        let shift = if self.random.below(4) == 0 { vec![0.; channels] } else { self.numbers(channels) };
        Op::Normalise(op::Normalise::new(scale, shift))
    }

    /// A layer for a model's last value.
    pub(crate) fn op(&mut self, model: &Model) -> Op {
        let shape = model.output();
        match self.random.below(23) {
            0..=2 => self.convolution(shape),
            3 | 4 => self.linear(shape.iter().product()),
            5..=8 => self.normalise(shape[2]),
            9 => Op::Relu(op::Relu),
            10 => Op::Clip(op::Clip { low: -0.5, high: 0.75 }),
            11 | 12 => Op::Sign(op::Sign),
            13 | 21 => [
                Op::Sigmoid(op::Sigmoid),
                Op::Tanh(op::Tanh),
                Op::Gelu(op::Gelu),
                Op::Softmax(op::Softmax),
                Op::LeakyRelu(op::LeakyRelu { slope: 0.3 }),
                Op::LeakyRelu(op::LeakyRelu { slope: -1.5 }),
                Op::GeluTanh(op::GeluTanh),
                Op::Silu(op::Silu),
                Op::Hardswish(op::Hardswish),
                Op::Mish(op::Mish),
                Op::Softplus(op::Softplus),
                Op::Elu(op::Elu { alpha: 0.7 }),
                Op::Elu(op::Elu { alpha: -1.5 }),
            ][self.random.below(13)]
            .clone(),
            14 | 15 => Op::MaxPool(op::MaxPool { window: self.window(shape) }),
            16 => Op::AveragePool(op::AveragePool { window: self.window(shape) }),
            17 => Op::Flatten(op::Flatten),
            18 => Op::Dropout(op::Dropout),
            19 => Op::Select(op::Select { selection: parts::draw(&mut self.random, shape) }),
            20 => {
                let channels = shape[2];
                let groups = [1, channels, 2 - channels % 2][self.random.below(3)];
                let groups = [Groups::Places, Groups::Channels(groups)][self.random.below(2)];
                // Of all x, however small, fixed point tells the inverse apart only if there is so much beside them.
                let eps = 0.5;
                [Op::Centre(op::Centre { groups }), Op::InverseRms(op::InverseRms { groups, eps })]
                    [self.random.below(2)]
                .clone()
            }
            _ => self.reference(model),
        }
    }

    /// A value that is added, multiplied by, or joined, where its shape fits, or else a way back to it.
    fn reference(&mut self, model: &Model) -> Op {
        let names: Vec<_> = [("input", model.input())]
            .into_iter()
            .chain(model.nodes().iter().map(|node| (node.name.as_str(), node.shape)))
            .collect();
        let (name, shape) = names[self.random.below(names.len())];
        let (x, layer) = (model.output(), name.into());
        let vector = |shape: [usize; 3]| shape == [1, 1, shape[2]];
        let factors = shape == x || shape[2] == x[2] && (vector(shape) || vector(x));
        match self.random.below(3) {
            0 if shape == x => Op::Add(op::Add { layer }),
            0 | 1 if factors => Op::Multiply(op::Multiply { layer }),
            0..=2 if shape[..2] == x[..2] && shape[2] + x[2] < 40 => {
                let layers = vec![layer; 1 + self.random.below(2)];
                Op::Concat(op::Concat { layers })
            }
            _ => Op::From(op::From { layer }),
        }
    }

    /// A model of up to `layers` layers.
    pub(crate) fn model(&mut self, layers: usize) -> Model {
        let input = [1 + self.random.below(5), 1 + self.random.below(5), 1 + self.random.below(3)];
        let mut model = Model::new(input);
        for number in 0..1 + self.random.below(layers) {
            let op = self.op(&model);
            model.push(&format!("layer{number}"), op).unwrap();
        }
        model
    }

    pub(crate) fn images(&mut self, model: &Model, count: usize) -> Vec<f32> {
        self.numbers(count * model.input().iter().product::<usize>())
    }
}
