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
//! that nothing reaches. If it does not, the row becomes 0.
//!
//! **Into the layer after,** where there is none before: W·(s·x + t) + b = (W·s)·x + (W·t + b). A padded window
//! does not see t at its zeros, so this takes t = 0 or no padding.
//!
//! **Across a pooling.** A mean without padding commutes with x ↦ s·x + t; a maximum does if s ≥ 0.

use alloc::format;
use alloc::vec::Vec;

use super::simplify::remove;
use super::{Model, Op, Weight};

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
        if let Op::Linear { weight, bias } | Op::Convolution { weight, bias, .. } = &mut self.nodes[target].op
        {
            (*weight, *bias) = (folded.weight, folded.bias);
        }
        let note = format!("folded into {}", self.nodes[target].name);
        remove(self, layer, note)
    }

    /// The layer of weights whose result, pooled or not, a normalisation takes.
    fn weights_before(&self, layer: usize, map: &Map) -> Option<usize> {
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
    fn weights_after(&self, layer: usize, map: &Map) -> Option<usize> {
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
struct Map {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Map {
    /// Whether it may be applied before a pooling as well as after it.
    fn crosses(&self, op: &Op) -> bool {
        match op {
            Op::MaxPool { .. } => self.scale.iter().all(|&scale| scale >= 0.),
            Op::AveragePool { window } => window.padding == [0; 2],
            _ => false,
        }
    }
}

/// A matrix of weights with its bias.
struct Rows {
    weight: Weight,
    bias: Vec<f32>,
    /// Elements of a row.
    inputs: usize,
    /// Elements of the input's channels that a row sees.
    channels: usize,
    /// Groups of rows, each of which sees channels of its own.
    groups: usize,
}

impl Model {
    /// The weights of a layer that has some.
    fn rows(&self, layer: usize) -> Option<Rows> {
        let shape = self.shape(layer);
        let (weight, bias, inputs, groups) = match &self.nodes[layer].op {
            Op::Linear { weight, bias } => (weight, bias, shape.iter().product(), 1),
            Op::Convolution { window, groups, weight, bias } => {
                (weight, bias, window.size[0] * window.size[1] * (shape[2] / groups), *groups)
            }
            _ => return None,
        };
        Some(Rows { weight: weight.clone(), bias: bias.clone(), inputs, channels: shape[2] / groups, groups })
    }
}

impl Rows {
    /// These rows and then the map. If only signs count then `signs` says whether the rows take signs.
    fn after(self, map: &Map, signs: Option<bool>) -> Self {
        match signs {
            None => self.scaled(map),
            Some(takes_signs) => self.compared(map, takes_signs),
        }
    }

    /// W' = s·W, b' = s·b + t.
    fn scaled(self, map: &Map) -> Self {
        let mut rows = self.real();
        for (row, &scale) in map.scale.iter().enumerate() {
            rows.scale(row, scale);
        }
        for ((bias, &scale), &shift) in rows.bias.iter_mut().zip(&map.scale).zip(&map.shift) {
            *bias = (f64::from(*bias) * f64::from(scale) + f64::from(shift)) as f32;
        }
        rows
    }

    /// What has the sign of the scaled rows.
    fn compared(self, map: &Map, takes_signs: bool) -> Self {
        // The greatest |W·x|, where it is known.
        let reach = match &self.weight {
            Weight::Signs(_) if takes_signs => self.inputs as f64,
            _ => f64::from(f32::MAX),
        };
        let bounded = reach < f64::from(f32::MAX);
        let mut rows = if map.scale.contains(&0.) && !bounded { self.real() } else { self };
        for (row, (&scale, &shift)) in map.scale.iter().zip(&map.shift).enumerate() {
            let bias = f64::from(rows.bias[row]);
            let threshold = match scale {
                0. if bounded => {
                    if shift < 0. {
                        -reach - 1.
                    } else {
                        reach
                    }
                }
                0. => f64::from(shift),
                _ => (bias + f64::from(shift) / f64::from(scale)) * f64::from(scale.signum()),
            };
            rows.scale(row, if scale == 0. { f32::from(u8::from(bounded)) } else { scale.signum() });
            rows.bias[row] = round_down(threshold.clamp(-reach - 1., reach));
        }
        rows
    }

    /// The map and then these rows: W' = W·s, b' = W·t + b.
    fn before(self, map: &Map) -> Self {
        let mut rows = self.real();
        let outputs = rows.bias.len() / rows.groups;
        let Weight::Real(weights) = &mut rows.weight else { return rows };
        for (row, weights) in weights.chunks_exact_mut(rows.inputs).enumerate() {
            // A flattened image's channels come round after each pixel.
            let period = if rows.groups == 1 { map.scale.len() } else { rows.channels };
            let first = row / outputs * rows.channels;
            let mut bias = f64::from(rows.bias[row]);
            for (place, w) in weights.iter_mut().enumerate() {
                let channel = first + place % period;
                bias += f64::from(*w) * f64::from(map.shift[channel]);
                *w *= map.scale[channel];
            }
            rows.bias[row] = bias as f32;
        }
        rows
    }

    /// The same rows as real numbers.
    fn real(mut self) -> Self {
        if let Weight::Signs(_) = self.weight {
            let mut weights = alloc::vec![0.; self.bias.len() * self.inputs];
            let rows = weights.chunks_exact_mut(self.inputs).enumerate();
            rows.for_each(|(row, out)| self.weight.row(row, out));
            self.weight = Weight::Real(weights);
        }
        self
    }

    /// Multiplies one row; rows of signs by −1 or 1.
    fn scale(&mut self, row: usize, factor: f32) {
        match &mut self.weight {
            Weight::Real(weights) => {
                weights[row * self.inputs..][..self.inputs].iter_mut().for_each(|w| *w *= factor);
            }
            Weight::Signs(bits) if factor < 0. => {
                let bytes = self.inputs.div_ceil(8);
                let bits = &mut bits[row * bytes..][..bytes];
                bits.iter_mut().for_each(|bits| *bits = !*bits);
                bits[bytes - 1] &= 0xff << (bytes * 8 - self.inputs);
            }
            Weight::Signs(_) => {}
        }
    }

    fn is_finite(&self) -> bool {
        let weights = match &self.weight {
            Weight::Real(weights) => &weights[..],
            Weight::Signs(_) => &[],
        };
        weights.iter().chain(&self.bias).all(|x| x.is_finite())
    }
}

/// The greatest single precision number that is not above x; x is in their range.
fn round_down(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) > x { near.next_down() } else { near }
}
