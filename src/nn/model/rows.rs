//! Matrices of weights, and maps x ↦ s·x + t before and after them, as `fold.rs` and `flip.rs` need them.

use alloc::vec::Vec;
use core::ops::Range;

use super::Model;
use crate::nn::op::{Convolution, Linear, Op, Weight};

/// x·scale + shift, channel by channel.
pub(super) struct Map {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

/// A matrix of weights with its bias.
pub(super) struct Rows {
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
    pub(super) fn rows(&self, layer: usize) -> Option<Rows> {
        let shape = self.shape(layer);
        let (weight, bias, groups) = match &self.nodes[layer].op {
            Op::Linear(Linear { weight, bias }) => (weight, bias, 1),
            Op::Convolution(Convolution { weight, bias, groups, .. }) => (weight, bias, *groups),
            _ => return None,
        };
        let inputs = self.nodes[layer].op.get().affine(shape)?.row;
        Some(Rows { weight: weight.clone(), bias: bias.clone(), inputs, channels: shape[2] / groups, groups })
    }

    /// Sets the weights of a layer that has some.
    pub(super) fn set_rows(&mut self, layer: usize, rows: Rows) {
        if let Op::Linear(Linear { weight, bias }) | Op::Convolution(Convolution { weight, bias, .. }) =
            &mut self.nodes[layer].op
        {
            (*weight, *bias) = (rows.weight, rows.bias);
        }
    }
}

impl Rows {
    /// W' = s·W, b' = s·b + t.
    pub(super) fn scaled(self, map: &Map) -> Self {
        let mut rows = self.real();
        for (row, &scale) in map.scale.iter().enumerate() {
            rows.scale(row, scale);
        }
        for ((bias, &scale), &shift) in rows.bias.iter_mut().zip(&map.scale).zip(&map.shift) {
            *bias = (f64::from(*bias) * f64::from(scale) + f64::from(shift)) as f32;
        }
        rows
    }

    /// Rows whose results have the signs of the scaled rows' results. `takes_signs`: x is −1 and +1 alone.
    pub(super) fn compared(self, map: &Map, takes_signs: bool) -> Self {
        // The greatest |W·x|, where it is known.
        let reach = (takes_signs && matches!(self.weight, Weight::Signs(_))).then_some(self.inputs as f64);
        let constants = map.scale.contains(&0.);
        let mut rows = if constants && reach.is_none() { self.real() } else { self };
        for (row, (&scale, &shift)) in map.scale.iter().zip(&map.shift).enumerate() {
            // A constant's row becomes 0 where no bias is known to outweigh it.
            let (factor, reach) = match (scale != 0., reach) {
                (true, reach) => (scale.signum(), reach),
                (false, Some(reach)) => (1., Some(reach)),
                (false, None) => (0., Some(0.)),
            };
            rows.scale(row, factor);
            rows.bias[row] = threshold(rows.bias[row], scale, shift, reach);
        }
        rows
    }

    /// The map and then these rows: W' = W·s, b' = W·t + b.
    pub(super) fn before(self, map: &Map) -> Self {
        let mut rows = self.real();
        let channels = rows.channels(map.scale.len());
        let Weight::Real(weights) = &mut rows.weight else { return rows };
        for ((weights, channels), bias) in
            weights.chunks_exact_mut(rows.inputs).zip(channels).zip(&mut rows.bias)
        {
            let mut sum = f64::from(*bias);
            for (w, channel) in weights.iter_mut().zip(channels.cycle()) {
                sum += f64::from(*w) * f64::from(map.shift[channel]);
                *w *= map.scale[channel];
            }
            *bias = sum as f32;
        }
        rows
    }

    /// These rows of x whose `negative` channels were negated before: signs stay signs.
    pub(super) fn negated(mut self, negative: &[bool]) -> Self {
        let (inputs, bytes) = (self.inputs, self.inputs.div_ceil(8));
        for (row, channels) in self.channels(negative.len()).enumerate() {
            let negative = channels.cycle().take(inputs).map(|channel| negative[channel]);
            for (place, _) in negative.enumerate().filter(|(_, negative)| *negative) {
                match &mut self.weight {
                    Weight::Real(weights) => weights[row * inputs + place] *= -1.,
                    Weight::Signs(bits) => bits[row * bytes + place / 8] ^= 0x80 >> (place % 8),
                }
            }
        }
        self
    }

    /// The channels, of `all`, that each row sees, over and over: those of its group, or all, which a flattened image's
    /// elements run through as well.
    fn channels(&self, all: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let (groups, outputs) = (self.groups, self.bias.len() / self.groups);
        let count = if groups == 1 { all } else { self.channels };
        (0..outputs * groups).map(move |row| row / outputs * count..(row / outputs + 1) * count)
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

    /// Multiplies one row; a row of signs by −1 or 1.
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

    pub(super) fn is_finite(&self) -> bool {
        let weights = match &self.weight {
            Weight::Real(weights) => &weights[..],
            Weight::Signs(_) => &[],
        };
        weights.iter().chain(&self.bias).all(|x| x.is_finite())
    }
}

/// The bias of a row with the sign of scale·(z + bias) + shift, within what z can reach.
fn threshold(bias: f32, scale: f32, shift: f32, reach: Option<f64>) -> f32 {
    let (sign, most) = (f64::from(scale.signum()), reach.unwrap_or(f64::from(f32::MAX / 2.)));
    let threshold = match scale != 0. {
        true => add_down(sign * f64::from(bias), sign * (f64::from(shift) / f64::from(scale))),
        false if shift < 0. => f64::NEG_INFINITY,
        false => f64::INFINITY,
    };
    round_down(threshold.clamp(-most - 1., most))
}

/// The greatest single precision number that is not above x; x is in their range.
pub(super) fn round_down(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) > x { near.next_down() } else { near }
}

/// a + b, or the next double precision number below if it lies under the rounded sum.
fn add_down(a: f64, b: f64) -> f64 {
    let sum = a + b;
    // What the rounding took away, exactly (Knuth, The Art of Computer Programming, volume 2, section 4.2.2, theorem B).
    let b_part = sum - a;
    let error = (a - (sum - b_part)) + (b - b_part);
    if error < 0. { sum.next_down() } else { sum }
}
