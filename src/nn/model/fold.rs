//! Normalisation as part of a layer of weights.
//!
//! **Into the layer before.** With z = W·x + b, row by row,
//!
//! s·z + t = (s·W)·x + (s·b + t).
//!
//! **Before a sign** only the sign of s·z + t counts. With θ = b + t/s it is that of W·x + θ for s > 0 and that of
//! (−W)·x − θ for s < 0: rows are flipped at most, so −1 and +1 stay what they are. At equality, W·x = −θ, either is 0
//! and its sign +1, as that of s·z + t = 0 is. Rounding must not bring about an equality that is none, nor undo one:
//! the new bias is rounded *down*, to the greatest single precision number that is not above ±θ. For integers
//! W·x, all below 2^24 and so among these numbers, W·x ≥ −θ holds for the rounded number exactly if it holds for θ.
//!
//! For s = 0 the sign is that of t, whatever x is. If the layer takes signs then |W·x| ≤ n, the elements of a row, and
//! the bias n or −n − 1 gives a constant sign with the weights as they are; the same bounds keep other thresholds small
//! that nothing reaches. If it does not, the row becomes 0 and the bias 0 or −1.
//!
//! **Into the layer after,** where there is none before: W·(s·x + t) + b = (W·s)·x + (W·t + b). A padded window
//! does not see t at its zeros, so this takes t = 0 or no padding.
//!
//! **Across a pooling.** A mean without padding commutes with x ↦ s·x + t; a maximum does if s ≥ 0.

use alloc::format;
use alloc::vec::Vec;

use super::rows::Rows;
use super::simplify::remove;
use super::{Model, Op};

impl Model {
    /// Folds the normalisation `layer` into a layer before or after it, if there is one.
    pub(super) fn fold(&mut self, layer: usize) -> bool {
        let Op::Normalise { scale, shift } = &self.nodes[layer].op else { return false };
        let map = Map { scale: scale.clone(), shift: shift.clone() };
        let (target, folded) = if let Some(target) = self.weights_before(layer, &map) {
            let signs = self.precedes_sign(layer);
            let takes_signs = self.takes_signs(target);
            (target, self.rows(target).map(|rows| rows.after(&map, signs.then_some(takes_signs))))
        } else if let Some(target) = self.weights_after(layer, &map) {
            (target, self.rows(target).map(|rows| rows.before(&map)))
        } else {
            return false;
        };
        // Products of numbers that are each in range may not be.
        let Some(folded) = folded.filter(Rows::is_finite) else { return false };
        self.set_rows(target, folded);
        let note = format!("folded into {}", self.nodes[target].name);
        remove(self, layer, note)
    }

    /// The layer of weights whose result, pooled or not, a normalisation takes.
    pub(super) fn weights_before(&self, layer: usize, map: &Map) -> Option<usize> {
        for before in (0..layer).rev() {
            if self.is_referred_to(before) {
                return None;
            }
            match &self.nodes[before].op {
                Op::Linear { .. } | Op::Convolution { .. } => return Some(before),
                op if map.crosses(op) => {}
                _ => return None,
            }
        }
        None
    }

    /// The layer of weights that takes a normalisation's result, pooled or not.
    pub(super) fn weights_after(&self, layer: usize, map: &Map) -> Option<usize> {
        let mut flat = false;
        for before in layer..self.nodes.len() - 1 {
            if self.is_referred_to(before) {
                return None;
            }
            match &self.nodes[before + 1].op {
                Op::Linear { .. } => return Some(before + 1),
                Op::Convolution { window, .. } if !flat => {
                    let fits = window.padding == [0; 2] || map.shift.iter().all(|&t| t == 0.);
                    return fits.then_some(before + 1);
                }
                Op::Flatten => flat = true,
                op if map.crosses(op) => {}
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
                Op::Sign => return true,
                Op::MaxPool { .. } => {}
                _ => return false,
            }
        }
        false
    }

    /// Whether a layer takes −1 and +1 alone.
    fn takes_signs(&self, layer: usize) -> bool {
        let passes = |op: &&Op| !matches!(op, Op::MaxPool { .. } | Op::Flatten | Op::Dropout);
        let mut before = self.nodes[..layer].iter().rev().map(|node| &node.op);
        before.find(passes) == Some(&Op::Sign)
    }
}

/// x·scale + shift, channel by channel.
pub(super) struct Map {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

impl Map {
    /// Whether it negates channels and nothing else.
    pub(super) fn is_of_signs(&self) -> bool {
        self.scale.iter().all(|scale| scale.abs() == 1.) && self.shift.iter().all(|&shift| shift == 0.)
    }

    /// Whether it may be applied before a pooling as well as after it.
    fn crosses(&self, op: &Op) -> bool {
        match op {
            Op::MaxPool { .. } => self.scale.iter().all(|&scale| scale >= 0.),
            Op::AveragePool { window } => window.padding == [0; 2],
            _ => false,
        }
    }
}
