//! The evaluation in float32 against the library's plain loops and against the reference results of the trained networks.

use std::path::{Path, PathBuf};

use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight, op};
use ringshare::protocol::Family;
use safetensors::SafeTensors;

use crate::models::{binarized, random};
use crate::{in_data, in_repository, skipped};
use classify::dataset::Dataset;
use classify::error::read;
use classify::float::{Float, Layout, argmax};
use classify::network::Network;

/// A network of whole numbers with every kind of layer that float32 evaluates by itself.
fn convolutional() -> Model {
    let mut state = 2;
    let mut reals =
        |n: usize| -> Vec<f32> { (0..n).map(|_| (random(&mut state) % 7) as f32 - 3.0).collect() };
    let first = Window { padding: [1, 2], stride: [2, 1], ..Window::new([9, 8, 2], [3, 2]) };
    let mut model = Model::new([9, 8, 2]);
    let weight = Weight::Real(reals(5 * 3 * 2 * 2));
    let op = Op::Convolution(op::Convolution { window: first, groups: 1, weight, bias: reals(5) });
    model.push("conv1", op).unwrap();
    let pool = Window { stride: [2, 2], padding: [1, 0], ..Window::new(model.output(), [2, 3]) };
    model.push("pool", op::MaxPool { window: pool }).unwrap();
    model.push("relu1", op::Relu).unwrap();
    let second = Window { dilation: [1, 2], ..Window::new(model.output(), [2, 2]) };
    let weights = reals(4 * 2 * 2 * 5);
    model
        .push(
            "conv2",
            op::Convolution { window: second, groups: 1, weight: Weight::Real(weights), bias: reals(4) },
        )
        .unwrap();
    model.push("clip", op::Clip { low: -5.0, high: 20.0 }).unwrap();
    model.push("flatten", op::Flatten).unwrap();
    let all: usize = model.output().iter().product();
    model.push("fc", op::Linear { weight: Weight::Real(reals(all * 10)), bias: reals(10) }).unwrap();
    model
}

#[test]
fn float32_gives_what_plain_loops_give_in_every_layout() {
    for model in [binarized(&[8, 8, 2]), binarized(&[72, 136, 64, 10]), binarized(&[16, 3]), convolutional()]
    {
        let width: usize = model.input().iter().product();
        let outputs: usize = model.output().iter().product();
        for (n, top) in [(1, 1), (3, 15), (65, 255)] {
            let inputs: Vec<f32> = (0..n * width).map(|i| (i * i % 251 % (top + 1)) as f32).collect();
            let expected = model.forward(&inputs);
            for layout in Layout::all(&model) {
                for batch in [1, 16, 128] {
                    let mut done = 0;
                    let timed = Float::new(&model, batch, layout).run(&inputs, |n| done += n);
                    assert_eq!(done, n);
                    assert_eq!(timed.logits, expected, "{layout:?}");
                    let classes = expected.chunks_exact(outputs).map(|logits| argmax(logits) as u8);
                    assert_eq!(timed.classes, classes.collect::<Vec<_>>(), "{layout:?}");
                }
            }
        }
    }
}

#[test]
fn layers_of_other_kinds_are_evaluated_by_the_library() {
    let mut model = binarized(&[16, 24, 10]);
    model.push("tanh", op::Tanh).unwrap();
    let inputs: Vec<f32> = (0..16 * 5).map(|i| (i % 3) as f32).collect();
    let timed = Float::fastest(&model, 2).run(&inputs, |_| ());
    assert_eq!(timed.logits, model.forward(&inputs));
    assert_eq!(timed.classes.len(), 5);
}

