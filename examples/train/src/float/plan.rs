//! The steps of a model.
//!
//! A ReLU or a clip of what a layer with weights gives is done with it, unless something else takes the layer's own result.

use ringshare::linalg::Window;
use ringshare::nn::train::TrainError;
use ringshare::nn::{Model, Node, Op, Weight};

use super::activation::Activation;
use super::normalise::Normalise;
use super::product::Product;
use super::update::Learned;
use super::window::Pool;

pub(super) enum Work {
    Product(Box<Product>),
    Normalise(Box<Normalise>),
    Activation(Activation),
    Pool(Pool),
    /// Of this value too.
    Add(usize),
}

impl Work {
    pub(super) fn learned(&self) -> Option<&Learned> {
        match self {
            Self::Product(product) => Some(&product.learned),
            Self::Normalise(normalise) => Some(&normalise.learned),
            _ => None,
        }
    }

    pub(super) fn learned_mut(&mut self) -> Option<&mut Learned> {
        match self {
            Self::Product(product) => Some(&mut product.learned),
            Self::Normalise(normalise) => Some(&mut normalise.learned),
            _ => None,
        }
    }
}

/// A step from one value to another.
pub(super) struct Step {
    pub(super) work: Work,
    pub(super) from: usize,
}

/// The steps, of which step i gives value i + 1.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Elements of each value, for one example.
    pub(super) sizes: Vec<usize>,
    /// Whether a gradient of it is wanted: something below is trained.
    pub(super) wanted: Vec<bool>,
}

impl Plan {
    pub(super) fn new(model: &Model, trained: &dyn Fn(&str) -> bool) -> Result<Self, TrainError> {
        let size = |shape: [usize; 3]| shape.iter().product::<usize>();
        let mut plan = Self { steps: Vec::new(), sizes: vec![size(model.input())], wanted: vec![false] };
        // The value here that a value of the model is.
        let mut values = vec![0];
        let added: Vec<usize> = model.nodes().iter().filter_map(|node| other(model, &node.op)).collect();
        for node in model.nodes() {
            let last = plan.steps.len();
            let is_taken = added.iter().any(|value| values.get(*value) == Some(&last));
            if let Some(work) = work(model, node, plan.sizes[last], &values, trained)? {
                plan.push(work, size(node.shape), is_taken, trained);
            }
            values.push(plan.steps.len());
        }
        Ok(plan)
    }

    fn push(&mut self, mut work: Work, size: usize, is_taken: bool, trained: &dyn Fn(&str) -> bool) {
        let from = self.steps.len();
        if let (Work::Activation(activation), Some(Step { work: Work::Product(product), .. })) =
            (&work, self.steps.last_mut())
            && !is_taken
            && product.activation == Activation::None
            && activation.is_seen_from_its_result()
        {
            product.activation = *activation;
            return;
        }
        let mut wanted = self.wanted[from];
        if let Some(learned) = work.learned_mut() {
            learned.is_trained &= trained(&learned.name);
            wanted |= learned.is_trained;
        }
        self.steps.push(Step { work, from });
        self.sizes.push(size);
        self.wanted.push(wanted);
    }
}

/// The value of the model that a layer adds.
fn other(model: &Model, op: &Op) -> Option<usize> {
    match op {
        Op::Add(add) => model.value(&add.layer),
        _ => None,
    }
}

/// What a layer does to a value of so many elements, unless nothing.
fn work(
    model: &Model,
    node: &Node,
    elements: usize,
    values: &[usize],
    trained: &dyn Fn(&str) -> bool,
) -> Result<Option<Work>, TrainError> {
    let unfit = |reason: String| TrainError::Value { layer: node.name.clone(), reason };
    let grid = |window: &Window| window.places().map_err(|error| unfit(error.to_string()));
    Ok(Some(match &node.op {
        Op::Linear(linear) => product(node, (&linear.weight, &linear.bias), elements, None, 1),
        Op::Convolution(convolution) => {
            let (window, groups) = (convolution.window, convolution.groups);
            let inputs = window.size[0] * window.size[1] * (window.image[2] / groups);
            let window = Some((window, grid(&window)?));
            product(node, (&convolution.weight, &convolution.bias), inputs, window, groups)
        }
        Op::Normalise(of) => Work::Normalise(Box::new(match trained(&node.name) {
            true => Normalise::new(&node.name, of),
            false => Normalise::frozen(&node.name, of),
        })),
        Op::Relu(_) => Work::Activation(Activation::Relu),
        Op::Clip(clip) => Work::Activation(Activation::Clip(clip.low, clip.high)),
        Op::Sign(_) => Work::Activation(Activation::Sign),
        Op::MaxPool(pool) => Work::Pool(Pool::new(pool.window, grid(&pool.window)?, true)),
        Op::AveragePool(pool) if pool.window.padding == [0; 2] => {
            Work::Pool(Pool::new(pool.window, grid(&pool.window)?, false))
        }
        Op::Add(add) => match other(model, &node.op).and_then(|value| values.get(value)) {
            Some(value) => Work::Add(*value),
            None => return Err(unfit(format!("expected an earlier layer, found {}", add.layer))),
        },
        // The order of the elements is the same.
        Op::Flatten(_) | Op::Reshape(_) => return Ok(None),
        other => return Err(TrainError::Layer { layer: node.name.clone(), found: format!("{other:?}") }),
    }))
}

fn product(
    node: &Node,
    (weight, bias): (&Weight, &[f32]),
    inputs: usize,
    window: Option<(Window, [usize; 2])>,
    groups: usize,
) -> Work {
    let mut all = vec![0.; bias.len() * inputs];
    all.chunks_exact_mut(inputs.max(1)).enumerate().for_each(|(row, out)| weight.row(row, out));
    let product = Product::new(&node.name, inputs, [all, bias.to_vec()], window, groups);
    Work::Product(Box::new(product))
}
