//! What a layer says of itself.
//!
//! The trait stands apart from the list of layers, so that a layer's file uses this one and the list uses both.

use alloc::string::String;
use alloc::vec::Vec;

use crate::linalg::Window;
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::{Online, Shape};
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// All of a layer. Elements are counted for one row.
pub(in crate::nn) trait Step {
    /// Elements that it takes, where its shape says so.
    fn width(&self) -> Option<usize> {
        None
    }

    /// The numbers of the earlier values that it refers to.
    fn earlier(&self) -> &[usize] {
        &[]
    }

    /// The shape of its weights.
    fn weighted(&self) -> Option<Shape> {
        None
    }

    /// What is known of its result. The remaining methods are for layers that fit.
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError>;

    /// The most bits that it works on, which a ring must have.
    fn ring(&self) -> u32 {
        0
    }

    /// For a result that is to be correct modulo 2^`result`: the low bits of x that have to be correct, and of earlier
    /// values `result`. As many bits a product has to have.
    fn need(&self, _result: u32) -> u32 {
        self.ring()
    }

    /// Gives a product so many bits.
    fn set_bits(&mut self, _bits: u32) {}

    /// The bits that x fits, and the low ones of these that it drops: none, unless it truncates.
    fn dropped(&self) -> [u32; 2] {
        [0; 2]
    }

    /// Values that are copied to be compared, for a result of `elements` elements.
    fn gathered(&self, _elements: usize) -> usize {
        0
    }

    /// Weights, or values that are summed, for a result of `elements` elements.
    fn products(&self, _elements: usize) -> usize {
        self.weighted().map_or(0, |shape| shape.weights())
    }

    /// Correlations of a kind that it takes for an image, whatever their sizes.
    fn items(&self) -> usize {
        1
    }

    /// The exact result for integers x.
    fn exact(&self, x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow>;

    /// The greatest errors of its result, channel by channel, in units of the last place, for values with errors of up to e.
    /// This holds for every input and every outcome of rounding.
    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        e.to_vec()
    }

    /// Its line in a summary.
    fn line(&self) -> Line;

    /// Its fields as bytes.
    fn write(&self, to: &mut Writer);

    /// The layer that [`write`](Self::write) made these bytes of.
    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError>
    where
        Self: Sized;

    /// The result for shares x.
    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error>
    where
        Self: Sized;
}

/// What errors depend on beside those of x.
pub(in crate::nn) struct Errors<'a> {
    /// Those of the earlier values.
    pub(in crate::nn) others: &'a [&'a [f64]],
    /// The greatest magnitudes of x and of the earlier values.
    pub(in crate::nn) most: &'a [f64],
    /// Channels of the result.
    pub(in crate::nn) channels: usize,
    /// Low bits of the result that a truncation drops at random.
    pub(in crate::nn) slack: u32,
    /// |W|·e for groups, channels of the image, and e.
    pub(in crate::nn) product: &'a Product<'a>,
}

type Product<'a> = dyn Fn(usize, usize, &[f64]) -> Vec<f64> + 'a;

/// What a summary says of a layer.
pub(in crate::nn) struct Line {
    /// What it does.
    pub(in crate::nn) what: String,
    /// The bits that it looks at, if other than those of its result.
    pub(in crate::nn) bits: Option<u32>,
    /// The bits that it drops.
    pub(in crate::nn) shift: u32,
}

impl Line {
    pub(in crate::nn) fn new(what: impl Into<String>, bits: impl Into<Option<u32>>) -> Self {
        Self { what: what.into(), bits: bits.into(), shift: 0 }
    }
}

/// Elements of a window's image.
pub(super) fn elements(window: &Window) -> Option<usize> {
    window.image.iter().try_fold(1usize, |all, &size| all.checked_mul(size))
}

/// Errors of up to e after `shift` bits are dropped: ⌈e / 2^shift⌉ + 1.
pub(super) fn truncated(e: &[f64], shift: u32) -> Vec<f64> {
    let unit = (1u64 << shift) as f64;
    if shift == 0 { e.to_vec() } else { e.iter().map(|e| libm::ceil(e / unit) + 1.).collect() }
}
