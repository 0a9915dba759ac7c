//! Small networks that `examples/python/test_export.py` wrote, and what PyTorch makes of some images.

use ringshare::nn::load;
use safetensors::SafeTensors;

use super::any_file::any_file;
use super::files::singles;
use crate::common::root;

/// Checks a network on its images, with and without simplification.
fn check(name: &str) {
    let path = |end: &str| root().join(format!("tests/data/{name}.{end}"));
    let loaded = any_file(&std::fs::read(path("safetensors")).unwrap()).unwrap();
    let file = std::fs::read(path("expected.safetensors")).unwrap();
    let expected = singles(&file, "outputs");
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let pixels = tensors.tensor("pixels").unwrap();
    let &[count, ref shape @ ..] = pixels.shape() else { panic!("{name}: no images") };
    let images = loaded.input.encode(&channels_last(pixels.data(), shape));
    assert_eq!(images.len(), count * loaded.model.input().iter().product::<usize>());
    for (model, which) in [(loaded.model.clone(), "loaded"), (loaded.model.simplify(), "simplified")] {
        let outputs = model.forward(&images);
        assert_eq!(outputs.len(), expected.len(), "{name}, {which}");
        for (place, (&found, &expected)) in outputs.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() <= 1e-4, "{name}, {which}, {place}: {found}, {expected}");
        }
    }
    // The check would say nothing if all outputs were alike.
    let (least, most) = expected.iter().fold((f32::MAX, f32::MIN), |(a, b), &x| (a.min(x), b.max(x)));
    assert!(most - least > 0.1, "{name}: {least} to {most}");
}

/// From `[images, C, H, W]` to `[images, H, W, C]`.
fn channels_last(pixels: &[u8], shape: &[usize]) -> Vec<u8> {
    let &[channels, height, width] = shape else { return pixels.to_vec() };
    let image = |image: &[u8]| -> Vec<u8> {
        (0..height * width)
            .flat_map(|place| (0..channels).map(move |c| c * height * width + place))
            .map(|i| image[i])
            .collect()
    };
    pixels.chunks_exact(channels * height * width).flat_map(image).collect()
}

#[test]
fn a_chain_of_linear_layers_gives_the_outputs_of_pytorch() {
    check("mlp");
}

#[test]
fn convolutions_norms_groups_and_pools_give_the_outputs_of_pytorch() {
    check("cnn");
}

#[test]
fn weights_in_half_precision_give_the_outputs_of_pytorch() {
    check("cnn_half");
}

#[test]
fn residual_sums_give_the_outputs_of_pytorch() {
    check("residual");
}

#[test]
fn functions_and_a_flattened_norm_give_the_outputs_of_pytorch() {
    check("functional");
}

#[test]
fn packed_weights_and_signs_give_the_outputs_of_pytorch() {
    check("binarized");
}

#[test]
fn attention_norms_and_joined_parts_give_the_outputs_of_pytorch() {
    check("attending");
}

#[test]
fn a_batch_of_no_images_gives_no_outputs() {
    let path = root().join("tests/data/cnn.safetensors");
    assert!(load(&std::fs::read(path).unwrap()).unwrap().model.forward(&[]).is_empty());
}
