//! Models of the same layers and shapes as another, with other weights.

use ringshare::nn::{Model, Op, Weight, op};

use crate::random::Draw;

/// Which signs the scales of normalisations have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scales {
    Positive,
    Negative,
    Mixed,
    Zero,
}

pub(crate) const SCALES: [Scales; 4] = [Scales::Positive, Scales::Negative, Scales::Mixed, Scales::Zero];

/// The same layers with weights, biases, scales and shifts drawn anew.
pub(crate) fn redrawn(model: &Model, draw: &mut Draw, scales: Scales) -> Model {
    let mut new = Model::new(model.input());
    for node in model.nodes() {
        let op = match &node.op {
            Op::Linear(op::Linear { weight, bias }) => {
                Op::Linear(op::Linear { weight: anew(weight, draw), bias: draw.numbers(bias.len()) })
            }
            Op::Convolution(op::Convolution { window, groups, weight, bias }) => {
                let (weight, bias) = (anew(weight, draw), draw.numbers(bias.len()));
                Op::Convolution(op::Convolution { window: *window, groups: *groups, weight, bias })
            }
            Op::Normalise(op::Normalise { weight: scale, .. }) => {
                let [scale, shift] = scaled(scale.len(), draw, scales);
                Op::Normalise(op::Normalise::new(scale, shift))
            }
            Op::ScaleElements(op::ScaleElements { scale, .. }) => {
                let [scale, shift] = scaled(scale.len(), draw, scales);
                Op::ScaleElements(op::ScaleElements { scale, shift })
            }
            op => op.clone(),
        };
        new.push(&node.name, op).unwrap();
    }
    new
}

/// So many scales of these signs, and shifts; at times without any.
fn scaled(count: usize, draw: &mut Draw, scales: Scales) -> [Vec<f32>; 2] {
    let sign = |i: usize, s: f32| match scales {
        Scales::Positive => s.abs() + 1.,
        Scales::Negative => -s.abs() - 1.,
        Scales::Mixed => s.abs().max(1.) * if i.is_multiple_of(2) { 1. } else { -1. },
        Scales::Zero => 0.,
    };
    let drawn = draw.numbers(count);
    let scale = drawn.iter().enumerate().map(|(i, &s)| sign(i, s)).collect();
    let shift = if draw.random.below(2) == 0 { vec![0.; count] } else { drawn };
    [scale, shift]
}

/// As many weights of the same kind; at times all alike, or zero.
fn anew(weight: &Weight, draw: &mut Draw) -> Weight {
    let constant = draw.random.below(8);
    match weight {
        Weight::Signs(bits) => Weight::Signs(bits.clone()),
        Weight::Real(weights) => Weight::Real(match constant {
            0 => vec![0.; weights.len()],
            1 => vec![1.; weights.len()],
            _ => {
                let size = (1.5 / weights.len() as f32).sqrt();
                draw.numbers(weights.len()).iter().map(|w| w * size).collect()
            }
        }),
    }
}
