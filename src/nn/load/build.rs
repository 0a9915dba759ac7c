//! From a description and tensors to a model.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::described::Described;
use super::description::{Description, Layer};
use super::error::LoadError;
use super::order::Order;
use super::tensors::Tensors;
use crate::nn::{Model, Op, limits};

/// The most layers of a model.
const MOST_LAYERS: usize = 1 << 10;
/// The most names of earlier layers that the layers of a model refer to. Each is looked up among all layers whenever the model
/// is rewritten.
const MOST_REFERRED: usize = 1 << 14;

/// Builds the model, and checks that every tensor has its place.
///
/// # Errors
/// If layers, tensors and shapes do not fit each other.
pub(super) fn build(description: &Description, mut tensors: Tensors<'_>) -> Result<Model, LoadError> {
    let image = match *description.shape {
        [channels, height, width] => [height, width, channels],
        [length] => [1, 1, length],
        _ => [0; 3],
    };
    let wrong = |reason| LoadError::Description { reason: format!("input: {reason}") };
    check_elements(image).map_err(wrong)?;
    limits::image(&image).map_err(|error| wrong(error.to_string()))?;
    let found = description.layers.len();
    if !(1..=MOST_LAYERS).contains(&found) {
        return Err(LoadError::Description {
            reason: format!("expected 1 to {MOST_LAYERS} layers, found {found}"),
        });
    }
    let mut model = Model::new(image);
    let mut referred = 0;
    // By the numbers of values.
    let mut orders: Vec<Order> = vec![None];
    for Layer { name, kind, options } in &description.layers {
        let (image, order) = (model.output(), orders.last().copied().flatten());
        let options = options.clone();
        let mut layer = Described { name, kind, options, image, order, tensors: &mut tensors };
        let op = Op::read(&mut layer)?;
        referred += op.get().others().len();
        if referred > MOST_REFERRED {
            let reason =
                format!("expected at most {MOST_REFERRED} names of earlier layers in all, found more");
            return Err(LoadError::Description { reason });
        }
        // A name that is unknown is refused by the model.
        let known = |name| model.value(name).map_or(order, |value| orders[value]);
        let others: Vec<Order> = op.get().others().iter().map(|name| known(name)).collect();
        let after = op.order(image, order, &others);
        let unlike = || layer.wrong("expected a value that was flattened likewise, found another");
        orders.push(after.ok_or_else(unlike)?);
        model.push(name, op)?;
    }
    if let (Some(Some([height, width, channels])), Some(layer)) = (orders.last(), description.layers.last()) {
        let reason = format!(
            "expected a linear layer behind the flatten, found the end: \
             [{channels}, {height}, {width}] would come out in another order"
        );
        return Err(LoadError::Layer { layer: layer.name.clone(), reason });
    }
    tensors.finish()?;
    Ok(model)
}

/// Checks that an image is neither empty nor larger than any network's. What layers make of it, the model checks.
fn check_elements([height, width, channels]: [usize; 3]) -> Result<(), String> {
    let all = height.checked_mul(width).and_then(|places| places.checked_mul(channels));
    let most = Model::MOST_ELEMENTS;
    if all.is_some_and(|all| (1..=most).contains(&all)) {
        return Ok(());
    }
    Err(format!("expected a shape of 1 to {most} elements, found [{channels}, {height}, {width}]"))
}
