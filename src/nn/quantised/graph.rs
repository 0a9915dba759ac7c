//! Which layers take which values. Values are numbered as by [`Model::value`].

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::iter;

use crate::nn::Model;
use crate::nn::Op;
use crate::nn::op::{Affine, Dropout, Role};

/// The value that a layer takes: the result of the layer before it, or another in place of that.
pub(super) fn source(model: &Model, layer: usize) -> usize {
    let op = model.nodes()[layer].op.get();
    match (op.role(), op.others()) {
        (Role::Instead, [name, ..]) => model.value(name).unwrap_or(layer),
        _ => layer,
    }
}

/// All values that a layer takes.
pub(super) fn taken(model: &Model, layer: usize) -> impl Iterator<Item = usize> {
    let instead = model.nodes()[layer].op.get().role() == Role::Instead;
    iter::once(source(model, layer)).chain(others(model, layer).filter(move |_| !instead))
}

/// The further values that a layer takes.
pub(super) fn others(model: &Model, layer: usize) -> impl Iterator<Item = usize> {
    model.nodes()[layer].op.get().others().iter().map(move |name| model.value(name).unwrap_or(layer))
}

/// The fractional bits that a product wants of what it takes.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// If nothing else takes that, and it is no sum or product of other values.
    pub(super) alone: i32,
    /// Otherwise: what remains for the weights of others.
    pub(super) shared: i32,
}

