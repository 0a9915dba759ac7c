//! Fewer layers for the same function.
//!
//! One step at a time, at the first layer where one applies, until none does:
//!
//! - what changes nothing goes: dropout, and flattening where all that follows takes the elements one by one or all at
//!   once; who refers to it refers to the layer before then;
//! - a normalisation goes into a layer of weights (`fold.rs`), the one before it where there is one, if need be after a
//!   sign has been turned (`flip.rs`);
//! - a maximum over windows moves before a function that never falls, for which
//!   max(f(x_1), …, f(x_n)) = f(max(x_1, …, x_n)): the function is then applied to fewer values.
//!
//! A value may change only if nothing else refers to it. Every step takes a layer away, moves a pooling to the front or
//! takes negative scales away, so the steps end.

use alloc::format;
use alloc::string::{String, ToString};

use super::{INPUT, Model, Op};

/// The same function with fewer layers.
pub(super) fn simplify(model: &Model) -> Model {
    let mut model = model.clone();
    while (0..model.nodes.len()).any(|layer| step(&mut model, layer)) {}
    model
}

/// Simplifies at one layer, if there is a way.
fn step(model: &mut Model, layer: usize) -> bool {
    match &model.nodes[layer].op {
        Op::Dropout => remove(model, layer, "left out: it does nothing in use".into()),
        Op::Flatten => flatten(model, layer),
        Op::Normalise { .. } => model.fold(layer) || model.flip(layer),
        Op::MaxPool { .. } => pool_first(model, layer),
        _ => false,
    }
}

/// Takes a layer out of which its predecessor's value comes.
pub(super) fn remove(model: &mut Model, layer: usize, note: String) -> bool {
    let before = layer.checked_sub(1).map_or(INPUT, |before| &model.nodes[before].name).to_string();
    let node = model.nodes.remove(layer);
    redirect(model, &node.name, &before);
    model.notes.push(format!("{}: {note}", node.name));
    true
}

/// Whoever refers to one layer refers to another.
fn redirect(model: &mut Model, from: &str, to: &str) {
    for node in &mut model.nodes {
        if let Op::Add { layer } | Op::From { layer } = &mut node.op
            && layer == from
        {
            *layer = to.into();
        }
    }
}

/// Takes out a flattening if the shape does not matter to what follows.
fn flatten(model: &mut Model, layer: usize) -> bool {
    let shape = model.shape(layer);
    let mut end = layer + 1;
    if shape[..2] != [1, 1] {
        while model.nodes.get(end).is_some_and(|node| is_elementwise(&node.op)) {
            end += 1;
        }
        let fits = model.nodes.get(end).is_none_or(|node| matches!(node.op, Op::Linear { .. }));
        if !fits || (layer..end).any(|layer| model.is_referred_to(layer)) {
            return false;
        }
        model.nodes[layer..end].iter_mut().for_each(|node| node.shape = shape);
    }
    remove(model, layer, "left out: the order of the elements is the same".into())
}

fn is_elementwise(op: &Op) -> bool {
    matches!(op, Op::Relu | Op::Clip { .. } | Op::Sign | Op::Sigmoid | Op::Tanh | Op::Gelu)
}

/// Moves a pooling before the function that it follows, if that never falls.
fn pool_first(model: &mut Model, layer: usize) -> bool {
    let Some(before) = layer.checked_sub(1) else { return false };
    let rises = match &model.nodes[before].op {
        Op::Relu | Op::Clip { .. } | Op::Sign | Op::Sigmoid | Op::Tanh => true,
        Op::Normalise { scale, .. } => scale.iter().all(|&scale| scale >= 0.),
        _ => false,
    };
    if !rises || model.is_referred_to(before) {
        return false;
    }
    model.nodes.swap(before, layer);
    let (pool, function) = (model.nodes[before].name.clone(), model.nodes[layer].name.clone());
    model.nodes[layer].shape = model.nodes[before].shape;
    redirect(model, &pool, &function);
    model.notes.push(format!("{pool}: moved before {function}"));
    true
}

impl Model {
    /// Whether a layer that does not follow it takes a layer's result.
    pub(super) fn is_referred_to(&self, layer: usize) -> bool {
        let name = &self.nodes[layer].name;
        self.nodes.iter().any(|node| node.op.refers_to() == Some(name))
    }
}
