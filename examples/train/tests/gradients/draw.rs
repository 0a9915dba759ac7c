//! Small random networks.

use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight, op};

/// Numbers of a seed.
pub(crate) struct Draw {
    state: u64,
    /// Whether all numbers have so few bits that fixed point holds every value exactly.
    pub(crate) is_exact: bool,
    /// Whether weights are signs, with signs between layers.
    pub(crate) is_signed: bool,
    /// Whether there are normalisations.
    pub(crate) is_normalised: bool,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9e37_79b9_7f4a_7c15, is_exact: false, is_signed: false, is_normalised: false }
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.state >> 33) % most as u64) as usize
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    /// From −1 to 1.
    fn unit(&mut self) -> f32 {
        self.below(1 << 20) as f32 / (1 << 19) as f32 - 1.
    }

    /// Inputs: of 4 fractional bits where they are exact.
    pub(crate) fn inputs(&mut self, count: usize) -> Vec<f32> {
        let is_exact = self.is_exact;
        let mut number = || if is_exact { self.below(33) as f32 / 16. - 1. } else { self.unit() };
        (0..count).map(|_| number()).collect()
    }

    fn weight(&mut self, outputs: usize, inputs: usize) -> Weight {
        if self.is_signed {
            return Weight::Signs((0..outputs * inputs.div_ceil(8)).map(|_| self.below(256) as u8).collect());
        }
        let scale = (2. / inputs as f32).sqrt();
        let is_exact = self.is_exact;
        let mut number = || if is_exact { self.below(7) as f32 / 4. - 0.75 } else { scale * self.unit() };
        Weight::Real((0..outputs * inputs).map(|_| number()).collect())
    }

    /// Of 7 fractional bits where they are exact, and odd for signs, so that no sum is 0.
    fn bias(&mut self, outputs: usize) -> Vec<f32> {
        let (is_exact, is_signed) = (self.is_exact, self.is_signed);
        let mut number = || match is_exact {
            true => (self.below(32) as f32 - 15.5) / if is_signed { 64. } else { 32. },
            false => 0.5 * self.unit(),
        };
        (0..outputs).map(|_| number()).collect()
    }

    fn linear(&mut self, inputs: usize, outputs: usize) -> Op {
        op::Linear { weight: self.weight(outputs, inputs), bias: self.bias(outputs) }.into()
    }

    /// A window of any kind; one for pooling sees the image at every place.
    fn window(&mut self, image: [usize; 3], pools: bool) -> Window {
        let mut window = Window::new(image, [1; 2]);
        for (axis, &side) in image[..2].iter().enumerate() {
            window.size[axis] = 1 + self.below(side.min(3));
            if self.chance() {
                window.padding[axis] = window.size[axis] / 2;
            }
            window.stride[axis] = 1 + self.below(2);
            let spare = side + 2 * window.padding[axis];
            if !pools && 2 * (window.size[axis] - 1) < spare {
                window.dilation[axis] = 1 + self.below(2);
            }
        }
        window
    }

    fn convolution(&mut self, image: [usize; 3], keeps: bool) -> Op {
        let channels = image[2];
        let groups = if self.chance() { channels } else { 1 };
        let (window, outputs) = match keeps {
            true => (Window { padding: [1; 2], ..Window::new(image, [3, 3]) }, channels),
            false => (self.window(image, false), groups * (1 + self.below(3))),
        };
        let inputs = window.size[0] * window.size[1] * channels / groups;
        let (weight, bias) = (self.weight(outputs, inputs), self.bias(outputs));
        op::Convolution { window, groups, weight, bias }.into()
    }

    /// A normalisation of the last value, if there are any.
    fn normalise(&mut self, model: &mut Model, name: &str) {
        if self.is_normalised {
            let channels = model.output()[2];
            let scale = (0..channels).map(|_| 1. + 0.5 * self.unit()).collect();
            model.push(name, op::Normalise::new(scale, self.bias(channels))).unwrap();
        }
    }

    fn activation(&mut self) -> Op {
        match self.below(3) {
            _ if self.is_signed => op::Sign.into(),
            0 => op::Clip { low: -0.25, high: 0.75 }.into(),
            _ => op::Relu.into(),
        }
    }

    fn pool(&mut self, image: [usize; 3]) -> Op {
        let mut window = self.window(image, true);
        if self.chance() {
            return op::MaxPool { window }.into();
        }
        window.padding = [0; 2];
        if self.is_exact {
            // Of such windows the mean is exact.
            window.size = window.size.map(|size| if size == 3 { 2 } else { size });
        }
        op::AveragePool { window }.into()
    }

    /// A convolution or a linear layer, what may follow, and a linear layer of `classes`.
    pub(crate) fn network(&mut self, classes: usize) -> Model {
        let image = [3 + self.below(4), 3 + self.below(4), 1 + self.below(3)];
        let mut model = Model::new(image);
        let push = |model: &mut Model, name: &str, op: Op| model.push(name, op).unwrap();
        if self.below(5) > 0 {
            let op = self.convolution(image, false);
            push(&mut model, "conv1", op);
        } else {
            let outputs = 3 + self.below(8);
            let op = self.linear(image.iter().product(), outputs);
            push(&mut model, "fc1", op);
        }
        self.normalise(&mut model, "norm1");
        // Sums are of results and of what activations make of them.
        let first = model.nodes()[0].name.clone();
        let op = self.activation();
        push(&mut model, "act1", op);
        if self.chance() {
            let op = self.pool(model.output());
            push(&mut model, "pool1", op);
        }
        match self.below(4) {
            0 | 1 => {
                let op = self.convolution(model.output(), true);
                push(&mut model, "conv2", op);
                self.normalise(&mut model, "norm2");
                let names = [first, "act1".into(), "pool1".into()];
                let fits = |name: &&String| {
                    let node = model.nodes().iter().find(|node| node.name == **name);
                    node.is_some_and(|node| node.shape == model.output())
                };
                let names: Vec<&String> = names.iter().filter(fits).collect();
                // Between signs a sum would be of other scales.
                if !names.is_empty() && !self.is_signed {
                    let layer = names[self.below(names.len())].clone();
                    push(&mut model, "add", op::Add { layer }.into());
                }
                let op = self.activation();
                push(&mut model, "act2", op);
            }
            2 => {
                let outputs = 2 + self.below(6);
                let op = self.linear(model.output().iter().product(), outputs);
                push(&mut model, "fc2", op);
                let op = self.activation();
                push(&mut model, "act2", op);
            }
            _ => push(&mut model, "flat", op::Flatten.into()),
        }
        let op = self.linear(model.output().iter().product(), classes);
        push(&mut model, "fc", op);
        model
    }
}
