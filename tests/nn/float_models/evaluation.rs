//! Values against the definition.

use proptest::prelude::*;
use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight, op};

use super::naive;
use crate::random::Draw;

/// Checks numbers against those of the definition, within a part of those beyond 1.
pub(crate) fn assert_near(found: &[f32], expected: &[f64], within: f64) {
    assert_eq!(found.len(), expected.len());
    for (place, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= within * expected.abs().max(1.), "{found} for {expected} in place {place}");
    }
}

/// Every op but the sign, whose result a rounding may turn.
fn continuous(seed: u64) -> (Model, Vec<f32>) {
    let mut draw = Draw::new(seed);
    loop {
        let model = draw.model(8);
        if !model.nodes().iter().any(|node| node.op == Op::Sign(op::Sign)) {
            let images = draw.images(&model, 3);
            return (model, images);
        }
    }
}

proptest! {
    #[test]
    fn every_layer_follows_its_definition(seed: u64) {
        let (model, images) = continuous(seed);
        let size = images.len() / 3;
        let expected: Vec<_> = images.chunks(size).map(|image| naive::values(&model, image)).collect();
        let mut seen = 0;
        model.trace(&images, |layer, values| {
            assert_eq!(layer, seen);
            seen += 1;
            let expected: Vec<f64> = expected.iter().flat_map(|values| values[seen].clone()).collect();
            assert_near(values, &expected, 1e-4);
        });
        prop_assert_eq!(seen, model.nodes().len());
        assert_near(&model.forward(&images), &naive::forward(&model, &images), 1e-4);
    }

    #[test]
    fn integers_are_exact_whatever_the_shapes(
        seed: u64, inputs in 1usize..700, outputs in 1usize..40, images in 0usize..20, signs: bool,
    ) {
        let mut draw = Draw { integers: true, ..Draw::new(seed) };
        let weight = match signs {
            true => draw.signs(outputs, inputs),
            false => Weight::Real(draw.numbers(outputs * inputs)),
        };
        let mut model = Model::new([1, 1, inputs]);
        model.push("linear", op::Linear { weight, bias: draw.numbers(outputs) }).unwrap();
        let images = draw.images(&model, images);
        let expected: Vec<f32> = naive::forward(&model, &images).iter().map(|&x| x as f32).collect();
        prop_assert_eq!(model.forward(&images), expected);
    }

    #[test]
    fn strips_of_places_join(seed: u64, side in 20usize..60, channels in 1usize..5) {
        let mut draw = Draw { integers: true, ..Draw::new(seed) };
        let mut window = Window::new([side, side + 1, channels], [5, 7]);
        window.padding = [2, 3];
        let mut model = Model::new(window.image);
        let weight = draw.weight(2 * channels, 35);
        let op = Op::Convolution(op::Convolution { window, groups: channels, weight, bias: draw.numbers(2 * channels) });
        model.push("convolution", op).unwrap();
        let images = draw.images(&model, 1);
        let expected: Vec<f32> = naive::forward(&model, &images).iter().map(|&x| x as f32).collect();
        prop_assert_eq!(model.forward(&images), expected);
    }
}

#[test]
fn many_images_are_taken_in_order() {
    let mut draw = Draw::new(3);
    let mut model = Model::new([2, 3, 1]);
    model.push("linear", draw.linear(6)).unwrap();
    let images = draw.images(&model, 200);
    let one_by_one: Vec<f32> = images.chunks(6).flat_map(|image| model.forward(image)).collect();
    assert_eq!(model.forward(&images), one_by_one);
    assert!(model.forward(&[]).is_empty());
}

#[test]
#[should_panic(expected = "whole number of images of 6")]
fn parts_of_images_are_refused() {
    Model::new([2, 3, 1]).forward(&[0.; 7]);
}

/// A block of two layers beside a 1×1 convolution, as residual networks have them.
#[test]
fn a_residual_block_adds_both_ways() {
    let mut draw = Draw::new(5);
    let mut model = Model::new([6, 6, 2]);
    let mut convolution = |image, size, padding, outputs| {
        let window = Window { padding: [padding; 2], ..Window::new(image, [size; 2]) };
        let weight = Weight::Real(draw.numbers(outputs * size * size * image[2]));
        Op::Convolution(op::Convolution { window, groups: 1, weight, bias: draw.numbers(outputs) })
    };
    model.push("conv1", convolution([6, 6, 2], 3, 1, 4)).unwrap();
    model.push("relu", op::Relu).unwrap();
    model.push("conv2", convolution([6, 6, 4], 3, 1, 4)).unwrap();
    model.push("start", op::From { layer: "input".into() }).unwrap();
    model.push("short", convolution([6, 6, 2], 1, 0, 4)).unwrap();
    model.push("sum", op::Add { layer: "conv2".into() }).unwrap();
    let images = draw.images(&model, 4);
    assert_near(&model.forward(&images), &naive::forward(&model, &images), 1e-5);
    // The block is the sum of its two ways.
    let mut of = vec![Vec::new(); 6];
    model.trace(&images, |layer, values| of[layer] = values.to_vec());
    let sum: Vec<f32> = of[4].iter().zip(&of[2]).map(|(short, long)| short + long).collect();
    assert_eq!(of[5], sum);
    assert_eq!(of[3], images);
}
