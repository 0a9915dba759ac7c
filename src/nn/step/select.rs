//! Parts of values, zeros around them, and repeated elements.

use alloc::format;
use alloc::vec::Vec;

use super::contract::{Errors, Line, Step};
use crate::linalg::Selection;
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// Elements of x at public places, and zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// Which elements.
    pub selection: Selection,
}

impl Step for Select {
    fn width(&self) -> Option<usize> {
        self.selection.elements().ok().map(|[image, _]| image)
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let wrong = |error| ArchitectureError::Selection { layer: check.layer, error };
        let [image, elements] = self.selection.elements().map_err(wrong)?;
        check.inputs(image)?;
        Ok(Value { elements: check.count(&[elements])?, ..check.x })
    }

    fn need(&self, result: u32) -> u32 {
        result
    }

    fn exact(&self, x: Vec<i64>, _at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        Ok(self.selection.apply(&x))
    }

    /// Zeros have none.
    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        self.selection.sources(2).iter().map(|source| source.map_or(0., |i| e[i % e.len()])).collect()
    }

    fn line(&self) -> Line {
        Line::new(format!("selection {}", self.selection), None)
    }

    fn write(&self, to: &mut Writer) {
        to.selection(&self.selection);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { selection: from.selection()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, _at: Online<'_, R>) -> Result<Share<R>, Error> {
        Ok(Share::from_words(self.selection.apply(x.expose())))
    }
}
