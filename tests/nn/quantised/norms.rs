//! Layer, group and instance normalisation against real numbers, and among parties.

use ringshare::nn::op::Groups;
use ringshare::nn::{Model, Quantised, Rounding, Weight, op};

use super::secure::agree;
use super::values::{off, options};
use crate::parts;
use crate::random::Draw;

/// Appends a normalisation of a model's last value.
pub(crate) fn normalise(model: &mut Model, name: &str, groups: Groups, eps: f32) {
    let centred = format!("{name}.centred");
    model.push(&centred, op::Centre { groups }).unwrap();
    model.push(&format!("{name}.rms"), op::InverseRms { groups, eps }).unwrap();
    model.push(name, op::Multiply { layer: centred }).unwrap();
}

/// A product, its results normalised, and a product of these.
fn network(draw: &mut Draw, groups: Groups, channels: usize) -> Model {
    let mut model = Model::new([4, 3, 2]);
    let mut convolution = |inputs: usize, outputs: usize| {
        let weight = draw.numbers(outputs * inputs).iter().map(|w| w * 3. / (inputs as f32).sqrt()).collect();
        let (image, bias) = ([4, 3, inputs], draw.numbers(outputs));
        let window = ringshare::linalg::Window::new(image, [1, 1]);
        op::Convolution { window, groups: 1, weight: Weight::Real(weight), bias }
    };
    model.push("first", convolution(2, channels)).unwrap();
    normalise(&mut model, "norm", groups, 1e-5);
    model.push("second", convolution(channels, 5)).unwrap();
    model
}

fn all_groups(channels: usize) -> [Groups; 4] {
    [Groups::Places, Groups::Channels(1), Groups::Channels(channels / 2), Groups::Channels(channels)]
}

#[test]
fn normalised_values_are_those_of_the_definition() {
    for groups in all_groups(6) {
        let mut model = Model::new([4, 5, 6]);
        normalise(&mut model, "norm", groups, 1e-3);
        let x = Draw::new(1).images(&model, 1);
        let found = model.forward(&x);
        for (i, found) in found.into_iter().enumerate() {
            let of: Vec<f64> = parts::group(groups, [20, 6], i, &x).into_iter().map(f64::from).collect();
            let mean = of.iter().sum::<f64>() / of.len() as f64;
            let variance = of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / of.len() as f64;
            let expected = (f64::from(x[i]) - mean) / (variance + 1e-3).sqrt();
            assert!((f64::from(found) - expected).abs() < 1e-5, "{groups:?}: {found} for {expected}");
        }
    }
}

#[test]
fn norms_in_fixed_point_are_those_of_real_numbers() {
    for channels in [6, 16] {
        for (seed, groups) in all_groups(channels).into_iter().enumerate() {
            let mut draw = Draw::new(seed as u64);
            let model = network(&mut draw, groups, channels);
            let images = draw.images(&model, 20);
            for (bits, most) in [(20, 0.03), (24, 0.01), (28, 0.006)] {
                for rounding in [Rounding::Stochastic, Rounding::Floor] {
                    let (fixed, off) = off(&model, &images, &options(bits, rounding));
                    println!("{bits} bits, {groups:?}, {rounding:?}: {off}");
                    assert!(off < most, "{off}, {groups:?}, {rounding:?}\n{fixed}");
                    assert_eq!(fixed.ring(), 32, "{fixed}");
                }
            }
        }
    }
}

#[test]
fn parties_normalise_as_the_reference_does() {
    for (seed, groups) in all_groups(6).into_iter().enumerate() {
        let mut draw = Draw::new(70 + seed as u64);
        let model = network(&mut draw, groups, 6);
        let images = draw.images(&model, 3);
        agree(&model, &images);
    }
}

#[test]
fn a_place_without_deviations_is_zero() {
    let mut model = Model::new([3, 1, 4]);
    normalise(&mut model, "norm", Groups::Places, 1e-5);
    let images = [0.7, 0.7, 0.7, 0.7, 0.1, -0.4, 0.3, 1., -0.5, 0.5, -0.5, 0.5];
    let fixed = Quantised::calibrate(&model, &images, &options(24, Rounding::Floor)).unwrap();
    let found = fixed.decode(&fixed.reference(&fixed.encode(&images).unwrap()).unwrap());
    for (found, real) in found.iter().zip(model.forward(&images)) {
        assert!((found - real).abs() < 0.03, "{found} for {real}\n{fixed}");
    }
}
