//! What each layer says of its entry in a file.

use super::described::Described;
use super::error::LoadError;
use super::order::Order;
use super::save::{SaveError, Saved};

/// A layer in a file.
pub(in crate::nn) trait File: Sized {
    /// The types under which descriptions know it.
    const TYPES: &'static [&'static str];

    /// Reads options and tensors.
    ///
    /// # Errors
    /// If they are not as described, or do not fit what the layer takes.
    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError>;

    /// Writes type, options and tensors.
    ///
    /// # Errors
    /// If a weight does not fit the precision.
    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError>;

    /// The order of its result, where it takes a value of shape `image` in order `x`, and others in these orders. `None` if
    /// it takes no such values.
    fn order(&self, image: [usize; 3], x: Order, others: &[Order]) -> Option<Order> {
        let _ = (image, others);
        Some(x)
    }
}

/// A layer without options.
pub(in crate::nn) trait Plain: Clone {
    /// Its type.
    const TYPE: &'static str;
    /// The layer.
    const OP: Self;
}

impl<T: Plain> File for T {
    const TYPES: &'static [&'static str] = &[T::TYPE];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        layer.no_options().map(|()| T::OP)
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind(T::TYPE);
        Ok(())
    }
}
