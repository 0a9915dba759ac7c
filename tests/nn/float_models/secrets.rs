//! What simplifying leaves of a model does not tell its weights.

use proptest::prelude::*;
use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight, op};

use super::naive;
use crate::random::Draw;
use crate::redrawn::{SCALES, redrawn};

/// Everything about a simplified model but its weights.
pub(crate) fn public(model: &Model) -> Vec<String> {
    let node = |node: &ringshare::nn::Node| {
        let op = match &node.op {
            Op::Linear(op::Linear { bias, .. }) => format!("linear to {}", bias.len()),
            Op::Convolution(op::Convolution { window, groups, bias, .. }) => {
                format!("convolution {window}, {groups} groups, to {}", bias.len())
            }
            Op::Normalise(_) => "normalise".into(),
            op => format!("{op:?}"),
        };
        format!("{} {op} {:?}", node.name, node.shape)
    };
    model.nodes().iter().map(node).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn models_of_the_same_shapes_are_simplified_alike(seed: u64) {
        let mut draw = Draw::new(seed);
        let model = draw.model(12);
        let simple = model.simplify();
        let expected = public(&simple);
        for scales in SCALES {
            let other = redrawn(&model, &mut draw, scales).simplify();
            prop_assert_eq!(public(&other), expected.clone(), "{:?}\n{}", scales, &model);
            prop_assert_eq!(other.notes(), simple.notes());
        }
    }
}

/// A convolution and a linear layer of small integers, with these layers in between.
fn between(layers: &[Op]) -> Model {
    let mut draw = Draw { integers: true, ..Draw::new(7) };
    let mut model = Model::new([6, 6, 2]);
    let weight = Weight::Real(draw.numbers(4 * 9 * 2));
    let window = Window::new([6, 6, 2], [3; 2]);
    model.push("conv", op::Convolution { window, groups: 1, weight, bias: draw.numbers(4) }).unwrap();
    for (i, op) in layers.iter().enumerate() {
        let op = match op {
            Op::MaxPool(_) => {
                let window = Window { stride: [2; 2], ..Window::new(model.output(), [2; 2]) };
                Op::MaxPool(op::MaxPool { window })
            }
            Op::Normalise(_) => Op::Normalise(op::Normalise::new(vec![0.; 4], vec![0.; 4])),
            op => op.clone(),
        };
        model.push(&format!("layer{i}"), op).unwrap();
    }
    let inputs: usize = model.output().iter().product();
    let weight = Weight::Real(draw.numbers(3 * inputs));
    model.push("flatten", op::Flatten).unwrap();
    model.push("fc", op::Linear { weight, bias: draw.numbers(3) }).unwrap();
    model
}

/// With and without a pooling before or after the normalisation, and every activation that may follow.
#[test]
fn scales_of_any_sign_leave_the_same_layers_and_the_same_function() {
    let norm = || Op::Normalise(op::Normalise::new(vec![], vec![]));
    let pool = || Op::MaxPool(op::MaxPool { window: Window::new([1; 3], [1; 2]) });
    let orders: [Vec<Op>; 4] = [
        vec![norm()],
        vec![pool(), norm()],
        vec![norm(), pool()],
        vec![pool(), norm(), Op::Relu(op::Relu), norm(), pool()],
    ];
    for order in orders {
        for activation in [
            Op::Relu(op::Relu),
            Op::Sign(op::Sign),
            Op::Clip(op::Clip { low: -1., high: 6. }),
            Op::Dropout(op::Dropout),
        ] {
            let mut layers = order.clone();
            layers.push(activation.clone());
            let template = between(&layers);
            let expected = public(&template.simplify());
            for (seed, scales) in SCALES.into_iter().enumerate() {
                let mut draw = Draw { integers: true, ..Draw::new(seed as u64) };
                let model = redrawn(&template, &mut draw, scales);
                let simple = model.simplify();
                assert_eq!(public(&simple), expected, "{scales:?} {template}");
                let images = draw.images(&model, 4);
                let exact = naive::forward(&model, &images);
                for (found, exact) in simple.forward(&images).iter().zip(exact) {
                    let error = (f64::from(*found) - exact).abs();
                    let bound = 1e-3 * exact.abs().max(1.);
                    // A sign near 0 is rounding's: those of whole numbers have a test of their own.
                    assert!(
                        error <= bound || activation == Op::Sign(op::Sign),
                        "{found} {exact} {scales:?} {model}{simple}"
                    );
                }
            }
        }
    }
}
