//! Files for the tests: tensors by name, with or without a description.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ringshare::nn::load;
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};
use serde_json::{Value, json};

use crate::common::root;
pub(crate) use crate::common::skipped;

/// A tensor: type, shape, bytes.
pub(crate) type Tensor = (Dtype, Vec<usize>, Vec<u8>);

/// A file in parts.
#[derive(Clone, Default)]
pub(crate) struct File {
    pub(crate) tensors: BTreeMap<String, Tensor>,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl File {
    /// A file with a description of layers, for inputs of a shape.
    pub(crate) fn new(shape: &[usize], layers: Value) -> Self {
        Self::described(json!({
            "version": 1,
            "input": { "shape": shape, "pixel": { "scale": 0.5, "shift": -1 } },
            "layers": layers,
        }))
    }

    pub(crate) fn described(description: Value) -> Self {
        let metadata = BTreeMap::from([("ringshare".into(), description.to_string())]);
        Self { tensors: BTreeMap::new(), metadata }
    }

    /// With a tensor of single precision, whose elements count up from 1.
    pub(crate) fn counting(self, name: &str, shape: &[usize]) -> Self {
        let values: Vec<f32> = (1..=shape.iter().product()).map(|i: usize| i as f32).collect();
        self.single(name, shape, &values)
    }

    /// With a tensor of single precision.
    pub(crate) fn single(self, name: &str, shape: &[usize], values: &[f32]) -> Self {
        self.with(name, (Dtype::F32, shape.to_vec(), values.iter().flat_map(|v| v.to_le_bytes()).collect()))
    }

    pub(crate) fn with(mut self, name: &str, tensor: Tensor) -> Self {
        self.tensors.insert(name.into(), tensor);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        assert!(self.tensors.remove(name).is_some());
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, (dtype, shape, data))| {
            (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        let metadata = (!self.metadata.is_empty()).then(|| self.metadata.clone().into_iter().collect());
        serialize(views, metadata).unwrap()
    }

    /// Why the file is refused, on one line.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        let text = load(&self.bytes()).unwrap_err().to_string();
        assert!(!text.contains(char::is_control), "{text:?}");
        text
    }

    /// Checks that the refusal contains all of the words.
    #[track_caller]
    pub(crate) fn refused(&self, words: &[&str]) {
        let text = self.refusal();
        words.iter().for_each(|word| assert!(text.contains(word), "{text}"));
    }
}

/// A network with everything that has tensors: 2 channels, 4 × 3, to 3 numbers.
pub(crate) fn small() -> File {
    let layers = json!([
        { "name": "conv", "type": "conv2d", "padding": [1, 0] },
        { "name": "norm", "type": "batch_norm" },
        { "name": "relu", "type": "relu" },
        { "name": "flat", "type": "flatten" },
        { "name": "fc", "type": "linear" },
    ]);
    File::new(&[2, 4, 3], layers)
        .counting("conv.weight", &[5, 2, 3, 3])
        .counting("conv.bias", &[5])
        .counting("norm.weight", &[5])
        .counting("norm.bias", &[5])
        .counting("norm.running_mean", &[5])
        .counting("norm.running_var", &[5])
        .counting("fc.weight", &[3, 20])
        .counting("fc.bias", &[3])
}

/// The elements of a tensor of single precision in a file.
pub(crate) fn singles(file: &[u8], name: &str) -> Vec<f32> {
    let tensors = SafeTensors::deserialize(file).unwrap();
    let tensor = tensors.tensor(name).unwrap();
    assert_eq!(tensor.dtype(), Dtype::F32);
    tensor.data().as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

/// A path in the repository; none if it is not there, as in the published package.
pub(crate) fn in_repository(path: &str) -> Option<PathBuf> {
    Some(root().join(path)).filter(|p| p.exists())
}
