//! Normalisation between a maximum and a sign.
//!
//! After a maximum x over a window, s·x + t with s < 0 cannot go into the weights before the maximum, since a negative
//! factor turns the maximum into a minimum. But a sign follows, and
//!
//! sgn(s·x + t) = −1 ⟺ s·x + t < 0 ⟺ x > −t/s ⟺ x ≥ θ, so sgn(s·x + t) = −sgn(x − θ),
//!
//! where θ is the least single precision number above −t/s. The weights after the sign undo the negation: their columns
//! for that channel are negated, so signs stay signs. The map x − θ has the scale 1 and goes into the weights before the
//! maximum. For x = −t/s the sign is +1 before and −sgn(x − θ) = +1 after; for integers x below 2^24 there is nothing
//! between x and θ but what is between x and −t/s.
//!
//! All channels take this way whatever their scale, so that the layers that are left do not tell the signs of the scales.

use alloc::format;
use alloc::vec::Vec;

use super::Model;
use super::fold::{Crosses, Padding};
use super::rows::{Map, round_down};
use crate::nn::op::{Op, Role};

impl Model {
    /// Folds the normalisation `layer` into the weights before a maximum and after a sign, if these are there.
    pub(super) fn flip(&mut self, layer: usize) -> bool {
        let Op::Normalise(normalise) = &self.nodes[layer].op else { return false };
        let [scale, shift] = normalise.folded();
        let negative: Vec<bool> = scale.iter().map(|&s| s < 0.).collect();
        let channels = scale.iter().zip(&shift);
        let (scale, shift) =
            channels.map(|(&s, &t)| if s < 0. { (1., -above(s, t)) } else { (s, t) }).unzip();
        let positive = Map { scale, shift };
        let sign = self.nodes.get(layer + 1).is_some_and(|node| node.op.get().role() == Role::Sign);
        if self.is_referred_to(layer) || !sign {
            return false;
        }
        let before = self.weights_before(layer, Crosses::Maxima);
        let after = self.weights_after(layer + 1, Padding::Allowed);
        let (Some(before), Some(after)) = (before, after) else { return false };
        let (Some(rows), Some(columns)) = (self.rows(before), self.rows(after)) else { return false };
        let rows = self.followed(rows, before, layer, &positive);
        if !rows.is_finite() {
            return false;
        }
        self.set_rows(before, rows);
        self.set_rows(after, columns.negated(&negative));
        let [before, after] = [before, after].map(|target| self.nodes[target].name.clone());
        self.remove(layer, format!("folded into {before}, and signs of scales into {after}"));
        true
    }
}

/// The least single precision number above −shift/scale, within half their range.
fn above(scale: f32, shift: f32) -> f32 {
    let most = f64::from(f32::MAX / 2.);
    round_down((-f64::from(shift) / f64::from(scale)).clamp(-most, most)).next_up()
}
