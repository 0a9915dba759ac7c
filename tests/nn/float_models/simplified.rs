//! Simplified models against the ones that they were.

use proptest::prelude::*;
use ringshare::linalg::Window;
use ringshare::nn::{Model, Node, Op, Weight, op};

use super::naive;
use crate::random::Draw;

/// Pushes the layers anew: their shapes fit each other and are what the model says.
fn rebuilt(model: &Model) -> Vec<Node> {
    let mut new = Model::new(model.input());
    model.nodes().iter().for_each(|node| new.push(&node.name, node.op.clone()).unwrap());
    new.nodes().to_vec()
}

/// Whether a layer refers to another by its name.
fn is_referred_to(model: &Model, name: &str) -> bool {
    model.nodes().iter().any(|node| match &node.op {
        Op::Add(op::Add { layer }) | Op::From(op::From { layer }) => layer == name,
        Op::Multiply(op::Multiply { layer }) => layer == name,
        Op::Concat(op::Concat { layers }) => layers.iter().any(|layer| layer == name),
        _ => false,
    })
}

fn assert_simple(model: &Model) {
    assert_eq!(rebuilt(model), model.nodes());
    assert_eq!(model.simplify(), *model, "nothing is left to be done");
    for pair in model.nodes().windows(2) {
        let free = !is_referred_to(model, &pair[0].name);
        match (&pair[0].op, &pair[1].op) {
            (_, Op::Dropout(op::Dropout)) => panic!("a dropout is left"),
            (Op::Linear(_) | Op::Convolution(_), Op::Normalise(_)) => assert!(!free, "{model}"),
            (Op::Normalise(_), Op::Linear(_)) => assert!(!free, "{model}"),
            (
                Op::Relu(op::Relu)
                | Op::Clip(_)
                | Op::Sign(op::Sign)
                | Op::Sigmoid(op::Sigmoid)
                | Op::Tanh(op::Tanh),
                Op::MaxPool(_),
            ) => {
                assert!(!free, "{model}");
            }
            _ => {}
        }
    }
}

/// Whether an op takes integers to integers.
fn keeps_integers(op: &Op) -> bool {
    !matches!(
        op,
        Op::AveragePool(_)
            | Op::Centre(_)
            | Op::InverseRms(_)
            | Op::Clip(_)
            | Op::Sigmoid(op::Sigmoid)
            | Op::Tanh(op::Tanh)
            | Op::Gelu(op::Gelu)
            | Op::GeluTanh(op::GeluTanh)
            | Op::Silu(op::Silu)
            | Op::Hardswish(op::Hardswish)
            | Op::Mish(op::Mish)
            | Op::Softplus(op::Softplus)
            | Op::Elu(_)
            | Op::Softmax(op::Softmax)
            | Op::LeakyRelu(_)
    )
}

proptest! {
    // About every other model is of no use to a test.
    #![proptest_config(ProptestConfig { cases: 1000, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn the_function_stays_up_to_rounding(seed: u64) {
        let mut draw = Draw::new(seed);
        let model = draw.model(12);
        // Rounding may turn a sign.
        prop_assume!(!model.nodes().iter().any(|node| node.op == Op::Sign(op::Sign)));
        let simple = model.simplify();
        assert_simple(&simple);
        let images = draw.images(&model, 3);
        for (found, expected) in simple.forward(&images).into_iter().zip(naive::forward(&model, &images)) {
            let error = (f64::from(found) - expected).abs();
            prop_assert!(error <= 1e-4 * expected.abs().max(1.), "{} for {}\n{}{}", found, expected, model, simple);
        }
    }

    #[test]
    fn signs_of_integers_stay_exactly(seed: u64) {
        let mut draw = Draw { integers: true, ..Draw::new(seed) };
        let model = draw.model(8);
        prop_assume!(model.nodes().iter().all(|node| keeps_integers(&node.op)));
        let images = draw.images(&model, 5);
        let mut most = 0f32;
        model.trace(&images, |_, values| most = values.iter().fold(most, |most, x| most.max(x.abs())));
        prop_assume!(most < (1 << 20) as f32);
        let simple = model.simplify();
        assert_simple(&simple);
        let expected: Vec<f32> = naive::forward(&model, &images).iter().map(|&x| x as f32).collect();
        prop_assert_eq!(model.forward(&images), expected.clone());
        prop_assert_eq!(simple.forward(&images), expected, "{}{}", model, simple);
    }
}

fn convolution(draw: &mut Draw, image: [usize; 3], outputs: usize) -> Op {
    let weight = Weight::Real(draw.numbers(outputs * 9 * image[2]));
    Op::Convolution(op::Convolution {
        window: Window::new(image, [3; 2]),
        groups: 1,
        weight,
        bias: draw.numbers(outputs),
    })
}

fn pool(image: [usize; 3]) -> Op {
    Op::MaxPool(op::MaxPool { window: Window { stride: [2; 2], ..Window::new(image, [2; 2]) } })
}

fn model(input: [usize; 3], layers: Vec<(&str, Op)>) -> Model {
    let mut model = Model::new(input);
    layers.into_iter().for_each(|(name, op)| model.push(name, op).unwrap());
    model
}

