//! Normalisation as part of a layer with weights.
//!
//! **Into the layer before.** With z = W·x + b, row by row,
//!
//! s·z + t = (s·W)·x + (s·b + t).
//!
//! **Before a sign** only the sign of s·z + t counts. With θ = b + t/s it is that of W·x + θ for s > 0 and that of
//! (−W)·x − θ for s < 0: rows are negated at most, so −1 and +1 stay what they are. At equality, W·x = −θ, both are 0
//! and their sign is +1, as is that of s·z + t = 0. Rounding must neither create nor destroy an equality, so the new
//! bias is rounded *down*, to the greatest single precision number that is not above ±θ. For integers W·x below 2^24,
//! which are among these numbers, W·x ≥ −θ holds for the rounded number exactly if it holds for θ.
//!
//! For s = 0 the sign is that of t, whatever x is. If the layer takes signs then |W·x| ≤ n, the elements of a row, and
//! a bias of n or −n − 1 gives a constant sign with the weights as they are; the same bounds keep other thresholds
//! small that no input reaches. Otherwise the row becomes 0 and the bias 0 or −1.
//!
//! **Into the layer after,** where there is none before: W·(s·x + t) + b = (W·s)·x + (W·t + b). The zeros around an
//! image do not become t, so this is not done for a padded convolution.
//!
//! **Across a pooling.** A mean without padding commutes with x ↦ s·x + t. A maximum commutes only for s ≥ 0, and
//! scales are secret, so a normalisation does not cross it.

use alloc::format;

use super::Model;
use super::rows::{Map, Rows};
use crate::nn::op::{Op, Role};

impl Model {
    /// Folds the normalisation `layer` into a layer before or after it, if there is one.
    pub(super) fn fold(&mut self, layer: usize) -> bool {
        let Op::Normalise(normalise) = &self.nodes[layer].op else { return false };
        let [scale, shift] = normalise.folded();
        let map = Map { scale, shift };
        let (target, folded) = if let Some(target) = self.weights_before(layer, Crosses::Means) {
            (target, self.rows(target).map(|rows| self.followed(rows, target, layer, &map)))
        } else if let Some(target) = self.weights_after(layer, Padding::Refused) {
            (target, self.rows(target).map(|rows| rows.before(&map)))
        } else {
            return false;
        };
        // Products of numbers that are each in range may not be.
        let Some(folded) = folded.filter(Rows::is_finite) else { return false };
        self.set_rows(target, folded);
        let note = format!("folded into {}", self.nodes[target].name);
        self.remove(layer, note);
        true
    }

    /// The rows of layer `target`, followed by the map of the normalisation `layer`.
    pub(super) fn followed(&self, rows: Rows, target: usize, layer: usize, map: &Map) -> Rows {
        match self.precedes_sign(layer) {
            true => rows.compared(map, self.takes_signs(target)),
            false => rows.scaled(map),
        }
    }

    /// The layer with weights whose result, pooled or not, a normalisation takes.
    pub(super) fn weights_before(&self, layer: usize, crosses: Crosses) -> Option<usize> {
        for before in (0..layer).rev() {
            if self.is_referred_to(before) {
                return None;
            }
            match &self.nodes[before].op {
                Op::Linear(_) | Op::Convolution(_) => return Some(before),
                op if is_maximum(op) && crosses == Crosses::Maxima => {}
                op if is_mean(op) => {}
                _ => return None,
            }
        }
        None
    }

    /// The layer with weights that takes the result of `layer`, averaged or not.
    pub(super) fn weights_after(&self, layer: usize, padding: Padding) -> Option<usize> {
        let mut flat = false;
        for before in layer..self.nodes.len() - 1 {
            if self.is_referred_to(before) {
                return None;
            }
            match &self.nodes[before + 1].op {
                Op::Linear(_) => return Some(before + 1),
                Op::Convolution(convolution) if !flat => {
                    let fits = convolution.window.padding == [0; 2] || padding == Padding::Allowed;
                    return fits.then_some(before + 1);
                }
                Op::Flatten(_) => flat = true,
                op if is_mean(op) => {}
                _ => return None,
            }
        }
        None
    }

    /// Whether only the sign of a layer's result counts.
    fn precedes_sign(&self, layer: usize) -> bool {
        for before in layer..self.nodes.len() - 1 {
            match &self.nodes[before + 1].op {
                _ if self.is_referred_to(before) => return false,
                op if op.get().role() == Role::Sign => return true,
                op if is_maximum(op) => {}
                _ => return false,
            }
        }
        false
    }

    /// Whether a layer takes −1 and +1 alone.
    fn takes_signs(&self, layer: usize) -> bool {
        let mut before = self.nodes[..layer].iter().rev().map(|node| node.op.get().role());
        before.find(|role| !matches!(role, Role::Maximum | Role::Same)) == Some(Role::Sign)
    }
}

/// Which poolings a map crosses on its way to the weights before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Crosses {
    /// Means without padding.
    Means,
    /// Maxima, too: the map has no negative scales.
    Maxima,
}

/// Whether the convolution after a map may be padded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    /// The map takes 0 to 0.
    Allowed,
    /// It may not.
    Refused,
}

fn is_maximum(op: &Op) -> bool {
    op.get().role() == Role::Maximum
}

fn is_mean(op: &Op) -> bool {
    matches!(op.get().role(), Role::Mean { padded: false, .. })
}
