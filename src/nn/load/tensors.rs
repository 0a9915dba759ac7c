//! The tensors of a file.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::error::LoadError;
use super::half;

/// The tensors of a file, each of which some layer must take.
pub(super) struct Tensors<'a> {
    tensors: SafeTensors<'a>,
    left: BTreeSet<String>,
}

/// A tensor with its name, for the messages.
pub(super) struct Tensor<'a> {
    name: String,
    view: TensorView<'a>,
}

/// What a file's header says beside its tensors.
pub(super) struct Metadata {
    /// The description.
    pub(super) description: Option<String>,
    /// How a file without a description names its input.
    pub(super) input: Option<String>,
}

impl<'a> Tensors<'a> {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// If it is not a safetensors file from the first byte to the last.
    pub(super) fn parse(file: &'a [u8]) -> Result<(Self, Metadata), LoadError> {
        check_start(file)?;
        let container = |e: safetensors::SafeTensorError| LoadError::Container { reason: e.to_string() };
        let (_, header) = SafeTensors::read_metadata(file).map_err(container)?;
        let tensors = SafeTensors::deserialize(file).map_err(container)?;
        let left = tensors.names().into_iter().map(String::from).collect();
        let text = |key| header.metadata().as_ref().and_then(|texts| texts.get(key)).cloned();
        let metadata = Metadata { description: text("ringshare"), input: text("input") };
        Ok((Self { tensors, left }, metadata))
    }

    /// The names of all tensors.
    pub(super) fn names(&self) -> Vec<&str> {
        self.tensors.names()
    }

    /// Whether the layer has such a tensor.
    pub(super) fn has(&self, layer: &str, tensor: &str) -> bool {
        self.tensors.tensor(&format!("{layer}.{tensor}")).is_ok()
    }

    /// The shape of a layer's tensor.
    pub(super) fn shape(&self, layer: &str, tensor: &str) -> Option<Vec<usize>> {
        self.tensors.tensor(&format!("{layer}.{tensor}")).map(|view| view.shape().to_vec()).ok()
    }

    /// A tensor of a layer, which no other layer may take.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn take(&mut self, layer: &str, tensor: &str) -> Result<Tensor<'a>, LoadError> {
        let name = format!("{layer}.{tensor}");
        match self.tensors.tensor(&name) {
            Ok(view) => {
                self.left.remove(&name);
                Ok(Tensor { name, view })
            }
            Err(_) => Err(LoadError::Missing { name }),
        }
    }

    /// A tensor of a layer, if there is one.
    pub(super) fn skip(&mut self, layer: &str, tensor: &str) {
        self.left.remove(&format!("{layer}.{tensor}"));
    }

    /// Checks that every tensor was taken.
    ///
    /// # Errors
    /// The first that was not.
    pub(super) fn finish(self) -> Result<(), LoadError> {
        self.left.into_iter().next().map_or(Ok(()), |name| Err(LoadError::Unexpected { name }))
    }
}