fn names(model: &Model) -> Vec<&str> {
    model.nodes().iter().map(|node| node.name.as_str()).collect()
}

#[test]
fn a_usual_network_keeps_its_weights_and_activations_alone() {
    let mut draw = Draw::new(1);
    let model = model(
        [10, 10, 1],
        vec![
            ("conv", convolution(&mut draw, [10, 10, 1], 4)),
            ("norm", draw.normalise(4)),
            ("relu", Op::Relu(op::Relu)),
            ("clip", Op::Clip(op::Clip { low: 0., high: 6. })),
            ("pool", pool([8, 8, 4])),
            ("drop", Op::Dropout(op::Dropout)),
            ("flatten", Op::Flatten(op::Flatten)),
            ("fc", draw.linear(64)),
        ],
    );
    let simple = model.simplify();
    assert_eq!(names(&simple), ["conv", "pool", "relu", "clip", "fc"]);
    assert_eq!(simple.nodes()[2].shape, [4, 4, 4]);
    let notes = [
        "norm: folded into conv",
        "pool: moved before clip",
        "pool: moved before relu",
        "drop: left out: it does nothing in use",
        "flatten: left out: the order of the elements is the same",
    ];
    assert_eq!(simple.notes(), notes);
    let text = simple.to_string();
    assert!(notes.iter().all(|note| text.contains(note)), "{text}");
    let images = draw.images(&model, 3);
    for (a, b) in simple.forward(&images).iter().zip(model.forward(&images)) {
        assert!((a - b).abs() < 1e-4, "{a} for {b}");
    }
}

#[test]
fn a_normalisation_at_the_start_goes_into_what_follows_unless_that_is_padded() {
    let mut draw = Draw::new(2);
    let norm = Op::Normalise(op::Normalise::new(vec![2., -3.], vec![0.5, 1.]));
    let open = convolution(&mut draw, [5, 5, 2], 3);
    let simple = model([5, 5, 2], vec![("norm", norm.clone()), ("conv", open.clone())]).simplify();
    assert_eq!(names(&simple), ["conv"]);
    let Op::Convolution(op::Convolution { window, groups, weight, bias }) = open else { panic!() };
    let padded = Op::Convolution(op::Convolution {
        window: Window { padding: [1; 2], ..window },
        groups,
        weight,
        bias,
    });
    let simple = model([5, 5, 2], vec![("norm", norm), ("conv", padded.clone())]).simplify();
    assert_eq!(names(&simple), ["norm", "conv"]);
    // Without shifts it could be folded, but shifts are secret, and whether it is folded is not.
    let norm = Op::Normalise(op::Normalise::new(vec![2., -3.], vec![0.; 2]));
    assert_eq!(names(&model([5, 5, 2], vec![("norm", norm), ("conv", padded)]).simplify()), ["norm", "conv"]);
}

#[test]
fn values_that_others_take_stay_what_they_are() {
    let mut draw = Draw::new(3);
    let model = model(
        [6, 6, 1],
        vec![
            ("conv", convolution(&mut draw, [6, 6, 1], 2)),
            ("norm", draw.normalise(2)),
            ("relu", Op::Relu(op::Relu)),
            ("pool", pool([4, 4, 2])),
            ("from", Op::From(op::From { layer: "relu".into() })),
            ("sum", Op::Add(op::Add { layer: "conv".into() })),
        ],
    );
    let simple = model.simplify();
    assert_eq!(names(&simple), names(&model));
    assert!(simple.notes().is_empty());
}

#[test]
fn who_refers_to_a_layer_that_goes_gets_the_same_value() {
    let mut draw = Draw::new(4);
    let model = model(
        [4, 4, 1],
        vec![
            ("drop", Op::Dropout(op::Dropout)),
            ("norm", Op::Normalise(op::Normalise::new(vec![2.], vec![1.]))),
            ("relu", Op::Relu(op::Relu)),
            ("pool", pool([4, 4, 1])),
            ("fc", draw.linear(4)),
            ("back", Op::From(op::From { layer: "pool".into() })),
            ("again", Op::From(op::From { layer: "drop".into() })),
            ("fc2", draw.linear(16)),
            ("late", Op::From(op::From { layer: "back".into() })),
        ],
    );
    let simple = model.simplify();
    // `drop` is the input now, and `pool` what the ReLU after the pooling yields.
    assert_eq!(names(&simple), ["norm", "pool", "relu", "fc", "back", "again", "fc2", "late"]);
    assert_eq!(simple.nodes()[4].op, Op::From(op::From { layer: "relu".into() }));
    assert_eq!(simple.nodes()[5].op, Op::From(op::From { layer: "input".into() }));
    let images = draw.images(&model, 3);
    assert_eq!(simple.forward(&images), model.forward(&images));
}

#[test]
fn weights_that_would_overflow_are_left_alone() {
    let huge = Op::Linear(op::Linear { weight: Weight::Real(vec![1e30]), bias: vec![0.] });
    let norm = Op::Normalise(op::Normalise::new(vec![1e30], vec![0.]));
    let model = model([1, 1, 1], vec![("fc", huge), ("norm", norm)]);
    assert_eq!(names(&model.simplify()), ["fc", "norm"]);
}
