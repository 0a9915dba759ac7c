//! From a model to a file.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use safetensors::{serialize, tensor::TensorView};
use serde_json::{Map, Value, json};

use self::values::Data;
use super::description::VERSION;
use super::loaded::Loaded;
use super::order::{self, Order};
use crate::nn::{Model, Node, Op};

mod error;
mod options;
mod saved;
mod values;

pub use self::error::SaveError;
pub(in crate::nn) use self::saved::Saved;
pub use self::values::Precision;

/// The bytes of a safetensors file that [`load`](super::load()) reads back. `precision` is that of weights; packed weights
/// ±1 stay packed, and all other numbers are F32.
///
/// A linear layer that takes an image gets a layer `flatten` before it. Otherwise the loaded model equals the saved one,
/// up to the rounding of weights in half precision.
///
/// # Errors
/// A weight that half precision cannot hold, or a model that PyTorch would give another order of outputs.
pub fn save(loaded: &Loaded, precision: Precision) -> Result<Vec<u8>, SaveError> {
    let mut writer = Writer {
        model: &loaded.model,
        precision,
        taken: loaded.model.nodes().iter().map(|node| node.name.clone()).collect(),
        layers: Vec::new(),
        tensors: Vec::new(),
    };
    writer.all()?;
    let [height, width, channels] = loaded.model.input();
    let mut description = json!({
        "version": VERSION,
        "input": { "shape": [channels, height, width], "pixel": options::pixel(loaded.input) },
        "layers": writer.layers,
    });
    if let (Some(formats), Some(whole)) = (&loaded.formats, description.as_object_mut()) {
        whole.insert("formats".into(), options::formats(formats));
    }
    if let (false, Some(whole)) = (loaded.outputs.is_empty(), description.as_object_mut()) {
        let outputs =
            loaded.outputs.iter().map(|output| json!({ "name": output.name, "shape": output.shape }));
        whole.insert("outputs".into(), outputs.collect());
    }
    let file = |e: safetensors::SafeTensorError| SaveError::File { reason: e.to_string() };
    let views = writer.tensors.iter().map(|(name, data)| {
        TensorView::new(data.dtype, data.shape.clone(), &data.bytes).map(|view| (name.as_str(), view))
    });
    let views = views.collect::<Result<Vec<_>, _>>().map_err(file)?;
    // Whose hash map the crate takes depends on its features, which are not ours alone to choose.
    let metadata = [("ringshare".to_string(), description.to_string())].into();
    serialize(views, Some(metadata)).map_err(file)
}

struct Writer<'a> {
    model: &'a Model,
    precision: Precision,
    taken: BTreeSet<String>,
    layers: Vec<Value>,
    tensors: Vec<(String, Data)>,
}

impl Writer<'_> {
    fn all(&mut self) -> Result<(), SaveError> {
        let model = self.model;
        let mut image = model.input();
        let mut orders: Vec<Order> = vec![None];
        for node in model.nodes() {
            let mut order = orders.last().copied().flatten();
            if matches!(node.op, Op::Linear(_)) && image[0] * image[1] != 1 {
                self.flatten(node);
                order = order::flattened(image);
            }
            let known =
                |name: &String| model.value(name).and_then(|value| orders.get(value)).copied().flatten();
            let others: Vec<Order> = node.op.get().others().iter().map(known).collect();
            let after = node.op.order(image, order, &others).ok_or_else(|| wrong_order(node))?;
            self.layer(node, image, order)?;
            orders.push(after);
            image = node.shape;
        }
        match model.nodes().last() {
            Some(node) if orders.last().is_some_and(Option::is_some) => Err(wrong_order(node)),
            _ => Ok(()),
        }
    }

    /// A layer that flattens what `node` takes.
    fn flatten(&mut self, node: &Node) {
        let mut name = format!("{}_flatten", node.name);
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        self.layers.push(json!({ "name": name, "type": "flatten" }));
    }

    fn layer(&mut self, node: &Node, image: [usize; 3], order: Order) -> Result<(), SaveError> {
        let mut saved = Saved {
            name: &node.name,
            image,
            order,
            precision: self.precision,
            layer: Map::new(),
            tensors: vec![],
        };
        node.op.write(&mut saved)?;
        let Saved { mut layer, tensors, .. } = saved;
        self.tensors.extend(tensors);
        layer.insert("name".into(), json!(node.name));
        self.layers.push(Value::Object(layer));
        Ok(())
    }
}

fn wrong_order(node: &Node) -> SaveError {
    SaveError::Order { layer: node.name.clone() }
}
