//! Attention against real numbers, and among parties.

use ringshare::linalg::Window;
use ringshare::nn::op::Groups;
use ringshare::nn::{Model, Rounding, Weight, op};

use super::norms::normalise;
use super::secure::agree;
use super::values::{off, options};
use crate::float_models::evaluation::assert_near;
use crate::float_models::naive;
use crate::random::Draw;

const TOKENS: usize = 6;
const WIDTH: usize = 12;
const HEADS: usize = 3;

/// A linear layer of every token.
fn tokens(draw: &mut Draw, inputs: usize, outputs: usize) -> op::Convolution {
    let weight = draw.numbers(outputs * inputs).iter().map(|w| w * 2. / (inputs as f32).sqrt()).collect();
    let window = Window::new([TOKENS, 1, inputs], [1, 1]);
    op::Convolution { window, groups: 1, weight: Weight::Real(weight), bias: draw.numbers(outputs) }
}

/// A block of a transformer: embedded tokens, a norm, queries, keys and values, and a sum.
fn network(draw: &mut Draw) -> Model {
    let mut model = Model::new([2, 3, 4]);
    model.push("rows", op::Reshape { size: [TOKENS, 1] }).unwrap();
    model.push("embedded", tokens(draw, 4, WIDTH)).unwrap();
    let shift = draw.numbers(TOKENS * WIDTH);
    model.push("placed", op::ScaleElements { scale: vec![1.; shift.len()], shift }).unwrap();
    normalise(&mut model, "norm", Groups::Places, 1e-5);
    for name in ["keys", "values", "queries"] {
        model.push(&format!("norm for {name}"), op::From { layer: "norm".into() }).unwrap();
        model.push(name, tokens(draw, WIDTH, WIDTH)).unwrap();
    }
    model.push("scores", op::MatMul { layer: "keys".into(), heads: HEADS, transposed: true }).unwrap();
    model.push("softmax", op::Softmax).unwrap();
    model.push("attended", op::MatMul { layer: "values".into(), heads: HEADS, transposed: false }).unwrap();
    model.push("projected", tokens(draw, WIDTH, WIDTH)).unwrap();
    model.push("sum", op::Add { layer: "placed".into() }).unwrap();
    model.push("last", tokens(draw, WIDTH, 2)).unwrap();
    model
}

#[test]
fn attention_follows_its_definition() {
    for seed in 0..3 {
        let mut draw = Draw::new(seed);
        let mut model = network(&mut draw);
        let images = draw.images(&model, 3);
        assert_near(&model.forward(&images), &naive::forward(&model, &images), 1e-4);
        // Numbers of every element's own, and a product of the same elements in another shape with themselves.
        let scale = draw.numbers(2 * TOKENS);
        let shift = draw.numbers(2 * TOKENS);
        model.push("elements", op::ScaleElements { scale, shift }).unwrap();
        model.push("columns", op::Reshape { size: [2, 3] }).unwrap();
        model.push("again", op::MatMul { layer: "columns".into(), heads: 3, transposed: true }).unwrap();
        assert_near(&model.forward(&images), &naive::forward(&model, &images), 1e-4);
    }
}

#[test]
fn attention_in_fixed_point_is_that_of_real_numbers() {
    for seed in 0..3 {
        let mut draw = Draw::new(seed);
        let model = network(&mut draw);
        let images = draw.images(&model, 20);
        for (bits, most) in [(24, 0.02), (28, 0.01)] {
            for rounding in [Rounding::Stochastic, Rounding::Floor] {
                let (fixed, off) = off(&model, &images, &options(bits, rounding));
                println!("{bits} bits, {rounding:?}: {off}");
                assert!(off < most, "{off}, {rounding:?}\n{fixed}");
                assert_eq!(fixed.ring(), 32, "{fixed}");
            }
        }
    }
}

#[test]
fn parties_attend_as_the_reference_does() {
    let mut draw = Draw::new(7);
    let model = network(&mut draw);
    let images = draw.images(&model, 3);
    agree(&model, &images);
}
