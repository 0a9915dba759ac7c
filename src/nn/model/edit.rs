//! Changes to a model's list of layers that keep its references right.

use alloc::format;
use alloc::string::{String, ToString};

use super::{INPUT, Model};

impl Model {
    /// Whether a layer other than the next one takes a layer's result.
    pub(in crate::nn) fn is_referred_to(&self, layer: usize) -> bool {
        let name = &self.nodes[layer].name;
        self.nodes.iter().any(|node| node.op.get().others().contains(name))
    }

    /// Removes a layer. Whoever refers to it refers to the layer before it from then on.
    pub(in crate::nn) fn remove(&mut self, layer: usize, note: String) {
        let before = layer.checked_sub(1).map_or(INPUT, |before| &self.nodes[before].name).to_string();
        let node = self.nodes.remove(layer);
        self.redirect(&node.name, &before);
        self.notes.push(format!("{}: {note}", node.name));
    }

    /// Makes whoever refers to one layer refer to another.
    pub(super) fn redirect(&mut self, from: &str, to: &str) {
        let others = self.nodes.iter_mut().flat_map(|node| node.op.get_mut().others_mut());
        others.filter(|other| *other == from).for_each(|other| *other = to.into());
    }
}
