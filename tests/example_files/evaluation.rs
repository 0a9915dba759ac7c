//! The evaluation in the clear against the definition and against the reference results of the trained networks.

use std::path::PathBuf;

use safetensors::SafeTensors;

use crate::dataset::Dataset;
use crate::error::read;
use crate::float::{Float, Layout};
use crate::input::Input;
use crate::model::{Layer, Model};
use crate::plain::{Exact, Outcome, argmax};
use crate::{in_data, in_repository};

/// The definition, product by product.
fn naive(model: &Model, inputs: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    for image in inputs.chunks_exact(model.layers[0].inputs) {
        let mut values: Vec<i32> = image.iter().map(|&x| x.into()).collect();
        for (l, layer) in model.layers.iter().enumerate() {
            if l > 0 {
                values.iter_mut().for_each(|z| *z = if *z >= 0 { 1 } else { -1 });
            }
            let mut row = vec![0; layer.inputs];
            let next = layer.bias.iter().enumerate().map(|(r, bias)| {
                layer.row(r, &mut row);
                row.iter().zip(&values).map(|(&w, x)| i32::from(w) * x).sum::<i32>() + bias
            });
            values = next.collect();
        }
        outcome.classes.push(argmax(&values) as u8);
        outcome.logits.extend(values);
    }
    outcome
}

/// A network of pseudorandom weights and small biases, so that values of 0 and equal logits occur.
fn network(widths: &[usize]) -> Model {
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    let layers = widths.windows(2).map(|w| Layer {
        inputs: w[0],
        outputs: w[1],
        bits: (0..w[0] / 8 * w[1]).map(|_| random() as u8).collect(),
        bias: (0..w[1]).map(|_| (random() % 5) as i32 - 2).collect(),
    });
    Model { layers: layers.collect() }
}

#[test]
fn integers_and_float32_follow_the_definition() {
    for widths in [&[8, 8, 2][..], &[72, 136, 64, 10], &[784, 512, 24, 10], &[16, 3]] {
        let model = network(widths);
        for (n, top) in [(1, 1), (3, 15), (64, 15), (65, 255), (130, 1)] {
            let inputs: Vec<u8> = (0..n * widths[0]).map(|i| (i * i % 251 % (top + 1)) as u8).collect();
            let expected = naive(&model, &inputs);
            let mut done = 0;
            assert_eq!(Exact::new(&model).run(&inputs, |n| done += n), expected);
            assert_eq!(done, n);
            for layout in Layout::all() {
                for batch in [1, 16, 128, 512] {
                    let timed = Float::new(&model, batch, layout).run(&inputs, |_| ());
                    assert_eq!(timed.classes, expected.classes, "{layout:?}");
                    let logits: Vec<f32> = expected.logits.iter().map(|&x| x as f32).collect();
                    assert_eq!(timed.logits, logits, "{layout:?}");
                }
            }
        }
    }
}

#[test]
fn the_first_maximum_wins() {
    assert_eq!(argmax(&[3, 7, 7, 1]), 1);
    assert_eq!(argmax(&[5, 5]), 0);
    assert_eq!(argmax(&[-2, -1]), 1);
    assert_eq!(argmax(&[4]), 0);
}

#[test]
fn the_fastest_layout_gives_the_same_results() {
    let model = network(&[64, 128, 10]);
    let inputs: Vec<u8> = (0..64 * 40).map(|i| (i % 3) as u8).collect();
    let timed = Float::fastest(&model, 16).run(&inputs, |_| ());
    assert_eq!(timed.classes, Exact::new(&model).run(&inputs, |_| ()).classes);
    assert!(timed.wall_s > 0.0);
}

/// Evaluates a reference network on the complete test set.
fn against_reference(model: Option<PathBuf>, dataset: &str, input: Input, accuracy: usize) {
    let (Some(path), Some(dir)) = (model, in_data(dataset)) else {
        crate::skipped(&format!("the complete test set of {dataset} or its network"));
        return;
    };
    let model = Model::parse(&read(&path).unwrap()).unwrap();
    let data = Dataset::load(&dir, &["t10k"]).unwrap();
    assert_eq!(data.len(), 10_000);
    let outcome = Exact::new(&model).run(&input.encode(data.pixels()), |_| ());

    let file = read(&path.with_extension("expected.safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&file).unwrap();
    let logits: Vec<u8> = outcome.logits[..1000].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(expected.tensor("logits").unwrap().data(), logits);
    assert_eq!(expected.tensor("labels").unwrap().data(), &data.labels()[..100]);
    assert_eq!(expected.tensor("predictions_all").unwrap().data(), outcome.classes);
    let correct = outcome.classes.iter().zip(data.labels()).filter(|(a, b)| a == b).count();
    assert_eq!(correct, accuracy);
}

#[test]
fn the_mnist_network_gives_the_reference_results_on_all_test_images() {
    let model = in_repository("examples/data/bmlp_sign_4096_mnist.safetensors");
    against_reference(model, "mnist", Input::Threshold, 9790);
}

#[test]
fn the_fashion_network_gives_the_reference_results_on_all_test_images() {
    let model = in_data("../models/bmlp_sign_4096_fashion.safetensors");
    against_reference(model, "fashion", Input::HighBits, 8905);
}

#[test]
fn the_shipped_digits_are_classified() {
    let (Some(model), Some(dir)) = (
        in_repository("examples/data/bmlp_sign_4096_mnist.safetensors"),
        in_repository("examples/data/mnist"),
    ) else {
        crate::skipped("the shipped data");
        return;
    };
    let model = Model::parse(&read(&model).unwrap()).unwrap();
    let data = Dataset::load(&dir, &["t10k", "digits"]).unwrap();
    assert_eq!(data.len(), 1000);
    let outcome = Exact::new(&model).run(&Input::Threshold.encode(data.pixels()), |_| ());
    assert_eq!(outcome.classes.iter().zip(data.labels()).filter(|(a, b)| a == b).count(), 979);
}
