//! Numbers as a file stores them.

use alloc::vec;
use alloc::vec::Vec;

use safetensors::Dtype;

use crate::nn::load::{half, order};

/// The precision of weights in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// As F32, bit for bit.
    #[default]
    Single,
    /// As F16, to the nearest, which halves the file.
    Half,
}

/// A tensor: the type of its elements, shape, and bytes.
pub(super) struct Data {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

/// A vector over `[places, channels]`.
pub(super) fn vector(values: &[f32], channels: usize) -> Data {
    let values = order::channels_first(values, channels);
    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Data { dtype: Dtype::F32, shape: vec![values.len()], bytes }
}

/// Rows over `[places, channels]`, of weights of a shape in channels first.
///
/// # Errors
/// Place and value of what half precision cannot hold.
pub(super) fn matrix(
    weights: &[f32],
    shape: Vec<usize>,
    channels: usize,
    precision: Precision,
) -> Result<Data, (usize, f32)> {
    let row = shape[1..].iter().product();
    let weights = weights.chunks_exact(row).flat_map(|row| order::channels_first(row, channels));
    let (dtype, bytes) = match precision {
        Precision::Single => (Dtype::F32, weights.flat_map(f32::to_le_bytes).collect()),
        Precision::Half => {
            let mut bytes = Vec::new();
            for (place, weight) in weights.enumerate() {
                let half = half::narrow(weight).ok_or((place, weight))?;
                bytes.extend(half.to_le_bytes());
            }
            (Dtype::F16, bytes)
        }
    };
    Ok(Data { dtype, shape, bytes })
}

/// Rows of bits over `[places, channels]`, of weights of a shape in channels first.
pub(super) fn signs(bits: &[u8], shape: &[usize], channels: usize) -> Data {
    let row = shape[1..].iter().product();
    let bytes = order::each_row(bits, row, |row| order::channels_first(row, channels));
    Data { dtype: Dtype::U8, shape: vec![shape[0], row.div_ceil(8)], bytes }
}
