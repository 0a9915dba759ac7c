//! Which layers take which values. Values are numbered as by [`Model::value`].

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use crate::linalg::Window;
use crate::nn::{Model, Op, Weight};

/// A product with weights: linear layers, convolutions and normalisations alike.
pub(super) struct Affine<'a> {
    pub(super) weight: Cow<'a, Weight>,
    pub(super) bias: &'a [f32],
    /// Elements of a row of the weights.
    pub(super) row: usize,
    /// Of all but linear layers.
    pub(super) window: Option<(Window, usize)>,
}

impl<'a> Affine<'a> {
    /// The product that a layer is, if it is one.
    pub(super) fn of(model: &'a Model, layer: usize) -> Option<Self> {
        let shape = shape(model, layer);
        Some(match &model.nodes()[layer].op {
            Op::Linear { weight, bias } => {
                Self { weight: Cow::Borrowed(weight), bias, row: shape.iter().product(), window: None }
            }
            Op::Convolution { window, groups, weight, bias } => Self {
                weight: Cow::Borrowed(weight),
                bias,
                row: window.size[0] * window.size[1] * (shape[2] / groups),
                window: Some((*window, *groups)),
            },
            Op::Normalise { scale, shift } => Self {
                weight: Cow::Owned(Weight::Real(scale.clone())),
                bias: shift,
                row: 1,
                window: Some((Window::new(shape, [1, 1]), shape[2])),
            },
            _ => return None,
        })
    }

    /// The greatest magnitude of a weight, and whether all weights are whole numbers.
    pub(super) fn weights(&self) -> (f32, bool) {
        match &*self.weight {
            Weight::Signs(_) => (1., true),
            Weight::Real(weights) => {
                let largest = weights.iter().fold(0f32, |all, w| all.max(w.abs()));
                (largest, largest < 65536. && weights.iter().all(|&w| w == w as i32 as f32))
            }
        }
    }

    /// Whether the bias is of whole numbers that single precision tells apart.
    pub(super) fn whole_bias(&self) -> bool {
        self.bias.iter().all(|&b| b.abs() < 16_777_216. && b == b as i32 as f32)
    }

    /// The root of the mean square of the norms of the rows.
    pub(super) fn norm(&self) -> f64 {
        match &*self.weight {
            Weight::Signs(_) => libm::sqrt(self.row as f64),
            Weight::Real(weights) => {
                let square: f64 = weights.iter().map(|&w| f64::from(w) * f64::from(w)).sum();
                libm::sqrt(square / self.bias.len() as f64)
            }
        }
    }
}

/// Height, width and channels of a value.
pub(super) fn shape(model: &Model, value: usize) -> [usize; 3] {
    value.checked_sub(1).map_or(model.input(), |layer| model.nodes()[layer].shape)
}

/// The value that a layer takes: the result of the layer before it, except for [`Op::From`].
pub(super) fn source(model: &Model, layer: usize) -> usize {
    match &model.nodes()[layer].op {
        Op::From { layer: name } => model.value(name).unwrap_or(layer),
        _ => layer,
    }
}

