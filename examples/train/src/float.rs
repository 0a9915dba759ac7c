//! Training in float32 in the clear on one core: the yardstick for training on shares.
//!
//! It is the same training as `ringshare::nn::train`, with real numbers in place of fixed point: the layers, the losses, the
//! optimisers and the gradients of signs are the same, and a gradient is that of the sum over the batch. The `gemm` crate
//! computes every product. Buffers stay from step to step.

mod activation;
mod gemm;
mod loss;
mod normalise;
mod plan;
mod product;
mod update;
mod window;

use core::mem::take;

use ringshare::nn::train::{Program, TrainError, TrainOptions};
use ringshare::nn::{Model, Op};

use plan::{Plan, Step, Work};
use product::Target;
use update::{Learned, Update};

/// Weights `[outputs, inputs]` and biases `[outputs]` of each layer that has some.
pub type Parameters = Vec<(Vec<f32>, Vec<f32>)>;

/// A network in training.
pub struct Float {
    model: Model,
    options: TrainOptions,
    plan: Plan,
    /// Value i + 1 is the result of step i. The input, value 0, is not here but where it is taken from.
    values: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
    /// Of which values there is a gradient.
    has_gradient: Vec<bool>,
    steps: i32,
}

impl Float {
    /// A network that begins with the weights of a model, where the layers that `trained` names are trained. A layer of signs begins
    /// with latent weights of ±2^(t − 11).
    ///
    /// # Errors
    /// If a layer can't be trained.
    pub fn new(
        model: &Model,
        options: &TrainOptions,
        trained: &dyn Fn(&str) -> bool,
    ) -> Result<Self, TrainError> {
        let mut plan = Plan::new(model, trained)?;
        let program = Program::tuning(model, *options, trained)?;
        let works = plan.steps.iter_mut().map(|step| &mut step.work).filter(|work| work.learned().is_some());
        for (work, shape) in works.zip(program.parameters()) {
            if let Work::Product(product) = work {
                product.signs = shape.signs.map(|t| t as i32);
            }
            let Some(learned) = work.learned_mut() else { continue };
            if let Some(t) = shape.signs {
                let [latent, bias] = [t as i32 - 11, -(t as i32)].map(|log| (log as f32).exp2());
                learned.held[0].iter_mut().for_each(|w| *w *= latent);
                learned.held[1].iter_mut().for_each(|b| *b *= bias);
            }
            learned.kept = [0, 1].map(|i| vec![vec![0.; learned.held[i].len()]; Update::kept(options)]);
        }
        let empty = || vec![Vec::new(); plan.sizes.len()];
        let (values, gradients, has_gradient) = (empty(), empty(), vec![false; plan.sizes.len()]);
        Ok(Self { model: model.clone(), options: *options, plan, values, gradients, has_gradient, steps: 0 })
    }

    /// Sets weights and biases, layer by layer; those of signs are latent, and their biases are of results that are 2^t times smaller than
    /// the sums.
    ///
    /// # Panics
    /// If there are more or fewer of them.
    pub fn with_weights(&mut self, weights: Parameters) {
        assert_eq!(weights.len(), self.learned().count(), "layers with weights");
        let all = self.plan.steps.iter_mut().filter_map(|step| step.work.learned_mut());
        for (learned, (weight, bias)) in all.zip(weights) {
            let lens = [learned.held[0].len(), learned.held[1].len()];
            assert_eq!([weight.len(), bias.len()], lens, "weights and biases of {}", learned.name);
            learned.held = [weight, bias];
        }
    }

    /// Weights and biases, layer by layer, as they are held.
    pub fn weights(&self) -> Parameters {
        let pair = |[weight, bias]: &[Vec<f32>; 2]| (weight.clone(), bias.clone());
        self.learned().map(|learned| pair(&learned.held)).collect()
    }

    /// One step on a batch: x, `[rows, inputs]`, and a label for every row. Returns the mean loss before it.
    ///
    /// # Panics
    /// If x is of another size, or a label is no class.
    pub fn step(&mut self, x: &[f32], labels: &[usize], rate: f64) -> f64 {
        let update =
            Update { options: self.options, rows: labels.len(), rate: rate as f32, steps: self.steps };
        let sum = self.both_ways(x, labels, Some(&update));
        self.steps += 1;
        sum / labels.len().max(1) as f64
    }

