//! One layer of a model on shares.

use super::weighted::Weighted;
use crate::correlation::MatrixProduct;
use crate::nn::Rounding;
use crate::protocol::{Error, Party};
use crate::ring::Ring;
use crate::share::Share;

/// A function for the signs of values of a bit length.
pub(super) type Sign<'a, R> = dyn FnMut(&mut Party, &Share<R>, u32) -> Result<Share<R>, Error> + 'a;

/// What a layer is evaluated with, beside x.
pub(in crate::nn) struct Online<'a, R: Ring> {
    pub(in crate::nn) party: &'a mut Party,
    pub(in crate::nn) rounding: Rounding,
    pub(in crate::nn) sign: &'a mut Sign<'a, R>,
    /// The earlier values that it refers to.
    pub(in crate::nn) others: &'a [&'a Share<R>],
    /// Its weights, and the offline half of its product.
    pub(super) product: Option<(&'a Weighted<R>, Option<MatrixProduct<R>>)>,
    /// Elements of its result.
    pub(super) outputs: usize,
    /// The low bits of its result that count.
    pub(in crate::nn) needed: u32,
    /// Low bits of its result that a truncation drops at random.
    pub(in crate::nn) slack: u32,
}

impl<R: Ring> Online<'_, R> {
    /// The product of x with the layer's weights.
    pub(in crate::nn) fn product(self, x: &Share<R>) -> Result<Share<R>, Error> {
        match self.product {
            Some((weights, product)) => weights.apply(self.party, product, x, self.outputs),
            None => Err(Error::Shape { what: "products of a prepared batch", expected: 1, found: 0 }),
        }
    }
}
