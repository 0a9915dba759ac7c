//! A model on shares.
//!
//! The setup is done once for a model: its weights are masked, and opened in masked form, strip by strip. A batch
//! then has an offline half, [`Sequential::prepare`], and an online half, [`Sequential::forward`], which evaluates the
//! layers in order:
//!
//! | layer | by |
//! | --- | --- |
//! | linear, convolution | [`Party::product`]; with public weights, locally |
//! | sign | [`Party::sign`] |
//! | ReLU | [`Party::relu_truncate`]; under floor rounding a ReLU, then a floor of its non-negative result |
//! | clip | relu(x − low) − relu(x − high) + low, both ReLUs in the same rounds |
//! | truncation | [`Party::truncate`] or [`Party::truncate_floor`] |
//! | pooling | [`Party::max_pool`]; sums locally |
//! | product of two values | [`Party::multiply`] |
//! | matrices times those of another value | [`Party::matmuls`] |
//! | lookup | [`Party::lookup`] |
//! | function by lines | [`Party::piecewise`] or [`Party::piecewise_floor`] |
//! | softmax | see [`softmax_reference`] |
//!
//! A layer that has a [family](Architecture::with_comparisons) of comparisons of its own compares by that, all others by the
//! party's. By Legendre symbols a sign of its own family is [`Party::legendre`], whatever its bits.
//!
//! A value that later layers refer to is kept until the last of them has used it.

mod forward;
mod online;
mod round;
mod softmax;
mod state;
mod weighted;

use alloc::vec::Vec;

pub(super) use self::online::Online;
pub(super) use self::round::shift_down;
pub(super) use self::softmax::Softmax;
pub use self::softmax::softmax_reference;
pub(super) use self::weighted::Shape;
use self::weighted::Weighted;
pub use self::weighted::Weights;
use super::Architecture;
use crate::correlation::MatrixProduct;
use crate::protocol::error::range;
use crate::protocol::{Error, Party};
use crate::ring::Ring;

/// One party's share of a model: layer after layer.
pub struct Sequential<R: Ring> {
    architecture: Architecture,
    /// The layers that have weights.
    weighted: Vec<Weighted<R>>,
}

/// The part of a batch that does not depend on its input.
pub struct Prepared<R: Ring> {
    rows: usize,
    /// One for each layer that has weights; `None` where these are public.
    products: Vec<Option<MatrixProduct<R>>>,
}

impl<R: Ring> Prepared<R> {
    /// Rows of the batch.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl<R: Ring> Sequential<R> {
    /// Takes the weights of the party `owner`, which gives them; the others give `None`. This is the setup: it is
    /// done once and serves any number of batches. The weights stay with their owner, and the others hold what was opened in
    /// masked form: [`Party::input_matrix`].
    ///
    /// # Errors
    /// If the architecture is for another ring, the owner gives no weights, the network fails or the store has
    /// something else next.
    pub fn share(
        party: &mut Party,
        owner: usize,
        architecture: &Architecture,
        weights: Option<&dyn Weights<R::Word>>,
    ) -> Result<Self, Error> {
        Self::gather(architecture, |number, layer| Weighted::share(party, owner, number, layer, weights))
    }

    /// As [`share`](Self::share), for an owner who is no party: every party gives the shares of the weights that it was handed
    /// out, which add up to them; a share that is nothing may be `None`. Its recipe is another than that of `share`.
    ///
    /// # Errors
    /// If the architecture is for another ring, the network fails or the store has something else next.
    pub fn of_shares(
        party: &mut Party,
        architecture: &Architecture,
        shares: Option<&dyn Weights<R::Word>>,
    ) -> Result<Self, Error> {
        Self::gather(architecture, |number, layer| Weighted::of_shares(party, number, layer, shares))
    }

    /// The model with weights that every party knows: its products need no masks, no rounds and nothing from the dealer.
    ///
    /// # Errors
    /// If the architecture is for another ring.
    pub fn public(architecture: &Architecture, weights: &dyn Weights<R::Word>) -> Result<Self, Error> {
        Self::gather(architecture, |number, layer| Ok(Weighted::public(number, layer, weights)))
    }

    fn gather(
        architecture: &Architecture,
        mut weighted: impl FnMut(usize, Shape) -> Result<Weighted<R>, Error>,
    ) -> Result<Self, Error> {
        span!(INFO, "share", layers = architecture.layers().len());
        let ring = u64::from(R::BITS);
        range("ring width of the architecture", ring, ring, architecture.ring().into())?;
        let shapes = shapes(architecture).enumerate();
        let weighted = shapes.map(|(number, shape)| weighted(number, shape)).collect::<Result<_, _>>()?;
        Ok(Self { architecture: architecture.clone(), weighted })
    }

    /// The model's public side.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The number of correct bits of the result, with which it is opened ([`Architecture::bits_out`]).
    pub fn bits_out(&self) -> u32 {
        self.architecture.bits_out()
    }

    /// The rows of a batch whose elements can be counted at every layer.
    fn most_rows(&self) -> u64 {
        let layers = self.architecture.layers().len();
        let widest = (0..=layers).map(|value| self.architecture.elements(value)).max().unwrap_or(0).max(1);
        (isize::MAX as usize / widest / 16) as u64
    }

    /// The offline half of a batch of `rows` inputs: everything that does not depend on them.
    ///
    /// # Errors
    /// If the number of elements overflows, or the store has something else next.
    pub fn prepare(&self, party: &mut Party, rows: usize) -> Result<Prepared<R>, Error> {
        span!(INFO, "prepare", party = party.id(), dry = party.is_dry(), rows = rows);
        range("rows of a batch", 0, self.most_rows(), rows as u64)?;
        let products = self.weighted.iter().map(|layer| layer.prepare(party, rows));
        Ok(Prepared { rows, products: products.collect::<Result<_, _>>()? })
    }
}

/// The shapes of all weights, layer after layer.
fn shapes(architecture: &Architecture) -> impl Iterator<Item = Shape> {
    architecture.layers().iter().filter_map(|layer| layer.step().weighted())
}
