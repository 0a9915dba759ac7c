//! Channels of negative scale between a maximum and a sign.
//!
//! After a maximum x over a window, s·x + t with s < 0 cannot go into the weights before the maximum, for which a
//! negative factor makes a minimum. But it is followed by a sign, and
//!
//! sgn(s·x + t) = −1 ⟺ s·x + t < 0 ⟺ x > −t/s ⟺ x ≥ θ, so sgn(s·x + t) = −sgn(x − θ),
//!
//! θ being the least single precision number above −t/s. The layer of weights after the sign takes the negation back: its
//! columns for that channel are negated, so that signs stay signs. The scale is 1 then, and the normalisation folds. For
//! x = −t/s the sign is +1 before and −sgn(x − θ) = +1 after; for integers x below 2^24 nothing lies between x and θ but
//! what lies between x and −t/s.

use alloc::format;
use alloc::vec::Vec;

use super::fold::Map;
use super::rows::round_down;
use super::{Model, Op};

impl Model {
    /// Makes the scales of the normalisation `layer` positive if it can be folded then.
    pub(super) fn flip(&mut self, layer: usize) -> bool {
        let Op::Normalise { scale, shift } = &self.nodes[layer].op else { return false };
        let signs: Vec<f32> = scale.iter().map(|&s| if s < 0. { -1. } else { 1. }).collect();
        if !signs.contains(&-1.) || self.nodes.get(layer + 1).is_none_or(|node| node.op != Op::Sign) {
            return false;
        }
        let channels = scale.iter().zip(shift);
        let (scale, shift) =
            channels.map(|(&s, &t)| if s < 0. { (1., -above(s, t)) } else { (s, t) }).unzip();
        let positive = Map { scale, shift };
        let signs = Map { shift: alloc::vec![0.; signs.len()], scale: signs };
        if self.is_referred_to(layer) || self.weights_before(layer, &positive).is_none() {
            return false;
        }
        let Some(target) = self.weights_after(layer + 1, &signs) else { return false };
        let Some(rows) = self.rows(target) else { return false };
        self.set_rows(target, rows.before(&signs));
        let Map { scale, shift } = positive;
        self.nodes[layer].op = Op::Normalise { scale, shift };
        let (name, target) = (&self.nodes[layer].name, &self.nodes[target].name);
        let note = format!("{name}: channels of negative scale negated, which {target} takes back");
        self.notes.push(note);
        true
    }
}

/// The least single precision number above −shift/scale, within half their range.
fn above(scale: f32, shift: f32) -> f32 {
    let most = f64::from(f32::MAX / 2.);
    round_down((-f64::from(shift) / f64::from(scale)).clamp(-most, most)).next_up()
}