#[test]
fn signs_by_legendre_symbols_are_those_of_the_symbols() {
    let model = binarized(&[784, 600, 10]);
    let inputs: Vec<f32> = (0..784 * 20).map(|i| (i * i % 251 % 2) as f32).collect();
    for family in Family::ALL {
        let timed = Float::fastest(&model, 7).with_signs([family; 2]).run(&inputs, |_| ());
        let Family::Legendre(variant) = family else {
            assert_eq!(timed.logits, model.forward(&inputs));
            continue;
        };
        let mut hidden = Vec::new();
        model.trace(&inputs, |layer, values| {
            if layer == 0 {
                hidden =
                    values.iter().map(|&z| if variant.evaluate(z as i64) > 0 { 1.0 } else { -1.0 }).collect();
            }
        });
        let mut last = Model::new([1, 1, 600]);
        last.push("fc", model.nodes()[2].op.clone()).unwrap();
        assert_eq!(timed.logits, last.forward(&hidden), "{family}");
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
    for model in [binarized(&[64, 128, 10]), convolutional()] {
        let width: usize = model.input().iter().product();
        let inputs: Vec<f32> = (0..width * 40).map(|i| (i % 3) as f32).collect();
        let timed = Float::fastest(&model, 16).run(&inputs, |_| ());
        assert_eq!(timed.logits, model.forward(&inputs));
        assert!(timed.wall_s > 0.0);
    }
}

/// The first images of the test set that are evaluated here. The program goes through all of it, built for speed, among the
/// checks of every change.
const PART: usize = 500;

/// Evaluates a reference network on a part of the complete test set.
fn against_reference(path: Option<PathBuf>, expected: &Path, dataset: &str, accuracy: usize) {
    let (Some(path), Some(dir)) = (path, in_data(dataset)) else {
        skipped(&format!("the complete test set of {dataset} or its network"));
        return;
    };
    let network = Network::load(&path).unwrap();
    let mut data = Dataset::load(&dir, &["t10k"]).unwrap();
    assert_eq!(data.len(), 10_000);
    data.truncate(PART);
    let inputs = network.input.encode(data.pixels());
    let outcome = Float::new(&network.model, 128, Layout::default()).run(&inputs, |_| ());

    let file = read(expected).unwrap();
    let expected = SafeTensors::deserialize(&file).unwrap();
    let logits: Vec<i32> = outcome.logits[..1000].iter().map(|&logit| logit as i32).collect();
    let logits: Vec<u8> = logits.iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(expected.tensor("logits").unwrap().data(), logits);
    assert_eq!(expected.tensor("labels").unwrap().data(), &data.labels()[..100]);
    assert_eq!(expected.tensor("predictions_all").unwrap().data()[..PART], outcome.classes);
    let correct = outcome.classes.iter().zip(data.labels()).filter(|(a, b)| a == b).count();
    assert_eq!(correct, accuracy);
}

#[test]
fn the_binarized_networks_give_the_reference_results() {
    for (path, dataset, accuracy) in [
        (in_repository("examples/data/bmlp_sign_4096_mnist.safetensors"), "mnist", 489),
        (in_data("../models/bmlp_sign_4096_fashion.safetensors"), "fashion", 447),
    ] {
        let expected = path.clone().unwrap_or_default().with_extension("expected.safetensors");
        against_reference(path, &expected, dataset, accuracy);
    }
}

#[test]
fn with_an_exact_first_layer_legendre_symbols_cost_few_classes() {
    let (Some(path), Some(dir)) =
        (in_repository("examples/data/bmlp_sign_4096_mnist.safetensors"), in_data("mnist"))
    else {
        skipped("the complete test set of mnist");
        return;
    };
    let network = Network::load(&path).unwrap();
    let mut data = Dataset::load(&dir, &["t10k"]).unwrap();
    data.truncate(PART);
    let inputs = network.input.encode(data.pixels());
    let correct = ["legendre-0", "legendre-1", "legendre-2"].map(|name| {
        let float = Float::new(&network.model, 128, Layout::default());
        let signs = [Family::default(), name.parse().unwrap()];
        let outcome = float.with_signs(signs).run(&inputs, |_| ());
        outcome.classes.iter().zip(data.labels()).filter(|(a, b)| a == b).count()
    });
    assert_eq!(correct, [490, 488, 489]);
}

#[test]
fn the_first_layer_of_signs_has_a_family_of_its_own() {
    // Sums of the first layer exceed the range of one symbol, as do those of the second.
    let model = binarized(&[784, 3000, 300, 10]);
    let inputs: Vec<f32> = (0..784 * 20).map(|i| (i * i % 251 % 16) as f32).collect();
    let [exact, symbol] = ["lookup-balanced", "legendre-0"].map(|name| name.parse::<Family>().unwrap());
    let sign = |family: Family, z: f32| match family {
        Family::Legendre(variant) => f32::from(variant.evaluate(z as i64)),
        _ => {
            if z >= 0. {
                1.
            } else {
                -1.
            }
        }
    };
    let mut all = Vec::new();
    for signs in [[exact; 2], [exact, symbol], [symbol, exact], [symbol; 2]] {
        let mut x = inputs.clone();
        for (layer, width) in [784, 3000, 300].into_iter().enumerate() {
            let mut one = Model::new([1, 1, width]);
            one.push("fc", model.nodes()[2 * layer].op.clone()).unwrap();
            x = one.forward(&x);
            if let Some(&family) = signs.get(layer) {
                x.iter_mut().for_each(|z| *z = sign(family, *z));
            }
        }
        let timed = Float::new(&model, 7, Layout::default()).with_signs(signs).run(&inputs, |_| ());
        assert_eq!(timed.logits, x, "{signs:?}");
        all.push(x);
    }
    assert!((1..4).all(|i| all[..i].iter().all(|other| *other != all[i])));
}

#[test]
fn the_shipped_digits_are_classified() {
    let (Some(model), Some(dir)) = (
        in_repository("examples/data/bmlp_sign_4096_mnist.safetensors"),
        in_repository("examples/data/mnist"),
    ) else {
        skipped("the shipped data");
        return;
    };
    let network = Network::load(&model).unwrap();
    let data = Dataset::load(&dir, &["t10k", "digits"]).unwrap();
    assert_eq!(data.len(), 1000);
    let inputs = network.input.encode(data.pixels());
    let outcome = Float::new(&network.model, 128, Layout::default()).run(&inputs, |_| ());
    assert_eq!(outcome.classes.iter().zip(data.labels()).filter(|(a, b)| a == b).count(), 979);
}