impl Tensor<'_> {
    /// The shape.
    pub(super) fn shape(&self) -> &[usize] {
        self.view.shape()
    }

    /// The error of a tensor that has another shape than `expected`.
    pub(super) fn wrong_shape(&self, expected: impl Into<String>) -> LoadError {
        LoadError::Shape {
            name: self.name.clone(),
            expected: expected.into(),
            found: self.view.shape().to_vec(),
        }
    }

    /// The elements of a vector.
    ///
    /// # Errors
    /// If it has another length, or elements that are not finite numbers.
    pub(super) fn vector(&self, length: usize, why: &str) -> Result<Vec<f32>, LoadError> {
        if self.shape() != [length] {
            return Err(self.wrong_shape(format!("[{length}] for {why}")));
        }
        self.numbers(true)
    }

    /// Elements of a matrix in the order of the file.
    ///
    /// # Errors
    /// If an element is not a finite number, or elements have another type.
    pub(super) fn reals(&self) -> Result<Vec<f32>, LoadError> {
        self.numbers(false)
    }

    fn numbers(&self, integers: bool) -> Result<Vec<f32>, LoadError> {
        let data = self.view.data();
        match self.view.dtype() {
            Dtype::F32 => self.finite(data.as_chunks().0, |b| f32::from_le_bytes(b).into()),
            Dtype::F64 => self.finite(data.as_chunks().0, f64::from_le_bytes),
            Dtype::F16 => self.finite(data.as_chunks().0, |b| half::widen(u16::from_le_bytes(b))),
            Dtype::BF16 => self.finite(data.as_chunks().0, |b| half::widen_brain(u16::from_le_bytes(b))),
            Dtype::I32 if integers => self.exact(data.as_chunks().0),
            _ if integers => Err(self.wrong_type("F32, F64, F16, BF16 or I32")),
            _ => Err(self.wrong_type("F32, F64, F16 or BF16")),
        }
    }

    /// Real numbers in single precision.
    fn finite<const N: usize>(
        &self,
        data: &[[u8; N]],
        read: impl Fn([u8; N]) -> f64,
    ) -> Result<Vec<f32>, LoadError> {
        let number = |(place, &bytes): (usize, &[u8; N])| {
            let found = read(bytes);
            let single = found as f32;
            let expected = "finite numbers in single precision";
            let error = || LoadError::Value { name: self.name.clone(), place, expected, found };
            single.is_finite().then_some(single).ok_or_else(error)
        };
        data.iter().enumerate().map(number).collect()
    }

    /// Integers that single precision holds.
    fn exact(&self, data: &[[u8; 4]]) -> Result<Vec<f32>, LoadError> {
        let number = |(place, &bytes): (usize, &[u8; 4])| {
            let found = f64::from(i32::from_le_bytes(bytes));
            let expected = "integers that single precision holds";
            let error = || LoadError::Value { name: self.name.clone(), place, expected, found };
            (f64::from(found as f32) == found).then_some(found as f32).ok_or_else(error)
        };
        data.iter().enumerate().map(number).collect()
    }

    /// Rows of `width` bits.
    ///
    /// # Errors
    /// If it is not a matrix of rows of that many bits, or an unused bit is set.
    pub(super) fn bits(&self, width: usize) -> Result<Vec<u8>, LoadError> {
        if self.view.dtype() != Dtype::U8 {
            return Err(self.wrong_type("U8"));
        }
        let bytes = width.div_ceil(8);
        if !matches!(*self.shape(), [rows, found] if rows > 0 && found == bytes) {
            return Err(self.wrong_shape(format!("[out, {bytes}] for rows of {width} bits")));
        }
        let unused = u8::MAX.checked_shr(8 - (bytes * 8 - width) as u32).unwrap_or(0);
        let rows = self.view.data().chunks_exact(bytes).enumerate();
        for (row, last) in rows.map(|(row, bits)| (row, bits[bytes - 1])) {
            if last & unused != 0 {
                let (name, place) = (self.name.clone(), row * bytes + bytes - 1);
                let expected = "a byte whose unused low bits are 0";
                return Err(LoadError::Value { name, place, expected, found: last.into() });
            }
        }
        Ok(self.view.data().to_vec())
    }

    fn wrong_type(&self, expected: &'static str) -> LoadError {
        LoadError::Type { name: self.name.clone(), expected, found: format!("{:?}", self.view.dtype()) }
    }
}

/// Checks the start of a file, with clearer errors than those of the parser.
fn check_start(file: &[u8]) -> Result<(), LoadError> {
    let container = |reason| Err(LoadError::Container { reason });
    if file.starts_with(b"PK\x03\x04") {
        return container("found an archive of torch.save, expected what the exporter writes of it".into());
    }
    let Some((length, rest)) = file.split_first_chunk() else {
        return container(format!("expected at least 8 bytes, found {}", file.len()));
    };
    let length = u64::from_le_bytes(*length);
    if length > rest.len() as u64 {
        let most = rest.len();
        return container(format!("expected a header of at most {most} bytes, found one of {length}"));
    }
    match rest.first() {
        Some(b'{') => Ok(()),
        _ => container("expected a header that begins with `{`, found another byte".into()),
    }
}
