//! Trained networks against the results of the framework that trained them.

use ringshare::nn::Model;
use safetensors::SafeTensors;

use crate::reference_networks::{bit, bmlp, cnn, images, integers, mlp, reals, shared, unit};

/// Runs a network and the simplified one on the first test images, at most 100, against its logits.
fn check(name: &str, build: fn(&SafeTensors) -> Model, real: fn(u8) -> f32, count: usize, within: f32) {
    let set = if name.ends_with("fashion") { "fashion" } else { "mnist" };
    let files = (
        shared(&format!("models/{name}.safetensors")),
        shared(&format!("models/{name}.expected.safetensors")),
        images(set, "t10k", count, real),
    );
    let (Some(weights), Some(expected), Some(images)) = files else { return };
    let model = build(&SafeTensors::deserialize(&weights).unwrap());
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let expected = if within == 0. { integers(&expected, "logits") } else { reals(&expected, "logits") };
    for model in [&model, &model.simplify()] {
        let found = model.forward(&images);
        assert_eq!((found.len(), expected.len()), (10 * count, 1000));
        for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() <= within, "{name}: {found} for {expected} in place {place}");
        }
    }
}

#[test]
fn relu_networks_give_the_reference_logits() {
    check("mlp_relu_mnist", mlp, bit, 100, 1e-3);
    check("mlp_relu_fashion", mlp, unit, 100, 1e-3);
}

#[test]
fn convolutional_networks_give_the_reference_logits() {
    check("cnn_mnist", cnn, unit, 100, 1e-3);
    check("cnn_fashion", cnn, unit, 100, 1e-3);
}

#[test]
fn binarized_networks_give_the_reference_logits_exactly() {
    check("bmlp_sign_4096_mnist", bmlp, bit, 25, 0.);
    check("bmlp_sign_4096_fashion", bmlp, |p| f32::from(p >> 4), 25, 0.);
}