/// Which layers take each value, and what becomes of it.
///
/// Only later layers take a value, so one pass over all values, backwards or forwards, finds each property. Following
/// paths would not do, since sums of sums have exponentially many.
pub(in crate::nn) struct Graph<'a> {
    pub(super) model: &'a Model,
    uses: Vec<Vec<usize>>,
    only_signs: Vec<bool>,
    accumulates: Vec<bool>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(model: &'a Model) -> Self {
        let values = model.nodes().len() + 1;
        let mut uses = vec![Vec::new(); values];
        for layer in 0..model.nodes().len() {
            taken(model, layer).for_each(|value| uses[value].push(layer));
        }
        let only_signs = vec![false; values];
        let mut graph = Self { model, uses, only_signs, accumulates: vec![false; values] };
        for value in (0..values).rev() {
            graph.only_signs[value] = graph.signs_of(value);
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

    fn role(&self, layer: usize) -> Role {
        self.model.nodes()[layer].op.get().role()
    }

    /// The product that a layer is, if it is one.
    pub(super) fn affine(&self, layer: usize) -> Option<Affine<'a>> {
        self.model.nodes()[layer].op.get().affine(self.model.shape(layer))
    }

    /// Whether only the signs of a value count, or of maxima over it.
    pub(super) fn only_signs(&self, value: usize) -> bool {
        self.only_signs[value]
    }

    fn signs_of(&self, value: usize) -> bool {
        let sign = |&layer: &usize| match self.role(layer) {
            Role::Sign => true,
            role => role.passes() && self.only_signs[layer + 1],
        };
        !self.uses(value).is_empty() && self.uses(value).iter().all(sign)
    }

    /// For every value the most of what the products that take it want, directly, in a sum, or as an average, which adds
    /// fractional bits. `product` gives what a product wants.
    pub(super) fn wanted(&self, product: &dyn Fn(usize) -> Option<Wanted>) -> Vec<Option<i32>> {
        let mut wanted: Vec<Option<Wanted>> = vec![None; self.uses.len()];
        let both = |bits| Wanted { alone: bits, shared: bits };
        for value in (0..wanted.len()).rev() {
            let of = |&layer: &usize| match (self.role(layer), wanted[layer + 1]) {
                (Role::Product, _) => product(layer),
                (Role::Mean { values, .. }, Some(all)) => {
                    Some(both(all.shared - self.grown(layer, values) as i32))
                }
                (Role::Sum | Role::Factors, Some(all)) => Some(both(all.shared)),
                (role, all) if role.passes() => all,
                _ => None,
            };
            let uses = self.uses(value);
            let all = uses.iter().filter_map(of);
            wanted[value] = all.max_by_key(|wanted| wanted.shared).map(|most| match uses {
                [_] => most,
                _ => both(most.shared),
            });
        }
        wanted.into_iter().map(|wanted| wanted.map(|bits| bits.alone)).collect()
    }

    /// Whether a value still has the fractional bits of a product: none were dropped after it.
    pub(super) fn accumulates(&self, value: usize) -> bool {
        self.accumulates[value]
    }

    fn accumulated(&self, layer: usize) -> bool {
        match self.role(layer) {
            Role::Product => true,
            role if role.passes() || matches!(role, Role::Sum | Role::Mean { .. }) => {
                taken(self.model, layer).any(|value| self.accumulates[value])
            }
            _ => false,
        }
    }

    /// Whether a layer is a place where fractional bits of a product are dropped for the product that follows.
    pub(in crate::nn) fn rounds(&self, layer: usize) -> bool {
        let place = matches!(self.role(layer), Role::Same | Role::Mean { .. });
        place && self.accumulates(layer) && self.uses(layer + 1).iter().any(|&next| self.is_product(next))
    }

    /// Whether a layer is a product.
    pub(super) fn is_product(&self, layer: usize) -> bool {
        self.role(layer) == Role::Product
    }

    /// Whether the weights of a product absorb a factor that is no power of two, so that they are not whole.
    pub(super) fn has_gain(&self, layer: usize) -> bool {
        let before = source(self.model, layer).checked_sub(1);
        before.is_some_and(|before| match self.role(before) {
            Role::Mean { values, .. } => self.folds(before) && !values.is_power_of_two(),
            _ => false,
        })
    }

    /// Whether the weights after an average can absorb the factor 1/n: only one product takes it, and nothing else.
    pub(super) fn folds(&self, layer: usize) -> bool {
        matches!(*self.uses(layer + 1), [next] if self.is_product(next))
    }

    /// The fractional bits that an average of `values` values adds if their sum stands for it.
    pub(in crate::nn) fn grown(&self, layer: usize, values: usize) -> u32 {
        if self.folds(layer) || values.is_power_of_two() { values.ilog2() } else { 0 }
    }

    /// For each value the fractional bits that are kept of it, if all layers that take it keep the same number.
    /// `fractions` gives the fractional bits of a layer's result.
    pub(super) fn kept(&self, fractions: &dyn Fn(usize) -> u32) -> Vec<Option<u32>> {
        let mut kept = vec![None; self.uses.len()];
        for value in (0..kept.len()).rev() {
            let truncates = |layer: usize| self.model.nodes()[layer].op.get().truncates();
            let mut all = self.uses(value).iter().map(|&layer| match self.role(layer) {
                _ if truncates(layer) => Some(fractions(layer)),
                Role::Sum if layer == value && self.uses(value).len() == 1 => kept[layer + 1],
                Role::Same if self.rounds(layer) => Some(fractions(layer)),
                role if role.passes() => kept[layer + 1],
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
            match self.role(layer) {
                Role::Product => return Some(layer),
                Role::Same | Role::Instead => value = source(self.model, layer),
                _ => return None,
            }
        }
    }
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
            let _ = out.push(&added(&node.name), Dropout);
        }
        if out.push(&node.name, node.op.clone()).is_err() {
            return model.clone();
        }
    }
    out
}

/// The name of the layer that [`rounded`] adds before a product.
fn added(product: &str) -> String {
    format!("{product}.input")
}

/// Whether [`rounded`] added a layer.
pub(super) fn is_added(model: &Model, layer: usize) -> bool {
    let nodes = model.nodes();
    matches!(nodes[layer].op, Op::Dropout(_))
        && nodes.get(layer + 1).is_some_and(|next| nodes[layer].name == added(&next.name))
}
