//! Files without a description: binarized networks of linear layers.
//!
//! Layer N is `fcN.weight_bits` and `fcN.bias`; all but the last pass on the signs of their results. The entry `input`
//! of the metadata says in words what a pixel becomes. Without it the caller has to say so.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use serde_json::Map;

use super::description::{Description, Layer};
use super::error::LoadError;
use super::tensors::Tensors;
use crate::nn::Input;

/// The description of such a network. `words` is the entry of the metadata, `given` what the caller says.
///
/// # Errors
/// If there is no such layer, one is missing between others, or neither or both say what a pixel becomes.
pub(super) fn describe(
    tensors: &Tensors<'_>,
    words: Option<&str>,
    given: Option<Input>,
) -> Result<Description, LoadError> {
    let mut names: Vec<_> = tensors.names().into_iter().filter_map(number).collect();
    names.sort_unstable();
    names.dedup();
    let packed = |n: &usize| tensors.has(&format!("fc{n}"), "weight_bits");
    if !names.iter().any(packed) {
        return Err(LoadError::NoDescription);
    }
    if let Some(gap) = (1..).zip(&names).find_map(|(n, &found)| (n != found).then_some(n)) {
        return Err(LoadError::Missing { name: format!("fc{gap}.weight_bits") });
    }
    // A shape that is none is refused where the tensor is read.
    let shape = tensors.shape("fc1", "weight_bits").unwrap_or_default();
    let inputs = shape.get(1).and_then(|bytes| bytes.checked_mul(8)).unwrap_or(8);
    let layer = |name, kind: &str| Layer { name, kind: kind.into(), options: Map::new() };
    let mut layers = Vec::new();
    for n in 1..=names.len() {
        layers.push(layer(format!("fc{n}"), "linear"));
        if n < names.len() {
            layers.push(layer(format!("sign{n}"), "sign"));
        }
    }
    Ok(Description {
        shape: vec![inputs],
        input: pixel(words, given)?,
        layers,
        formats: None,
        outputs: vec![],
    })
}

/// The N of a tensor of the layer `fcN`.
fn number(tensor: &str) -> Option<usize> {
    let (digits, tensor) = tensor.strip_prefix("fc")?.split_once('.')?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain && matches!(tensor, "weight_bits" | "bias"))
}

/// What a pixel becomes, said once.
fn pixel(words: Option<&str>, given: Option<Input>) -> Result<Input, LoadError> {
    let known = words.and_then(|words| match words {
        _ if words.starts_with("1 if pixel >= 128 else 0") => Some(Input::Threshold { at: 128 }),
        _ if words.starts_with("pixel >> 4") => Some(Input::HighBits { drop: 4 }),
        _ => None,
    });
    match (words, known, given) {
        (_, Some(_), Some(_)) => Err(LoadError::InputTwice),
        (_, Some(input), None) | (_, None, Some(input)) => Ok(input),
        (None, None, None) => Err(LoadError::NoInput),
        (Some(words), None, None) => Err(LoadError::Description {
            reason: format!(
                "expected the input to be `1 if pixel >= 128 else 0` or `pixel >> 4`, found `{words}`"
            ),
        }),
    }
}
