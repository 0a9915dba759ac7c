//! Where the description of a model comes from: its file, a text beside it, or a shipped model of the same weights.

use std::path::PathBuf;

use ringshare::nn::{Input, Rounding};
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};

use crate::command_line::read;
use crate::{in_data, in_repository, skipped};
use classify::dataset::PIXELS;
use classify::network::{Calibration, Network};

/// A directory of its own for one test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ringshare-networks-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The tensors of a shipped model without its description; `change` may alter their bytes.
fn without_description(name: &str, change: impl Fn(&mut Vec<u8>)) -> Option<Vec<u8>> {
    let file = std::fs::read(in_repository(&format!("examples/data/{name}.safetensors"))?).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let mut all: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = tensors
        .tensors()
        .into_iter()
        .map(|(name, view)| (name, view.dtype(), view.shape().to_vec(), view.data().to_vec()))
        .collect();
    all.iter_mut().filter(|(name, ..)| name == "fc1.weight").for_each(|(.., data)| change(data));
    let views = all
        .iter()
        .map(|(name, dtype, shape, data)| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    Some(serialize(views, None).unwrap())
}

/// A chain of one binarized layer for images, with or without words on its input.
fn chain(words: Option<&str>) -> Vec<u8> {
    let (bits, bias) = (vec![0b0101_1010; 10 * PIXELS / 8], vec![0u8; 40]);
    let views = [
        ("fc1.weight_bits", TensorView::new(Dtype::U8, vec![10, PIXELS / 8], &bits).unwrap()),
        ("fc1.bias", TensorView::new(Dtype::I32, vec![10], &bias).unwrap()),
    ];
    let metadata = words.map(|words| [("input".to_string(), words.to_string())].into_iter().collect());
    serialize(views, metadata).unwrap()
}

/// Where the formats of a network come from.
fn formats(network: &Network) -> String {
    let calibration =
        Calibration { pixels: (0..4 * PIXELS).map(|i| (i % 251) as u8).collect(), of: "images" };
    let args = read(&[]).unwrap();
    assert_eq!(Rounding::from(args.rounding), Rounding::Stochastic);
    network.quantise(&args, None, &calibration).unwrap().1
}

#[test]
fn a_name_alone_does_not_make_a_model_a_shipped_one() {
    let Some(other) = without_description("mlp_relu_mnist", |data| data[..2000].fill(0x11)) else {
        return skipped("the shipped models");
    };
    let directory = Directory::new("name");
    let path = directory.write("mlp_relu_mnist.safetensors", &other);
    let error = Network::load(&path).unwrap_err().to_string();
    assert!(error.contains("expected a description"), "{error}");
}

#[test]
fn a_shipped_model_is_known_by_its_weights_whatever_its_name() {
    let Some(same) = without_description("mlp_relu_mnist", |_| ()) else {
        return skipped("the shipped models");
    };
    let directory = Directory::new("weights");
    let network = Network::load(&directory.write("x.safetensors", &same)).unwrap();
    assert_eq!(network.input, Input::Threshold { at: 128 });
    let from = formats(&network);
    assert_eq!(from, "formats from the shipped mlp_relu_mnist, which has the same weights");
    let shipped = Network::load(&in_repository("examples/data/mlp_relu_mnist.safetensors").unwrap()).unwrap();
    assert_eq!(formats(&shipped), "formats from the model's file");
}

#[test]
fn a_reference_network_is_known_as_the_one_that_was_shipped_in_half_precision() {
    let Some(path) = in_data("../models/mlp_relu_mnist.safetensors") else {
        return skipped("a reference network");
    };
    assert!(formats(&Network::load(&path).unwrap()).contains("the shipped mlp_relu_mnist"));
}

#[test]
fn a_description_beside_the_file_is_named() {
    let Some(other) = without_description("mlp_relu_mnist", |data| data[..2].fill(0x11)) else {
        return skipped("the shipped models");
    };
    let shipped = in_repository("examples/data/mlp_relu_mnist.safetensors").unwrap();
    let text = ringshare::nn::description(&std::fs::read(shipped).unwrap()).unwrap().unwrap();
    let directory = Directory::new("beside");
    let path = directory.write("x.safetensors", &other);
    directory.write("x.json", text.as_bytes());
    assert_eq!(formats(&Network::load(&path).unwrap()), "formats from x.json");
    let error = Network::load_with_input(&path, Some(Input::HighBits { drop: 1 })).unwrap_err().to_string();
    assert!(error.contains("--input") && error.contains("x.json"), "{error}");
}

#[test]
fn what_a_pixel_becomes_is_asked_for_where_the_file_does_not_say() {
    let directory = Directory::new("chain");
    let path = directory.write("chain.safetensors", &chain(None));
    let error = Network::load(&path).unwrap_err();
    assert_eq!(error.exit_code(), 1);
    let error = error.to_string();
    assert!(error.contains("--input threshold=128") && !error.contains('\n'), "{error}");
    for (text, input) in [
        ("threshold=128", Input::Threshold { at: 128 }),
        ("drop-bits=4", Input::HighBits { drop: 4 }),
        ("scale=0.5,shift=-1", Input::Scaled { scale: 0.5, shift: -1. }),
    ] {
        let args = read(&["--input", text]).unwrap();
        assert_eq!(Network::load_with_input(&path, args.input).unwrap().input, input);
    }
    let said = directory.write("said.safetensors", &chain(Some("pixel >> 4")));
    assert_eq!(Network::load(&said).unwrap().input, Input::HighBits { drop: 4 });
    let error = Network::load_with_input(&said, Some(Input::HighBits { drop: 4 })).unwrap_err();
    assert_eq!(error.exit_code(), 2);
}
