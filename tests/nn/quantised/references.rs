//! The reference networks in fixed point.

use ringshare::nn::{Model, Options, Quantised};
use safetensors::SafeTensors;

use crate::reference_networks::{bit, bmlp, cnn, images, mlp, shared, unit};

/// The network of a name, if it is there.
fn network(name: &str, build: fn(&SafeTensors) -> Model) -> Option<Model> {
    let file = shared(&format!("models/{name}.safetensors"))?;
    Some(build(&SafeTensors::deserialize(&file).unwrap()).simplify())
}

/// A network, and some images of its training set and of its test set.
fn load(
    name: &str,
    build: fn(&SafeTensors) -> Model,
    real: fn(u8) -> f32,
    [train, test]: [usize; 2],
) -> Option<(Model, Vec<f32>, Vec<f32>)> {
    let set = if name.ends_with("fashion") { "fashion" } else { "mnist" };
    Some((network(name, build)?, images(set, "train", train, real)?, images(set, "t10k", test, real)?))
}

fn class(outputs: &[f32]) -> usize {
    (1..outputs.len()).fold(0, |best, i| if outputs[i] > outputs[best] { i } else { best })
}

/// The part of the test images that keep the class that PyTorch found.
fn agreement(name: &str, quantised: &Quantised, images: &[f32]) -> Option<f64> {
    let file = shared(&format!("models/{name}.expected.safetensors"))?;
    let file = SafeTensors::deserialize(&file).unwrap();
    let classes = file.tensor("predictions_all").unwrap().data();
    let outputs = quantised.decode(&quantised.reference(&quantised.encode(images).unwrap()).unwrap());
    let same = outputs.chunks(10).zip(classes).filter(|(outputs, real)| class(outputs) == **real as usize);
    Some(same.count() as f64 / (outputs.len() / 10) as f64)
}

/// Calibrates on training images, and holds the ring's most bits and the agreement on others.
fn check(name: &str, build: fn(&SafeTensors) -> Model, real: fn(u8) -> f32, counts: [usize; 2], ring: u32) {
    let Some((model, train, test)) = load(name, build, real, counts) else { return };
    let quantised = Quantised::calibrate(&model, &train, &Options::default()).unwrap();
    assert!(quantised.ring() <= ring, "{quantised}");
    let Some(agreement) = agreement(name, &quantised, &test) else { return };
    println!("{name}: {agreement}\n{quantised}");
    assert!(agreement >= 0.994, "{name}: {agreement}\n{quantised}");
}

#[test]
fn relu_networks_keep_their_classes() {
    check("mlp_relu_mnist", mlp, bit, [200, 500], 16);
    check("mlp_relu_fashion", mlp, unit, [200, 500], 32);
}

#[test]
fn convolutional_networks_keep_their_classes() {
    check("cnn_fashion", cnn, unit, [200, 300], 32);
}

#[test]
fn a_convolutional_network_fits_16_bits_on_many_images() {
    // On a few hundred images it gets formats of more than 16 bits, on all that the example takes it does not.
    check("cnn_mnist", cnn, unit, [1000, 200], 16);
}

#[test]
fn binarized_networks_need_the_bits_of_their_bounds() {
    let high: fn(u8) -> f32 = |p| f32::from(p >> 4);
    for (name, real, first) in
        [("bmlp_sign_4096_mnist", bit as fn(u8) -> f32, 11), ("bmlp_sign_4096_fashion", high, 15)]
    {
        let Some((model, train, test)) = load(name, bmlp, real, [30, 30]) else { return };
        let quantised = Quantised::calibrate(&model, &train, &Options::default()).unwrap();
        let formats: Vec<_> = quantised.formats().layers.iter().map(|f| (f.fraction, f.bits)).collect();
        assert_eq!(formats, [(0, first), (0, 2), (0, 14), (0, 2), (0, 14), (0, 2), (0, 14)], "{quantised}");
        assert_eq!((quantised.ring(), quantised.architecture().bits_out()), (16, 15));
        let outputs = quantised.reference(&quantised.encode(&test).unwrap()).unwrap();
        assert_eq!(quantised.decode(&outputs), model.forward(&test), "{name}");
    }
}