    /// The gradients of the sum of a batch's losses, layer by layer, of weights and of biases; of no elements where a layer is not
    /// trained. Nothing is updated.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    pub fn gradients(&mut self, x: &[f32], labels: &[usize]) -> Parameters {
        self.both_ways(x, labels, None);
        let pair = |[weight, bias]: &[Vec<f32>; 2]| (weight.clone(), bias.clone());
        let of = |learned: &Learned| {
            if learned.is_trained { pair(&learned.gradients) } else { Default::default() }
        };
        self.learned().map(of).collect()
    }

    /// The outputs for x, `[rows, inputs]`, where normalisations are by their running statistics.
    ///
    /// # Panics
    /// If x is not whole rows.
    pub fn outputs(&mut self, x: &[f32]) -> Vec<f32> {
        let rows = x.len() / self.plan.sizes[0].max(1);
        self.forward(x, rows, false);
        if self.plan.steps.is_empty() { x.to_vec() } else { self.values[self.plan.steps.len()].clone() }
    }

    /// The model with the weights as they are now: signs, and their biases 2^t times as great, of layers of signs.
    ///
    /// # Errors
    /// None, unless a weight is not finite.
    pub fn model(&self) -> Result<Model, TrainError> {
        let mut out = Model::new(self.model.input());
        let mut works = self.plan.steps.iter().map(|step| &step.work).filter(|work| work.learned().is_some());
        for node in self.model.nodes() {
            let mut op = node.op.clone();
            let work = match &op {
                Op::Linear(_) | Op::Convolution(_) | Op::Normalise(_) => works.next(),
                _ => None,
            };
            match (&mut op, work) {
                (Op::Linear(linear), Some(Work::Product(product))) => {
                    (linear.weight, linear.bias) = product.serving();
                }
                (Op::Convolution(convolution), Some(Work::Product(product))) => {
                    (convolution.weight, convolution.bias) = product.serving();
                }
                (Op::Normalise(of), Some(Work::Normalise(normalise))) => *of = normalise.serving(of),
                _ => {}
            }
            out.push(&node.name, op)?;
        }
        Ok(out)
    }

    fn learned(&self) -> impl Iterator<Item = &Learned> {
        self.plan.steps.iter().filter_map(|step| step.work.learned())
    }

    fn forward(&mut self, x: &[f32], rows: usize, trains: bool) {
        assert_eq!(x.len(), rows * self.plan.sizes[0], "numbers of a batch of whole examples");
        for (number, Step { work, from }) in self.plan.steps.iter_mut().enumerate() {
            let mut z = take(&mut self.values[number + 1]);
            z.resize(rows * self.plan.sizes[number + 1], 0.);
            let value = |value: usize| if value == 0 { x } else { &self.values[value] };
            let x = value(*from);
            match work {
                Work::Product(product) => product.forward(x, &mut z),
                Work::Normalise(normalise) => normalise.forward(x, &mut z, trains),
                Work::Activation(activation) => activation.forward(x, &mut z),
                Work::Pool(pool) => pool.forward(x, &mut z),
                Work::Add(other) => {
                    let pairs = x.iter().zip(value(*other));
                    z.iter_mut().zip(pairs).for_each(|(z, (x, y))| *z = x + y);
                }
            }
            self.values[number + 1] = z;
        }
    }

    /// The sum of the losses; the gradients are left in the layers, or taken by an update.
    fn both_ways(&mut self, x: &[f32], labels: &[usize], update: Option<&Update>) -> f64 {
        let rows = labels.len();
        self.forward(x, rows, true);
        let last = self.plan.steps.len();
        self.has_gradient.fill(false);
        self.has_gradient[last] = true;
        let z = if last == 0 { x } else { &self.values[last] };
        self.gradients[last].resize(z.len(), 0.);
        let sum = loss::gradient(self.options.loss, z, labels, &mut self.gradients[last]);
        for number in (0..last).rev() {
            if !self.plan.wanted[number + 1] {
                break;
            }
            let mut g = take(&mut self.gradients[number + 1]);
            self.backward(number, x, rows, &mut g, update);
            self.gradients[number + 1] = g;
        }
        sum
    }

    fn backward(&mut self, number: usize, x: &[f32], rows: usize, g: &mut [f32], update: Option<&Update>) {
        let Step { work, from } = &mut self.plan.steps[number];
        let x = if *from == 0 { x } else { &self.values[*from] };
        let mut targets = [Some(*from), None];
        if let Work::Add(other) = work {
            targets[1] = Some(*other);
        }
        for target in targets.into_iter().flatten() {
            let is_wanted = self.plan.wanted[target];
            let adds = is_wanted && core::mem::replace(&mut self.has_gradient[target], true);
            let dx = &mut self.gradients[target];
            if is_wanted {
                dx.resize(rows * self.plan.sizes[target], 0.);
            }
            match work {
                Work::Product(product) => {
                    let target = is_wanted.then_some(Target { dx, adds });
                    match update {
                        Some(update) => product.step(x, &self.values[number + 1], g, target, update),
                        None => product.backward(x, &self.values[number + 1], g, target),
                    }
                }
                Work::Normalise(normalise) => {
                    let target = is_wanted.then_some(Target { dx, adds });
                    match update {
                        Some(update) => normalise.step(x, g, target, update),
                        None => normalise.backward(x, g, target),
                    }
                }
                Work::Pool(pool) if is_wanted => {
                    if !adds {
                        dx.fill(0.);
                    }
                    pool.backward(g, dx);
                }
                Work::Activation(activation) if is_wanted => {
                    let seen =
                        if activation.is_seen_from_its_result() { &self.values[number + 1] } else { x };
                    activation.backward(seen, g);
                    put(g, dx, adds);
                }
                Work::Add(_) if is_wanted => put(g, dx, adds),
                _ => {}
            }
        }
    }
}

fn put(g: &[f32], dx: &mut [f32], adds: bool) {
    if adds {
        dx.iter_mut().zip(g).for_each(|(dx, g)| *dx += g);
    } else {
        dx.copy_from_slice(g);
    }
}
