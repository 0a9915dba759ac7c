//! Fewer layers for the same function.
//!
//! Each step applies one rule at the first layer where one applies, until none does:
//!
//! - Dropout is removed. Flattening is removed where the layers after it treat elements one by one, or all at once as
//!   a linear layer does. References to a removed layer become references to the layer before it.
//! - A normalisation is folded into the weights before it, or else into the weights after it (`fold.rs`). Between a
//!   maximum and a sign it is folded into both (`flip.rs`).
//! - A maximum over windows moves before a non-decreasing function f, since
//!   max(f(x_1), …, f(x_n)) = f(max(x_1, …, x_n)). The function is then applied to fewer values.
//!
//! A rule changes a value only if no other layer refers to it. Every step removes a layer or moves a pooling towards the
//! front, so the steps end.
//!
//! **Which rule applies depends on public facts alone:** the kinds of the layers, their order, their windows, and who
//! refers to whom. Weights, biases, scales and shifts never decide, because the simplified model becomes the public
//! program. One case remains: weights that would overflow single precision are not folded. Such a model has no program,
//! since [`Quantised`](crate::nn::Quantised) refuses weights of that size.

use alloc::format;

use super::Model;
use crate::nn::op::{Op, Rule};

impl Model {
    /// The same function with fewer layers, which [`notes`](Self::notes) lists. What is left depends on the kinds,
    /// order and shapes of the layers, never on weights: two models that differ in their weights alone are simplified
    /// alike.
    ///
    /// - Dropout is removed. Flattening is removed where the layers after it take elements one by one or all at once; if
    ///   a model ends with it, the result keeps its order but has the shape of the image.
    /// - A normalisation is folded into the linear layer or convolution before it, or else into the one after it; an
    ///   average pooling without padding may lie in between. It stays where there is neither, where another layer
    ///   refers to a value in between, before a padded convolution, and after or before a maximum.
    /// - A normalisation before a sign becomes a threshold, and [`Weight::Signs`](crate::nn::Weight::Signs) stay signs;
    ///   elsewhere they become real numbers. A maximum may come before the normalisation if layers with weights lie
    ///   before the maximum and after the sign. If inputs, weights and biases are integers below 2^24 then the signs are
    ///   exactly those of real numbers, where the sign of 0 is +1. A channel of scale 0 has a constant sign; then weights
    ///   of signs stay signs only if their layer takes −1 and +1.
    /// - A maximum over windows moves before the ReLU, clip, sign, sigmoid or tanh that it follows.
    ///
    /// Results are otherwise the same up to rounding. A normalisation also stays if folded weights would overflow
    /// single precision; no fixed-point program is made of such a model.
    pub fn simplify(&self) -> Self {
        self.simplified(true)
    }

    /// As [`simplify`](Self::simplify), but normalisations stay as they are, with their statistics: those of a network to train.
    pub fn simplify_for_training(&self) -> Self {
        self.simplified(false)
    }

    fn simplified(&self, folds: bool) -> Self {
        let mut model = self.clone();
        while (0..model.nodes.len()).any(|layer| step(&mut model, layer, folds)) {}
        model
    }
}

/// Applies the rule of a layer, if it applies.
fn step(model: &mut Model, layer: usize, folds: bool) -> bool {
    match model.nodes[layer].op.get().rule() {
        Rule::Folded if !folds => false,
        Rule::Stays => false,
        Rule::LeftOut => {
            model.remove(layer, "left out: it does nothing in use".into());
            true
        }
        Rule::OrderOnly => flatten(model, layer),
        Rule::Folded => model.fold(layer) || model.flip(layer),
        Rule::First => go_first(model, layer),
    }
}

/// Removes a layer that changes the order of elements, if that does not matter to the layers after it.
fn flatten(model: &mut Model, layer: usize) -> bool {
    let shape = model.shape(layer);
    let mut end = layer + 1;
    if shape[..2] != [1, 1] {
        while model.nodes.get(end).is_some_and(|node| node.op.get().is_elementwise()) {
            end += 1;
        }
        let fits = model.nodes.get(end).is_none_or(|node| matches!(node.op, Op::Linear(_)));
        if !fits || (layer..end).any(|layer| model.is_referred_to(layer)) {
            return false;
        }
        model.nodes[layer..end].iter_mut().for_each(|node| node.shape = shape);
    }
    model.remove(layer, "left out: the order of the elements is the same".into());
    true
}

/// Moves a pooling before the function that it follows, if that is non-decreasing. A normalisation does not count: it is
/// non-decreasing only if its scales, which are secret, are not negative.
fn go_first(model: &mut Model, layer: usize) -> bool {
    let Some(before) = layer.checked_sub(1) else { return false };
    if !model.nodes[before].op.get().rises() || model.is_referred_to(before) {
        return false;
    }
    model.nodes.swap(before, layer);
    let (pool, function) = (model.nodes[before].name.clone(), model.nodes[layer].name.clone());
    model.nodes[layer].shape = model.nodes[before].shape;
    model.redirect(&pool, &function);
    model.notes.push(format!("{pool}: moved before {function}"));
    true
}
