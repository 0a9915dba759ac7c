//! What layers ask when their formats are chosen.
//!
//! The trait stands apart from what implements it, which knows the whole model.

use super::format::Format;

/// The most fractional bits of a function's values.
pub(in crate::nn) const TABLE_FRACTION: i32 = 11;

/// The greatest magnitude of a value without fractional bits, if it is bounded for all inputs.
pub(super) type Bound = Option<i64>;

/// The format of a value, and its bound.
pub(in crate::nn) type Chosen = (Format, Bound);

/// Formats that are being chosen. Layers are counted from 0; value 0 is the input, value i + 1 the result of layer i.
pub(in crate::nn) trait Choosing {
    /// Of a layer whose result has the elements of what it takes.
    fn same(&self, layer: usize, x: Chosen) -> Chosen;

    /// Of maxima: the bits of the differences that are compared.
    fn maximum(&self, value: usize, x: Format, bound: Bound) -> Chosen;

    /// The fractional bits that are kept of a value: as many as the next product wants, if it has them.
    fn dropped(&self, value: usize, x: Format) -> u32;

    /// Fractional bits of a function's values, whatever those of its argument.
    fn tabled(&self, value: usize) -> u32;

    /// Fractional bits with which a value takes up all of [`FINE`] bits, where it is more precise than what it is made of.
    fn fine(&self, value: usize) -> u32;

    /// Fractional bits with which a value takes up half an accumulator, since it is multiplied by another.
    fn half(&self, value: usize) -> u32;

    /// Fractional bits with which the least of a value's elements, all positive, has so many bits.
    fn digits(&self, value: usize, bits: u32) -> u32;

    /// The format of a value with `fraction` fractional bits, by its range.
    fn held(&self, value: usize, fraction: u32) -> Format;

    /// The fractional bits that a layer adds if a sum of `values` values stands for their mean.
    fn grown(&self, layer: usize, values: usize) -> u32;

    /// Whether fractional bits of a product are dropped at a layer for the product that follows.
    fn rounds(&self, layer: usize) -> bool;
}