/// Which layers take each value, and what becomes of it.
///
/// Only later layers take a value, so one pass over all values, backwards or forwards, finds each property. Following
/// paths would not do, since sums of sums have exponentially many.
pub(super) struct Graph<'a> {
    pub(super) model: &'a Model,
    uses: Vec<Vec<usize>>,
    only_signs: Vec<bool>,
    products: Vec<Option<(usize, u32)>>,
    accumulates: Vec<bool>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(model: &'a Model) -> Self {
        let values = model.nodes().len() + 1;
        let mut uses = vec![Vec::new(); values];
        for (layer, node) in model.nodes().iter().enumerate() {
            uses[source(model, layer)].push(layer);
            if let Op::Add { layer: name } = &node.op {
                uses[model.value(name).unwrap_or(layer)].push(layer);
            }
        }
        let only_signs = vec![false; values];
        let mut graph =
            Self { model, uses, only_signs, products: vec![None; values], accumulates: vec![false; values] };
        for value in (0..values).rev() {
            graph.only_signs[value] = graph.signs_of(value);
            graph.products[value] = graph.product_of(value);
        }
        for value in 1..values {
            graph.accumulates[value] = graph.accumulated(value - 1);
        }
        graph
    }

    /// The layers that take a value.
    pub(super) fn uses(&self, value: usize) -> &[usize] {
        &self.uses[value]
    }

    fn op(&self, layer: usize) -> &Op {
        &self.model.nodes()[layer].op
    }

    /// Whether only the signs of a value count, or of maxima over it.
    pub(super) fn only_signs(&self, value: usize) -> bool {
        self.only_signs[value]
    }

    fn signs_of(&self, value: usize) -> bool {
        let sign = |&layer: &usize| match self.op(layer) {
            Op::Sign => true,
            op => passes(op) && self.only_signs[layer + 1],
        };
        !self.uses(value).is_empty() && self.uses(value).iter().all(sign)
    }

    /// The first product that takes a value, directly or in a sum, and how many fractional bits averages add in between.
    pub(super) fn product(&self, value: usize) -> Option<(usize, u32)> {
        self.products[value]
    }

    fn product_of(&self, value: usize) -> Option<(usize, u32)> {
        self.uses(value).iter().find_map(|&layer| match self.op(layer) {
            _ if self.is_product(layer) => Some((layer, 0)),
            Op::AveragePool { window } => {
                let grown = self.grown(layer, window.size[0] * window.size[1]);
                self.products[layer + 1].map(|(layer, more)| (layer, more + grown))
            }
            op if passes(op) || matches!(op, Op::Add { .. }) => self.products[layer + 1],
            _ => None,
        })
    }

    /// Whether a value still has the fractional bits of a product: none were dropped after it.
    pub(super) fn accumulates(&self, value: usize) -> bool {
        self.accumulates[value]
    }

    fn accumulated(&self, layer: usize) -> bool {
        match self.op(layer) {
            _ if self.is_product(layer) => true,
            Op::Add { layer: name } => {
                self.accumulates[layer] || self.model.value(name).is_some_and(|value| self.accumulates[value])
            }
            op if passes(op) || matches!(op, Op::AveragePool { .. }) => {
                self.accumulates[source(self.model, layer)]
            }
            _ => false,
        }
    }

    /// Whether a layer is a place where fractional bits of a product are dropped for the product that follows.
    pub(super) fn rounds(&self, layer: usize) -> bool {
        let op = self.op(layer);
        let place = matches!(op, Op::Dropout | Op::Flatten | Op::AveragePool { .. });
        place && self.accumulates(layer) && self.uses(layer + 1).iter().any(|&next| self.is_product(next))
    }

    /// Whether a layer is a product.
    pub(super) fn is_product(&self, layer: usize) -> bool {
        matches!(self.op(layer), Op::Linear { .. } | Op::Convolution { .. } | Op::Normalise { .. })
    }

    /// Whether the weights after an average can absorb the factor 1/n: only one product takes it, and nothing else.
    pub(super) fn folds(&self, layer: usize) -> bool {
        matches!(*self.uses(layer + 1), [next] if self.is_product(next))
    }

    /// The fractional bits that an average of `values` values adds if their sum stands for it.
    pub(super) fn grown(&self, layer: usize, values: usize) -> u32 {
        if self.folds(layer) || values.is_power_of_two() { values.ilog2() } else { 0 }
    }

    /// For each value the fractional bits that are kept of it, if all layers that take it keep the same number.
    /// `fractions` gives the fractional bits of a layer's result.
    pub(super) fn kept(&self, fractions: &dyn Fn(usize) -> u32) -> Vec<Option<u32>> {
        let mut kept = vec![None; self.uses.len()];
        for value in (0..kept.len()).rev() {
            let mut all = self.uses(value).iter().map(|&layer| match self.op(layer) {
                Op::Relu => Some(fractions(layer)),
                Op::Add { .. } if layer == value && self.uses(value).len() == 1 => kept[layer + 1],
                Op::Dropout | Op::Flatten if self.rounds(layer) => Some(fractions(layer)),
                op if passes(op) => kept[layer + 1],
                _ => None,
            });
            let first = all.next().flatten();
            kept[value] = first.filter(|_| all.all(|other| other == first));
        }
        kept
    }

    /// The last product, if its results are the model's.
    pub(super) fn last(&self) -> Option<usize> {
        let mut value = self.model.nodes().len();
        loop {
            let layer = value.checked_sub(1)?;
            match self.op(layer) {
                _ if self.is_product(layer) => return Some(layer),
                Op::Dropout | Op::Flatten | Op::From { .. } => value = source(self.model, layer),
                _ => return None,
            }
        }
    }
}

/// Whether every result of the layer is one of the values that it takes.
fn passes(op: &Op) -> bool {
    matches!(op, Op::Dropout | Op::Flatten | Op::From { .. } | Op::MaxPool { .. })
}

/// The model with a layer before every product that takes the result of another product, where fractional bits are
/// dropped. It is a dropout, which does nothing else.
pub(super) fn rounded(model: &Model) -> Model {
    let graph = Graph::new(model);
    let mut out = Model::new(model.input());
    for (layer, node) in model.nodes().iter().enumerate() {
        let rounds = layer.checked_sub(1).is_some_and(|before| graph.rounds(before));
        if graph.is_product(layer) && graph.accumulates(layer) && !rounds {
            // A name that is taken leaves the place out, and the weights with fewer bits.
            let _ = out.push(&format!("{}.input", node.name), Op::Dropout);
        }
        if out.push(&node.name, node.op.clone()).is_err() {
            return model.clone();
        }
    }
    out
}
