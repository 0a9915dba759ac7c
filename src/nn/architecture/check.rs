//! What layers check: whether they fit the values that they take.

use core::cmp::min;

use super::error::ArchitectureError as Error;
use crate::linalg::Window;

/// The most fractional bits of a softmax.
pub(in crate::nn) const MAX_FRACTION: u32 = 16;
/// The longest comparison.
const MOST: u32 = 64;

/// What is known of a value in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::nn) struct Value {
    /// Elements of a row.
    pub(in crate::nn) elements: usize,
    /// Low bits that are correct.
    pub(in crate::nn) right: u32,
}

/// A layer's place in a program.
pub(in crate::nn) struct Check<'a> {
    /// Its number.
    pub(in crate::nn) layer: usize,
    /// The value that it takes.
    pub(in crate::nn) x: Value,
    /// All values so far.
    values: &'a [Value],
    /// The ring width.
    pub(in crate::nn) ring: u32,
}

impl<'a> Check<'a> {
    /// The place after `layer` layers. There is one value more than layers.
    pub(super) fn new(layer: usize, values: &'a [Value], ring: u32) -> Self {
        Self { layer, x: values[layer], values, ring }
    }

    /// A value of as many elements as x that is correct in the whole ring.
    pub(in crate::nn) fn lifted(&self) -> Value {
        Value { right: self.ring, ..self.x }
    }

    /// The most bits of x that can be compared.
    pub(in crate::nn) fn comparable(&self) -> u32 {
        min(self.x.right, MOST)
    }

    pub(in crate::nn) fn inputs(&self, found: usize) -> Result<(), Error> {
        let expected = self.x.elements;
        if found == expected { Ok(()) } else { Err(Error::Inputs { layer: self.layer, expected, found }) }
    }

    pub(in crate::nn) fn some(&self, elements: usize) -> Result<(), Error> {
        if elements > 0 { Ok(()) } else { Err(Error::Empty { layer: self.layer }) }
    }

    pub(in crate::nn) fn bits(&self, found: u32, most: u32) -> Result<(), Error> {
        let fits = (2..=most).contains(&found);
        if fits { Ok(()) } else { Err(Error::Bits { layer: self.layer, most, found }) }
    }

    pub(in crate::nn) fn shift(&self, found: u32, bits: u32) -> Result<(), Error> {
        if found < bits { Ok(()) } else { Err(Error::Shift { layer: self.layer, most: bits - 1, found }) }
    }

    /// An earlier value.
    pub(in crate::nn) fn value(&self, found: usize) -> Result<Value, Error> {
        let most = self.values.len() - 1;
        self.values.get(found).copied().ok_or(Error::Value { layer: self.layer, most, found })
    }

    pub(in crate::nn) fn count(&self, sizes: &[usize]) -> Result<usize, Error> {
        let product = sizes.iter().try_fold(1usize, |all, &size| all.checked_mul(size));
        product.filter(|&all| isize::try_from(all).is_ok()).ok_or(Error::Overflow { layer: self.layer })
    }

    /// The places of a window over x.
    pub(in crate::nn) fn window(&self, window: &Window) -> Result<[usize; 2], Error> {
        let places = window.places().map_err(|error| Error::Window { layer: self.layer, error })?;
        self.inputs(self.count(&window.image)?)?;
        Ok(places)
    }
}
